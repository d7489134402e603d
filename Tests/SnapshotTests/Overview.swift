// SPDX-License-Identifier: MIT
//
// Tests of the snapshot: its JSON reads back as it was written, and anything else is refused.
