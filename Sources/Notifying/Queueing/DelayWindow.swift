// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// The longest of the delays of the last hour.
package struct DelayWindow: Equatable, Sendable {
  /// How far it looks back.
  package static let span = Duration.seconds(3_600)
  /// Delays that are kept; of more the oldest are forgotten.
  package static let delaysMax = 1_000

  /// Rising times, falling delays: what is shorter than a later one can never be the longest.
  private var kept: [(at: Timestamp, delay: Duration)] = []

  /// Makes a window without delays.
  package init() {}

  /// Adds a delay; a negative one counts as none.
  package mutating func add(_ delay: Duration, at time: Timestamp) {
    let delay = max(delay, .zero)
    while let last = kept.last, last.delay <= delay || last.at > time { kept.removeLast() }
    kept.append((time, delay))
    if kept.count > Self.delaysMax { kept.removeFirst() }
  }

  /// The longest delay of the last hour; nil when there was none.
  package func longest(at now: Timestamp) -> Duration? {
    kept.first { now - $0.at <= Self.span }?.delay
  }

  package static func == (left: DelayWindow, right: DelayWindow) -> Bool {
    left.kept.elementsEqual(right.kept) { $0.at == $1.at && $0.delay == $1.delay }
  }
}

extension AlertNotification {
  /// How long its first new alert had been firing when the message was taken; nil when it tells of no
  /// alert that has just begun.
  package func delay(takenAt time: Timestamp) -> Duration? {
    guard reason == .firing || reason == .moreFiring else { return nil }
    return alerts.filter { $0.isNew && !$0.alert.isResolved }.map { time - $0.alert.startsAt }.max()
  }
}
