// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "spawn_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static void close_both(int ends[2]) {
  for (int index = 0; index < 2; index++) {
    if (ends[index] >= 0) close(ends[index]);
    ends[index] = -1;
  }
}

/// A pipe of which the end `ours` does not block; the child's end must, as programs expect.
static int child_pipe(int ends[2], int ours) {
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  return fcntl(ends[ours], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

static int start(const char *program, char *const arguments[], char *const environment[],
                 const int standard[3], pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code != 0) return code;
  code = posix_spawnattr_init(&attributes);
  if (code != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }
  for (int descriptor = 0; descriptor < 3 && code == 0; descriptor++) {
    code = posix_spawn_file_actions_adddup2(&actions, standard[descriptor], descriptor);
  }
  if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none;
  sigset_t handled;
  sigemptyset(&none);
  sigfillset(&handled);
  // These two cannot be set, and glibc refuses to try.
  sigdelset(&handled, SIGKILL);
  sigdelset(&handled, SIGSTOP);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &handled);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (code == 0) code = posix_spawnp(pid, program, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

int hv_spawn(const char *program, char *const arguments[], char *const environment[],
             hv_child *child) {
  int input[2] = {-1, -1};
  int output[2] = {-1, -1};
  int errors[2] = {-1, -1};
  pid_t pid = 0;
  int code = child_pipe(input, 1);
  if (code == 0) code = child_pipe(output, 0);
  if (code == 0) code = child_pipe(errors, 0);
  if (code == 0) {
    const int standard[3] = {input[0], output[1], errors[1]};
    code = start(program, arguments, environment, standard, &pid);
  }
  if (code != 0) {
    close_both(input);
    close_both(output);
    close_both(errors);
    return code;
  }
  close(input[0]);
  close(output[1]);
  close(errors[1]);
  child->pid = pid;
  child->input = input[1];
  child->output = output[0];
  child->errors = errors[0];
  return 0;
}
