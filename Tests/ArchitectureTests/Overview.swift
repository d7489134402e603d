// SPDX-License-Identifier: MIT
//
// The calendar against the zone files of this machine and against random input; `date` is the
// second opinion on zones.
