// SPDX-License-Identifier: MIT
//
// Collectors against recorded replies and against servers in this process, polite and rude; the
// catalog of every metric against the naming rules.
