// SPDX-License-Identifier: MIT
//
// Tests of the terminal view without a terminal: golden frames, keys, and text that tries to break
// the frame.
