// SPDX-License-Identifier: MIT
import Configuration

/// From how many changes on an alert flaps, and when it is calm again.
package struct FlapLimit: Equatable, Sendable {
  /// Fewer changes are what every alert does that comes and goes once.
  package static let changesMin = 3
  /// As many times are remembered of each alert.
  package static let changesMax = 100

  /// So many begins and ends of one alert...
  package let changes: Int
  /// ...within this stretch are flapping.
  package let within: Duration
  /// It is over once nothing has changed for this long.
  package let calm: Duration

  /// Six within half an hour, until a quarter of an hour is calm.
  package static let standard = FlapLimit(
    changes: 6,
    within: .seconds(1_800),
    calm: .seconds(900)
  )

  /// Describes a limit.
  package init(changes: Int, within: Duration, calm: Duration) {
    self.changes = min(max(changes, Self.changesMin), Self.changesMax)
    self.within = within
    self.calm = calm
  }

  /// Reads `flapping`; nil when `changes` is 0, which turns it off.
  static func read(_ section: SettingsSection) -> FlapLimit? {
    guard let flapping = section.section("flapping") else { return .standard }
    let changes = flapping.integer("changes", default: standard.changes, in: 0...changesMax)
    if changes > 0, changes < changesMin {
      flapping.report("changes", "must be 0, which turns it off, or at least \(changesMin)")
    }
    let spans = Duration.seconds(60)...(.seconds(86_400))
    let within = flapping.span("within", default: standard.within, in: spans)
    let calm = flapping.span("calm", default: standard.calm, in: spans)
    return changes == 0 ? nil : FlapLimit(changes: changes, within: within, calm: calm)
  }
}
