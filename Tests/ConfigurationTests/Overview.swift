// SPDX-License-Identifier: MIT
//
// Settings: every file in `Fixtures` has one fault, whose full text its first line expects; the
// rest is about what cannot be seen from a file: secrets, several faults at once, quantities.
