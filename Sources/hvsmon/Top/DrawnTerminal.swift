// SPDX-License-Identifier: MIT
import CNcurses
import FoundationEssentials
import Glibc
import TopView

/// The terminal while it is drawn on; used by one thread.
///
/// Only what differs from the frame before is handed to ncurses, and ncurses writes only what
/// differs from what the terminal shows.
final class DrawnTerminal {
  /// The numbers of the terminal's colours for the inks, from ``Ink/ok`` on; -1 is its own.
  private static let sixteen: [Int16] = [-1, 6, 3, 1, 5, -1, 4]
  /// Close to Okabe and Ito's colours, which stay apart for colour-blind eyes, and dark enough to be
  /// read on white.
  private static let many: [Int16] = [-1, 32, 172, 166, 169, -1, 68]

  private var shown: Frame?
  private let most: TerminalTraits.Colours
  private var colours: TerminalTraits.Colours?

  private init(_ most: TerminalTraits.Colours) {
    self.most = most
  }

  /// Takes the terminal over, until ``close()``; nil when it cannot be drawn on.
  static func open(_ most: TerminalTraits.Colours) -> DrawnTerminal? {
    hv_screen_open() == 0 ? DrawnTerminal(most) : nil
  }

  /// Gives the terminal back as it was.
  func close() { hv_screen_close() }

  /// Rows and columns.
  static var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0
    else { return (24, 80) }
    return (min(Int(size.ws_row), 1_000), min(Int(size.ws_col), 2_000))
  }

  /// The terminal has another size now.
  func resize(rows: Int, columns: Int) {
    hv_screen_resize(Int32(rows), Int32(columns))
    hv_screen_clear()
    shown = nil
  }

  /// Brings a frame to the terminal.
  func show(_ frame: Frame, _ wished: ViewState.Colours) {
    choose(wished)
    let isNew = shown?.rows != frame.rows || shown?.columns != frame.columns
    for row in 0..<frame.rows {
      for column in 0..<frame.columns {
        let cell = frame[row, column]
        if cell.width == 0 || (!isNew && shown?[row, column] == cell) { continue }
        put(cell, row, column)
      }
    }
    hv_screen_show(0)
    shown = frame
  }

  /// Draws every cell again, whatever the terminal shows.
  func redraw() { hv_screen_show(1) }

  /// Stops the process until it is told to go on.
  func suspend() {
    hv_screen_suspend()
    let (rows, columns) = Self.size
    resize(rows: rows, columns: columns)
    hv_screen_show(1)
  }

  /// Puts a line into the terminal's clipboard, where it allows that.
  func copy(_ line: String) {
    let text = Array(Data(line.utf8).base64EncodedString().utf8CString)
    hv_screen_copy(text, Int32(text.count - 1))
  }

  /// The next key that was pressed; nil when there is none.
  func key() -> Key? {
    while true {
      let code = hv_screen_key()
      if code == HV_KEY_NONE.asInt32 { return nil }
      if let key = Self.key(code) { return key }
    }
  }

  private func choose(_ wished: ViewState.Colours) {
    let available: TerminalTraits.Colours =
      hv_screen_colours() >= 256 ? .all : hv_screen_colours() >= 8 ? .sixteen : .none
    let limit: TerminalTraits.Colours =
      switch wished {
      case .auto: most
      case .sixteen: .sixteen
      case .none: .none
      }
    let chosen = min(available, limit)
    guard chosen != colours else { return }
    colours = chosen
    shown = nil
    switch chosen {
    case .none: hv_screen_set_colours([Int16](repeating: -1, count: 7))
    case .sixteen: hv_screen_set_colours(Self.sixteen)
    case .all: hv_screen_set_colours(Self.many)
    }
  }

  private func put(_ cell: Cell, _ row: Int, _ column: Int) {
    var attributes: Int32 = 0
    if cell.style.isBold { attributes |= HV_SCREEN_BOLD.asInt32 }
    if cell.style.isDim { attributes |= HV_SCREEN_DIM.asInt32 }
    if cell.style.isReverse { attributes |= HV_SCREEN_REVERSE.asInt32 }
    let colour = colours == TerminalTraits.Colours.none ? 0 : Int32(cell.style.ink.rawValue)
    let scalars = cell.text.unicodeScalars.map(\.value)
    hv_screen_put(
      Int32(row),
      Int32(column),
      scalars,
      Int32(scalars.count),
      Int32(cell.width),
      attributes,
      colour
    )
  }

  private static func key(_ code: Int32) -> Key? {
    switch code {
    case HV_KEY_UP.asInt32: return .up
    case HV_KEY_DOWN.asInt32: return .down
    case HV_KEY_LEFT.asInt32: return .left
    case HV_KEY_RIGHT.asInt32: return .right
    case HV_KEY_PAGE_UP.asInt32: return .pageUp
    case HV_KEY_PAGE_DOWN.asInt32: return .pageDown
    case HV_KEY_HOME.asInt32: return .home
    case HV_KEY_END.asInt32: return .end
    case HV_KEY_ENTER.asInt32: return .enter
    case HV_KEY_BACKSPACE.asInt32, 8, 127: return .backspace
    case HV_KEY_BACK_TAB.asInt32: return .backTab
    case HV_KEY_F1.asInt32: return .help
    case 9: return .tab
    case 27: return .escape
    case 1...26:
      return Unicode.Scalar(UInt32(code) + 0x60).map { .control(Character($0)) }
    case 32...: return Unicode.Scalar(UInt32(code)).map { .character(Character($0)) }
    default: return nil
    }
  }
}

extension BinaryInteger {
  fileprivate var asInt32: Int32 { Int32(truncatingIfNeeded: self) }
}
