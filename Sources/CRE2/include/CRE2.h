// SPDX-License-Identifier: MIT
// The C door to RE2, which speaks C++ only: matching and searching of UTF-8 byte strings.
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct hv_re2 hv_re2;

/// Where a group matched, in bytes from the start of the text; -1 when it took no part.
typedef struct hv_re2_span {
  long start;
  long length;
} hv_re2_span;

/// Compiles `pattern`; NULL when it is not valid, with a NUL-terminated reason in `error`.
hv_re2 *hv_re2_compile(const char *pattern, size_t length, char *error, size_t error_capacity);

/// 1 when the whole of `text` matches.
int hv_re2_full_match(const hv_re2 *re, const char *text, size_t length);

/// The number of capturing groups, the whole match not counted.
int hv_re2_group_count(const hv_re2 *re);

/// The number of the group called `name`, or 0 when there is none.
int hv_re2_group_number(const hv_re2 *re, const char *name, size_t length);

/// 1 when the whole of `text` matches; then the first `count` of `spans` hold the whole match and
/// the groups, of which there must be that many.
int hv_re2_captures(const hv_re2 *re, const char *text, size_t length, hv_re2_span *spans,
                    size_t count);

/// 1 when a part of `text` matches that begins at byte `start` or later, the leftmost; then the first
/// `count` of `spans` hold that match and the groups, of which there must be that many.
int hv_re2_search(const hv_re2 *re, const char *text, size_t length, size_t start,
                  hv_re2_span *spans, size_t count);

void hv_re2_free(hv_re2 *re);

#ifdef __cplusplus
}
#endif
