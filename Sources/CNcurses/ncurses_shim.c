// SPDX-License-Identifier: MIT
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE
#define NCURSES_WIDECHAR 1
#include "ncurses_shim.h"
#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
// Short names that <term.h> takes.
#undef columns
#undef lines

static SCREEN *screen;
static struct termios saved_modes;
static volatile sig_atomic_t is_open;
// What ends full-screen mode: copied beforehand, for the handler may look nothing up.
static char leave_text[128];
static volatile sig_atomic_t leave_length;
static int has_colours;
// ECMA-48, BDSM: a terminal that orders text by its direction would move the columns of a line that
// holds letters written from right to left. Those that know no such mode pass over it.
static const char keep_order[] = "\033[8l";
static const char change_order[] = "\033[8h";

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
enum { crash_count = sizeof crash_signals / sizeof crash_signals[0] };

// Calls only what POSIX lists as async-signal-safe, then lets the signal do what it does.
static void restore_and_die(int number) {
  if (is_open) {
    is_open = 0;
    if (write(STDOUT_FILENO, leave_text, (size_t)leave_length) < 0) { /* nothing can be done */ }
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
  }
  signal(number, SIG_DFL);
  raise(number);
}

static void say(const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(STDOUT_FILENO, text, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    length -= (size_t)written;
  }
}

static void note_leave_text(void) {
  const char *parts[] = {change_order, exit_attribute_mode, cursor_normal, exit_ca_mode,
                         keypad_local};
  leave_length = 0;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    size_t length = parts[i] ? strlen(parts[i]) : 0;
    if (length + (size_t)leave_length > sizeof leave_text) continue;
    memcpy(leave_text + leave_length, parts[i] ? parts[i] : "", length);
    leave_length += (sig_atomic_t)length;
  }
}

static void guard(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = restore_and_die;
  action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER);
  for (int i = 0; i < crash_count; i++) sigaction(crash_signals[i], &action, NULL);
}

static void unguard(void) {
  for (int i = 0; i < crash_count; i++) signal(crash_signals[i], SIG_DFL);
}

int hv_screen_open(void) {
  if (tcgetattr(STDIN_FILENO, &saved_modes) != 0) return -1;
  screen = newterm(NULL, stdout, stdin);
  if (!screen) return -1;
  if (!cursor_address) {
    endwin();
    delscreen(screen);
    screen = NULL;
    return -1;
  }
  note_leave_text();
  say(keep_order, sizeof keep_order - 1);
  guard();
  is_open = 1;
  raw();
  noecho();
  nonl();
  set_escdelay(25);
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  curs_set(0);
  has_colours = has_colors() && start_color() == OK;
  if (has_colours) use_default_colors();
  return 0;
}

void hv_screen_close(void) {
  if (!screen) return;
  say(change_order, sizeof change_order - 1);
  endwin();
  is_open = 0;
  unguard();
  delscreen(screen);
  screen = NULL;
}

int hv_screen_colours(void) { return has_colours ? COLORS : 0; }

void hv_screen_set_colours(const int16_t colours[7]) {
  if (!has_colours) return;
  for (short i = 0; i < 7; i++) init_pair((short)(i + 1), colours[i], -1);
}

void hv_screen_resize(int rows, int columns) { resizeterm(rows, columns); }

void hv_screen_clear(void) { werase(stdscr); }

void hv_screen_put(int row, int column, const uint32_t *scalars, int count, int width,
                   int attributes, int colour) {
  wchar_t text[CCHARW_MAX + 1];
  int length = 0;
  for (int i = 0; i < count && length < CCHARW_MAX; i++) {
    int cells = wcwidth((wchar_t)scalars[i]);
    if (cells != (length ? 0 : width)) {
      // The C library and the frame must agree, or everything behind would shift.
      if (length) continue;
      text[length++] = L'?';
      break;
    }
    text[length++] = (wchar_t)scalars[i];
  }
  text[length] = 0;
  attr_t flags = A_NORMAL;
  if (attributes & HV_SCREEN_BOLD) flags |= A_BOLD;
  if (attributes & HV_SCREEN_DIM) flags |= A_DIM;
  if (attributes & HV_SCREEN_REVERSE) flags |= A_REVERSE;
  if (attributes & HV_SCREEN_UNDERLINE) flags |= A_UNDERLINE;
  short pair = has_colours ? (short)colour : 0;
  cchar_t cell;
  if (setcchar(&cell, text, flags, pair, NULL) != OK) return;
  mvwadd_wch(stdscr, row, column, &cell);
  if (width == 2 && wcwidth(text[0]) == 1) mvwadd_wch(stdscr, row, column + 1, &cell);
}

void hv_screen_show(int all) {
  if (all) clearok(stdscr, TRUE);
  wrefresh(stdscr);
}

int hv_screen_key(void) {
  wint_t key;
  switch (wget_wch(stdscr, &key)) {
  case OK: return key == '\r' || key == '\n' ? HV_KEY_ENTER : (int)key;
  case KEY_CODE_YES: break;
  default: return HV_KEY_NONE;
  }
  switch (key) {
  case KEY_UP: return HV_KEY_UP;
  case KEY_DOWN: return HV_KEY_DOWN;
  case KEY_LEFT: return HV_KEY_LEFT;
  case KEY_RIGHT: return HV_KEY_RIGHT;
  case KEY_PPAGE: return HV_KEY_PAGE_UP;
  case KEY_NPAGE: return HV_KEY_PAGE_DOWN;
  case KEY_HOME: return HV_KEY_HOME;
  case KEY_END: return HV_KEY_END;
  case KEY_ENTER: return HV_KEY_ENTER;
  case KEY_BACKSPACE: return HV_KEY_BACKSPACE;
  case KEY_BTAB: return HV_KEY_BACK_TAB;
  case KEY_F(1): return HV_KEY_F1;
  case KEY_RESIZE: return HV_KEY_RESIZE;
  default: return HV_KEY_OTHER;
  }
}

void hv_screen_suspend(void) {
  if (!screen) return;
  say(change_order, sizeof change_order - 1);
  endwin();
  is_open = 0;
  void (*before)(int) = signal(SIGTSTP, SIG_DFL);
  // To the whole group: a shell's job is all of its processes.
  kill(0, SIGTSTP);
  signal(SIGTSTP, before);
  is_open = 1;
  say(keep_order, sizeof keep_order - 1);
  clearok(stdscr, TRUE);
  wrefresh(stdscr);
}

void hv_screen_copy(const char *base64, int length) {
  // xterm's control sequences, OSC 52: the terminal's clipboard, where it allows that.
  say("\033]52;c;", 7);
  say(base64, (size_t)length);
  say("\a", 1);
}
