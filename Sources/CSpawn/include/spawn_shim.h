// SPDX-License-Identifier: MIT
// The C door to posix_spawn and to the calls that Swift's Glibc module leaves out: pipe2 and
// posix_spawn_file_actions_addclosefrom_np. No libc header here, or `environ` becomes ambiguous.
#pragma once

/// A process that was started, and this side's ends of its three pipes, which do not block.
typedef struct hv_child {
  int pid;
  int input;
  int output;
  int errors;
} hv_child;

/// Starts `program`, looked for in PATH, in a process group of its own with nothing inherited but its
/// three pipes; 0, or the error number.
int hv_spawn(const char *program, char *const arguments[], char *const environment[],
             hv_child *child);
