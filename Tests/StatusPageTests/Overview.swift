// SPDX-License-Identifier: MIT
//
// The status page without a browser: what is on it, that nothing gets out of its place, and the
// events that keep it up to date.
