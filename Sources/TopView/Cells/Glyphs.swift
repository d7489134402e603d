// SPDX-License-Identifier: MIT
import Snapshot

/// The signs of a terminal that shows Unicode, or of one that does not.
struct Glyphs: Sendable {
  private static let plainBars = Array("_.:-=+*#")
  private static let blockBars = Array("▁▂▃▄▅▆▇█")

  let isASCII: Bool

  /// A level's sign: told apart by its shape as well.
  func sign(_ level: Level) -> String {
    switch level {
    case .ok: isASCII ? "." : "●"
    case .info: "i"
    case .held: "~"
    case .maintenance: "M"
    case .unknown: "?"
    case .warning: isASCII ? "!" : "▲"
    case .critical: isASCII ? "#" : "■"
    }
  }

  /// Stands where a text was cut.
  var cut: String { isASCII ? "~" : "…" }
  /// Stands in the place of a state that is not known any more.
  var stale: String { isASCII ? "*" : "…" }
  var rule: String { isASCII ? "-" : "─" }
  var folded: String { isASCII ? "+" : "▸" }
  var unfolded: String { isASCII ? "-" : "▾" }
  var branch: String { isASCII ? "|- " : "├ " }
  var lastBranch: String { isASCII ? "`- " : "└ " }
  var rising: String { isASCII ? "^" : "↑" }
  var falling: String { isASCII ? "v" : "↓" }
  var dot: String { isASCII ? "*" : "·" }
  var arrows: String { isASCII ? "Up/Down" : "↑↓" }

  /// Values, oldest first, as bars in `width` cells, the newest at the right, blank where there is
  /// none; `top` is the value of a full bar, nil takes the greatest value.
  func bars(_ values: [Double?], width: Int, top: Double?) -> String {
    let bars = isASCII ? Self.plainBars : Self.blockBars
    let shown = values.suffix(width)
    let greatest = top ?? shown.compactMap(\.self).max() ?? 0
    var text = String(repeating: " ", count: max(0, width - shown.count))
    for value in shown {
      guard let value else {
        text += " "
        continue
      }
      let share = greatest > 0 ? value / greatest : 0
      let height = max(0, min(share, 1)) * Double(bars.count)
      text.append(bars[min(bars.count - 1, Int(height))])
    }
    return text
  }
}

/// How a terminal is drawn for.
package struct Look: Equatable, Sendable {
  /// Only ASCII is drawn.
  package var isASCII: Bool
  /// Signs and bars are drawn in ASCII, because the font may lack them; names are as they are.
  package var hasPlainSigns: Bool

  /// Describes a look.
  package init(isASCII: Bool = false, hasPlainSigns: Bool = false) {
    self.isASCII = isASCII
    self.hasPlainSigns = hasPlainSigns
  }

  var glyphs: Glyphs { Glyphs(isASCII: isASCII || hasPlainSigns) }
}
