// SPDX-License-Identifier: MIT
//
// The command line: one file a command, and the reading of arguments.
//
// A command must never decide what the daemon decides: it starts one, asks one over HTTP, or checks
// files. Errors go to standard error as one sentence that says what to do.
//
// Entry types: `Main`, `Command`, `Arguments`.
//
// Exit statuses: 0 good; 1 the answer is no (faults found, the query failed); 2 the command could
// not be carried out (wrong arguments, a file or the daemon cannot be reached); 3 nobody knows, where
// a yes would be dangerous.
