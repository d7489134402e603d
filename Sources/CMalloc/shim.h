// SPDX-License-Identifier: MIT
//
// What Swift's Glibc module leaves out of malloc.h.
#pragma once
#include <malloc.h>

// One heap for all threads, from which large blocks stay apart: what is freed can go back.
static inline void hv_malloc_use_one_heap(void) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

// Gives pages back that hold nothing.
static inline void hv_malloc_give_back(void) { malloc_trim(0); }
