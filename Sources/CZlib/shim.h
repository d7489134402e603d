// SPDX-License-Identifier: MIT
//
// `deflateInit2` is a macro, which Swift does not import.
#pragma once
#include <zlib.h>

// 15 + 16: the largest window, with a gzip header and trailer.
static inline int hv_gzip_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
