// SPDX-License-Identifier: MIT
//
// What Swift's Glibc module leaves out of malloc.h.
#pragma once
#include <malloc.h>

// One heap for all threads, from which blocks of so many bytes stay apart: what is freed can go back.
// Up to `kept` free bytes at its end stay for what is asked for next.
static inline void hv_malloc_use_one_heap(int apart, int kept) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, apart);
  mallopt(M_TRIM_THRESHOLD, kept);
}

// Gives pages back that hold nothing.
static inline void hv_malloc_give_back(void) { malloc_trim(0); }
