// SPDX-License-Identifier: MIT
//
// The terminal view, without the terminal: a frame of cells is a pure function of a snapshot, a size
// and the state of the view; a key makes another state of the view and at most one wish.
//
// It never asks, waits, opens or draws: `hvsmon top` does, with what is said here. Text that comes
// from outside reaches a cell only through `CleanText`, so no control character, and no character of
// an unexpected width, ever gets to a terminal.
//
// Entry types: `TopScreen.frame`, `ViewState` with `handle` and `settle`, `Frame`.
//
// Invariants: a frame has exactly the rows and columns that were asked for, down to 1x1; every cell
// is one cell wide, or two with an empty one behind it; colour is never the only signal.
