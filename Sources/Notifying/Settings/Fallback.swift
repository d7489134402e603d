// SPDX-License-Identifier: MIT
import Configuration

/// Whom to tell when a receiver has not been reached for a time.
package struct Fallback: Equatable, Sendable {
  /// The name of the other receiver.
  package let receiver: String
  /// How long no message arrived.
  package let after: Duration

  /// Describes a fallback.
  package init(receiver: String, after: Duration) {
    self.receiver = receiver
    self.after = after
  }

  /// Reads `fallback` of every receiver; faults are noted in the sections.
  static func read(_ section: SettingsSection, receivers names: [String]) -> [String: Fallback] {
    var fallbacks: [String: Fallback] = [:]
    for receiver in section.sections("receivers") {
      guard let item = receiver.section("fallback"), let name = receiver.text("name") else {
        continue
      }
      let other = item.requiredText("receiver", "whom to tell instead")
      let day = Duration.seconds(86_400)
      let after = item.span("after", default: .seconds(300), in: .seconds(10)...day)
      if other == name {
        item.report("receiver", "must be another receiver than \"\(name)\" itself")
      } else if !other.isEmpty, !names.contains(other) {
        let hint = nearestName(to: other, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        item.report("receiver", "there is no receiver \"\(other)\"\(hint)")
      }
      fallbacks[name] = Fallback(receiver: other, after: after)
    }
    return fallbacks
  }
}
