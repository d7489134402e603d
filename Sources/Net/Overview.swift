// SPDX-License-Identifier: MIT
//
// Net
