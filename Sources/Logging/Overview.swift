// SPDX-License-Identifier: MIT
//
// Structured log lines: one event is one line on standard error, written by one `write(2)`.
//
// It must never be given a secret, buffer lines in the process, or fail its caller: a line that
// cannot be written is lost, counted nowhere, and nobody is told.
//
// Entry types: `Logger`, `LogLevel`, `LogSink`.
//
// The form is logfmt: `ts=… level=… area=… msg="…" key=value`. Values with blanks, quotes or control
// characters are quoted and escaped, so that a name from a peer can neither start a new line nor
// steer a terminal.
