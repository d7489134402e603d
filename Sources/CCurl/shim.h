// SPDX-License-Identifier: MIT
//
// libcurl sets and reads its options through variadic functions, which Swift cannot call: one typed
// wrapper per kind of argument. The two socket callbacks are here because they speak of struct
// sockaddr and need SOCK_CLOEXEC, so that no child process inherits a connection.
#pragma once
#include <curl/curl.h>
#include <sys/socket.h>

typedef size_t (*hv_curl_data_callback)(char *, size_t, size_t, void *);
typedef int (*hv_curl_close_callback)(void *, curl_socket_t);
typedef int (*hv_curl_prereq_callback)(void *, char *, char *, int, int);
typedef CURLcode (*hv_curl_ssl_callback)(CURL *, void *, void *);

static inline CURLcode hv_curl_set_long(CURL *e, CURLoption o, long v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_offset(CURL *e, CURLoption o, curl_off_t v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_string(CURL *e, CURLoption o, const char *v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_pointer(CURL *e, CURLoption o, void *v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_list(CURL *e, CURLoption o, struct curl_slist *v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_data_callback(CURL *e, CURLoption o, hv_curl_data_callback v) {
  return curl_easy_setopt(e, o, v);
}
static inline CURLcode hv_curl_set_close_callback(CURL *e, hv_curl_close_callback v) {
  return curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, v);
}
static inline CURLcode hv_curl_set_prereq_callback(CURL *e, hv_curl_prereq_callback v) {
  return curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, v);
}
static inline CURLcode hv_curl_set_ssl_callback(CURL *e, hv_curl_ssl_callback v) {
  return curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, v);
}

static inline curl_socket_t hv_curl_open_socket(
    void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)context;
  (void)purpose;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
static inline CURLcode hv_curl_set_open_callback(CURL *e) {
  return curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, hv_curl_open_socket);
}

typedef int (*hv_curl_progress_callback)(
    void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode hv_curl_set_progress_callback(CURL *e, hv_curl_progress_callback v) {
  return curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, v);
}
// Later versions of libcurl have dropped the third L; they still take this spelling.
static inline CURLcode hv_curl_allow_failed_recipients(CURL *e) {
  return curl_easy_setopt(e, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
}

static inline CURLMcode hv_curl_multi_set_long(CURLM *m, CURLMoption o, long v) {
  return curl_multi_setopt(m, o, v);
}

static inline long hv_curl_get_long(CURL *e, CURLINFO i) {
  long v = 0;
  return curl_easy_getinfo(e, i, &v) == CURLE_OK ? v : 0;
}
static inline curl_off_t hv_curl_get_offset(CURL *e, CURLINFO i) {
  curl_off_t v = 0;
  return curl_easy_getinfo(e, i, &v) == CURLE_OK ? v : 0;
}
static inline const char *hv_curl_get_string(CURL *e, CURLINFO i) {
  const char *v = 0;
  return curl_easy_getinfo(e, i, &v) == CURLE_OK ? v : 0;
}
static inline void *hv_curl_get_private(CURL *e) {
  char *v = 0;
  return curl_easy_getinfo(e, CURLINFO_PRIVATE, &v) == CURLE_OK ? v : 0;
}
static inline curl_socket_t hv_curl_get_socket(CURL *e) {
  curl_socket_t v = CURL_SOCKET_BAD;
  return curl_easy_getinfo(e, CURLINFO_ACTIVESOCKET, &v) == CURLE_OK ? v : CURL_SOCKET_BAD;
}

// The result is a member of a C union.
static inline CURLcode hv_curl_message_result(CURLMsg *m) { return m->data.result; }
