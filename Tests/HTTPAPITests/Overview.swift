// SPDX-License-Identifier: MIT
//
// The endpoints without a socket: requests in, bytes out.
