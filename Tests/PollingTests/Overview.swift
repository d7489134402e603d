// SPDX-License-Identifier: MIT
//
// The scheduler under a clock that the test moves, and the front door over a store in memory.
// Nothing here sleeps: a test waits until somebody sleeps at the instant it expects.
