// SPDX-License-Identifier: MIT
import Configuration

/// From how many groups on one receiver is told in one message instead of one for each group.
package struct StormLimit: Equatable, Sendable {
  /// This many groups may begin within ``within`` and each have its own message.
  package let groups: Int
  /// The stretch in which they are counted, and after which without a further one it is over.
  package let within: Duration

  /// More than ten within a minute.
  package static let standard = StormLimit(groups: 10, within: .seconds(60))

  /// Describes a limit.
  package init(groups: Int, within: Duration) {
    self.groups = groups
    self.within = within
  }

  /// Reads `storm`; nil when `groups` is 0, which turns it off.
  static func read(_ section: SettingsSection) -> StormLimit? {
    guard let storm = section.section("storm") else { return .standard }
    let limit = StormLimit(
      groups: storm.integer("groups", default: standard.groups, in: 0...10_000),
      within: storm.span(
        "within",
        default: standard.within,
        in: .seconds(10)...(.seconds(3_600))
      )
    )
    return limit.groups == 0 ? nil : limit
  }
}
