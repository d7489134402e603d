// SPDX-License-Identifier: MIT
//
// The sample store against its ports, against a dictionary through random histories whose seed is
// printed when they fail, against damaged files and full disks, and against SIGKILL.
