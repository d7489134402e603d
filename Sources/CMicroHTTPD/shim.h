// SPDX-License-Identifier: MIT
//
// libmicrohttpd is started by a variadic function and tells facts through unions of struct
// sockaddr: one function passes every option, another prints a peer's address.
#pragma once
#include <microhttpd.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
  int listen_socket;  // libmicrohttpd closes it when it stops, unless it was quiesced
  unsigned int threads;
  unsigned int connections;
  unsigned int connections_per_address;  // 0: no limit
  size_t connection_memory_bytes;
  unsigned int timeout_seconds;
  const char *certificate_pem;  // null: plain HTTP
  const char *key_pem;
  void *context;  // for each of the callbacks
  void *(*begin)(void *, const char *, struct MHD_Connection *);
  MHD_AccessHandlerCallback access;
  MHD_RequestCompletedCallback completed;
} hv_mhd_settings;

static inline struct MHD_Daemon *hv_mhd_start(const hv_mhd_settings *s) {
  unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  // The last entry ends the list; the optional ones stand before it.
  struct MHD_OptionItem optional[4];
  memset(optional, 0, sizeof optional);
  int count = 0;
  if (s->threads > 1) {
    optional[count].option = MHD_OPTION_THREAD_POOL_SIZE;
    optional[count++].value = s->threads;
  }
  if (s->certificate_pem != NULL) {
    flags |= MHD_USE_TLS;
    optional[count].option = MHD_OPTION_HTTPS_MEM_CERT;
    optional[count++].ptr_value = (void *)s->certificate_pem;
    optional[count].option = MHD_OPTION_HTTPS_MEM_KEY;
    optional[count++].ptr_value = (void *)s->key_pem;
  }
  optional[count].option = MHD_OPTION_END;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, s->access, s->context,
      MHD_OPTION_LISTEN_SOCKET, s->listen_socket,
      MHD_OPTION_CONNECTION_LIMIT, s->connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->connections_per_address,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory_bytes,
      MHD_OPTION_CONNECTION_TIMEOUT, s->timeout_seconds,
      MHD_OPTION_URI_LOG_CALLBACK, s->begin, s->context,
      MHD_OPTION_NOTIFY_COMPLETED, s->completed, s->context,
      MHD_OPTION_ARRAY, optional,
      MHD_OPTION_END);
}

// Writes the peer's numeric address, or nothing.
static inline void hv_mhd_peer(struct MHD_Connection *connection, char *text, unsigned int size) {
  text[0] = 0;
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == NULL || info->client_addr == NULL) return;
  socklen_t length = info->client_addr->sa_family == AF_INET6 ? 28 : 16;
  if (getnameinfo(info->client_addr, length, text, size, NULL, 0, NI_NUMERICHOST) != 0) {
    text[0] = 0;
  }
}
