// SPDX-License-Identifier: MIT
//
// hvsmon
