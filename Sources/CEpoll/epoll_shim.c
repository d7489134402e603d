// SPDX-License-Identifier: MIT
#include "epoll_shim.h"

#include <sys/eventfd.h>

int hv_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int hv_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int hv_epoll_control(int set, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data = {.u64 = token}};
  return epoll_ctl(set, operation, descriptor, &event);
}
