// SPDX-License-Identifier: MIT
// The C door to RE2, which speaks C++ only: anchored matching of UTF-8 byte strings.
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct hv_re2 hv_re2;

/// Compiles `pattern`; NULL when it is not valid, with a NUL-terminated reason in `error`.
hv_re2 *hv_re2_compile(const char *pattern, size_t length, char *error, size_t error_capacity);

/// 1 when the whole of `text` matches.
int hv_re2_full_match(const hv_re2 *re, const char *text, size_t length);

void hv_re2_free(hv_re2 *re);

#ifdef __cplusplus
}
#endif
