// SPDX-License-Identifier: MIT
#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <new>
#include <string>
#include <vector>

struct hv_re2 {
  RE2 re;
  hv_re2(const re2::StringPiece &pattern, const RE2::Options &options) : re(pattern, options) {}
};

extern "C" hv_re2 *hv_re2_compile(const char *pattern, size_t length, char *error,
                                  size_t error_capacity) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(1 << 20);
  hv_re2 *compiled = new (std::nothrow) hv_re2(re2::StringPiece(pattern, length), options);
  if (compiled == nullptr || !compiled->re.ok()) {
    if (error_capacity > 0) {
      const char *reason = compiled ? compiled->re.error().c_str() : "out of memory";
      std::strncpy(error, reason, error_capacity - 1);
      error[error_capacity - 1] = '\0';
    }
    delete compiled;
    return nullptr;
  }
  return compiled;
}

extern "C" int hv_re2_full_match(const hv_re2 *re, const char *text, size_t length) {
  return RE2::FullMatch(re2::StringPiece(text, length), re->re) ? 1 : 0;
}

extern "C" int hv_re2_group_count(const hv_re2 *re) { return re->re.NumberOfCapturingGroups(); }

extern "C" int hv_re2_group_number(const hv_re2 *re, const char *name, size_t length) {
  const auto &groups = re->re.NamedCapturingGroups();
  const auto found = groups.find(std::string(name, length));
  return found == groups.end() ? 0 : found->second;
}

static int hv_re2_match(const hv_re2 *re, const char *text, size_t length, size_t start,
                        RE2::Anchor anchor, hv_re2_span *spans, size_t count) {
  std::vector<re2::StringPiece> groups(count);
  const re2::StringPiece whole(text, length);
  if (!re->re.Match(whole, start, length, anchor, groups.data(), static_cast<int>(count)))
    return 0;
  for (size_t index = 0; index < count; index++) {
    const bool took_part = groups[index].data() != nullptr;
    spans[index].start = took_part ? static_cast<long>(groups[index].data() - text) : -1;
    spans[index].length = took_part ? static_cast<long>(groups[index].size()) : -1;
  }
  return 1;
}

extern "C" int hv_re2_captures(const hv_re2 *re, const char *text, size_t length,
                               hv_re2_span *spans, size_t count) {
  return hv_re2_match(re, text, length, 0, RE2::ANCHOR_BOTH, spans, count);
}

extern "C" int hv_re2_search(const hv_re2 *re, const char *text, size_t length, size_t start,
                             hv_re2_span *spans, size_t count) {
  return hv_re2_match(re, text, length, start, RE2::UNANCHORED, spans, count);
}

extern "C" void hv_re2_free(hv_re2 *re) { delete re; }
