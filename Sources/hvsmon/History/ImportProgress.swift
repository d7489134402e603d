// SPDX-License-Identifier: MIT
import Glibc

/// One line on a terminal that tells how far an import is; nothing where there is no terminal.
struct ImportProgress {
  private let isShown = isatty(2) == 1
  private var lastShown: ContinuousClock.Instant?

  /// Shows the state, a few times a second at most.
  mutating func show(_ samples: Int, _ verb: String, of source: ImportSource) {
    guard isShown else { return }
    let now = ContinuousClock.now
    if let lastShown, now - lastShown < .milliseconds(250) { return }
    lastShown = now
    var text = "\(samples) samples \(verb)"
    if let length = source.length, length > 0 { text += ", \(100 * source.position / length) %" }
    Terminal.showPassing(text)
  }

  /// Clears the line for what is printed next.
  mutating func clear() {
    guard lastShown != nil else { return }
    lastShown = nil
    Terminal.showPassing("")
  }
}
