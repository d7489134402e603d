// SPDX-License-Identifier: MIT

/// How often a target is asked, and how a failure is settled.
package struct PollSettings: Equatable, Sendable {
  /// The distance of two polls of one target; 1 s to 1 h.
  package var interval: Duration = .seconds(10)
  /// The time one poll may take.
  package var timeout: Duration = .seconds(4)
  /// The pace at which a target that just failed is asked again until its state is settled.
  package var confirmInterval: Duration = .seconds(1)
  /// Failures in a row before the target counts as down.
  package var confirmFailures = 2
  /// A held connection that closes makes the target be asked at once.
  package var watchesConnections = true

  /// The defaults.
  package init() {}

  init(reading section: SettingsSection?) {
    self.init()
    guard let section else { return }
    interval = section.span("interval", default: interval, in: .seconds(1)...(.seconds(3_600)))
    timeout = section.span(
      "timeout",
      default: min(timeout, interval),
      in: .milliseconds(100)...(.seconds(600))
    )
    confirmInterval = section.span(
      "confirm_interval",
      default: confirmInterval,
      in: .milliseconds(100)...(.seconds(60))
    )
    confirmFailures = section.integer("confirm_failures", default: confirmFailures, in: 1...100)
    watchesConnections = section.flag("watch_connections", default: watchesConnections)
    refuseTimeoutPastInterval(section)
  }

  /// These settings with the `interval` and `timeout` that a collector's section names.
  package func overridden(by section: SettingsSection) -> PollSettings {
    var copy = self
    copy.interval = section.span("interval", default: interval, in: .seconds(1)...(.seconds(3_600)))
    copy.timeout = section.span(
      "timeout",
      default: min(timeout, copy.interval),
      in: .milliseconds(100)...(.seconds(600))
    )
    copy.refuseTimeoutPastInterval(section)
    return copy
  }

  private func refuseTimeoutPastInterval(_ section: SettingsSection) {
    guard timeout > interval else { return }
    section.report(
      "timeout",
      "must not be longer than the interval of \(QuantityText.text(of: interval))"
    )
  }
}
