// SPDX-License-Identifier: MIT
import Glibc

/// What the terminal and the environment allow.
struct TerminalTraits {
  /// What the command line says of colours.
  enum ColourWish: String {
    case auto
    case sixteen = "16"
    case none
    /// Nothing: the environment decides.
    case environment
  }

  /// How many colours may be used.
  enum Colours: Comparable {
    case none
    case sixteen
    case all
  }

  /// Both ends are a terminal whose cursor can be moved.
  let isInteractive: Bool
  let colours: Colours
  let isASCII: Bool
  let hasPlainSigns: Bool
  /// Columns of output that is not drawn.
  let printedColumns: Int

  init(_ wish: ColourWish, isASCII: Bool) {
    setlocale(LC_CTYPE, "")
    let codeset = nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } ?? ""
    let term = Self.variable("TERM") ?? ""
    isInteractive =
      isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 && !term.isEmpty && term != "dumb"
    self.isASCII = isASCII || codeset.uppercased() != "UTF-8"
    // The console's font lacks most bars.
    hasPlainSigns = term == "linux"
    printedColumns =
      Self.variable("COLUMNS").flatMap { Int($0) }.map { min(1_000, max(1, $0)) } ?? 120
    colours = Self.colours(wish)
  }

  /// The command line decides, then `NO_COLOR` (no-color.org), then `CLICOLOR`.
  private static func colours(_ wish: ColourWish) -> Colours {
    switch wish {
    case .none: return .none
    case .sixteen: return .sixteen
    case .auto: return .all
    case .environment: break
    }
    if let text = variable("NO_COLOR"), !text.isEmpty { return .none }
    if variable("CLICOLOR") == "0", variable("CLICOLOR_FORCE") == nil { return .none }
    return .all
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
