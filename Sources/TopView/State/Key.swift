// SPDX-License-Identifier: MIT

/// A key that was pressed.
package enum Key: Equatable, Sendable {
  /// A character, blanks included.
  case character(Character)
  /// A letter together with Ctrl.
  case control(Character)
  case up
  case down
  case left
  case right
  case pageUp
  case pageDown
  case home
  case end
  case enter
  case escape
  case tab
  case backTab
  case backspace
  case help
}

/// What a key asks for that the state of the view cannot do itself.
package enum Wish: Equatable, Sendable {
  case quit
  /// Ask the daemon now.
  case refresh
  /// Stop the process until it is told to go on.
  case suspend
  /// Draw every cell again.
  case redraw
  /// Put a line into the terminal's clipboard.
  case copy(String)
  /// Tell the daemon what somebody says of an alert.
  case operate(Operation)
}
