// SPDX-License-Identifier: MIT
//
// HTTPAPI
