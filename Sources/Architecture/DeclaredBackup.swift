// SPDX-License-Identifier: MIT

/// One backup job as it is meant to be.
package struct DeclaredBackup: Equatable, Sendable {
  /// How a guest is treated while it is copied; the words are Proxmox'.
  package enum Mode: String, CaseIterable, Equatable, Sendable {
    case snapshot
    case suspend
    case stop
  }

  /// The most guests one declaration may name.
  package static let guestsMax = 10_000

  /// What tells it from other declarations, label `backup`: its name, or its schedule.
  package let name: String
  /// The guests, rising, each once.
  package let guests: [Int]
  /// When it runs, in the cluster's time zone.
  package let schedule: CalendarEvent
  /// How many archives of each guest are kept; nil when that is not declared.
  package let keepLast: Int?
  /// How guests are copied; nil when that is not declared.
  package let mode: Mode?
  /// The storage that takes the archives; nil when that is not declared.
  package let storage: String?
  /// How long after its time a run may begin before it counts as missed.
  package let runAllowance: Duration

  /// Declares a backup job.
  package init(
    name: String,
    guests: [Int],
    schedule: CalendarEvent,
    keepLast: Int? = nil,
    mode: Mode? = nil,
    storage: String? = nil,
    runAllowance: Duration = .seconds(600)
  ) {
    self.name = name
    self.guests = guests
    self.schedule = schedule
    self.keepLast = keepLast
    self.mode = mode
    self.storage = storage
    self.runAllowance = runAllowance
  }
}
