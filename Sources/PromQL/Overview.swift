// SPDX-License-Identifier: MIT
//
// PromQL
