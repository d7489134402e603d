// SPDX-License-Identifier: MIT
// The C door to ncursesw: its wide characters, attributes and keys are macros and types that Swift
// cannot name. And the guard that gives the terminal back after a crash, because a signal handler in
// Swift may allocate. One screen at a time; every call but the guard's comes from one thread.
#pragma once
#include <stdint.h>

/// How text is drawn, added up; a colour is 0 for the terminal's own, else 1 to 7.
enum {
  HV_SCREEN_BOLD = 1,
  HV_SCREEN_DIM = 2,
  HV_SCREEN_REVERSE = 4,
  HV_SCREEN_UNDERLINE = 8,
};

/// What hv_screen_key answers besides a character's code point.
enum {
  HV_KEY_NONE = -1,
  HV_KEY_UP = -2,
  HV_KEY_DOWN = -3,
  HV_KEY_LEFT = -4,
  HV_KEY_RIGHT = -5,
  HV_KEY_PAGE_UP = -6,
  HV_KEY_PAGE_DOWN = -7,
  HV_KEY_HOME = -8,
  HV_KEY_END = -9,
  HV_KEY_ENTER = -10,
  HV_KEY_BACKSPACE = -11,
  HV_KEY_BACK_TAB = -12,
  HV_KEY_F1 = -13,
  HV_KEY_OTHER = -14,
  HV_KEY_RESIZE = -15,
};

/// Takes the terminal over; 0, or -1 when `TERM` is not known or cannot address the cursor.
int hv_screen_open(void);

/// Gives the terminal back as it was.
void hv_screen_close(void);

/// How many colours the terminal has; 0 is none.
int hv_screen_colours(void);

/// Says which of the terminal's colours the colours 1 to 7 are.
void hv_screen_set_colours(const int16_t colours[7]);

/// The screen has another size now.
void hv_screen_resize(int rows, int columns);

/// Draws nothing everywhere.
void hv_screen_clear(void);

/// Draws one character of `width` cells with what combines with it, `count` scalars in all; what
/// the C library gives another width is drawn as question marks.
void hv_screen_put(int row, int column, const uint32_t *scalars, int count, int width,
                   int attributes, int colour);

/// Brings what was drawn to the terminal: what differs from what it shows, or all of it.
void hv_screen_show(int all);

/// The next key that was pressed, HV_KEY_NONE when there is none.
int hv_screen_key(void);

/// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal over again when
/// it goes on.
void hv_screen_suspend(void);

/// Puts a text, `length` bytes of base64, into the terminal's clipboard, where it allows that.
void hv_screen_copy(const char *base64, int length);
