// SPDX-License-Identifier: MIT
//
// SeriesStore
