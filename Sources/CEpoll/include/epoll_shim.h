// SPDX-License-Identifier: MIT
// The C door to epoll and eventfd, which Swift's Glibc module leaves out.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>

/// A new set of watched descriptors that no other program inherits; -1, with the error in `errno`.
int hv_epoll_create(void);

/// A new counter that no other program inherits and that does not block; -1, with the error in
/// `errno`.
int hv_eventfd_create(void);

/// Does what `epoll_ctl` does, whose event is a packed union.
int hv_epoll_control(int set, int operation, int descriptor, uint32_t events, uint64_t token);
