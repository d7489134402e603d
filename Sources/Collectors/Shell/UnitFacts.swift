// SPDX-License-Identifier: MIT

/// A systemd unit, as the section `unit` of `deploy/facts.sh` shows it.
struct UnitFacts: Equatable, Sendable {
  /// There is such a unit.
  let isLoaded: Bool
  /// It runs.
  let isActive: Bool
  /// It is started with the machine; nil for a unit without such a setting.
  let isEnabled: Bool?
  /// `running`, `dead`, `failed`, `auto-restart`, ...
  let subState: String
  /// How often systemd started it again by itself.
  let restarts: Int64?

  /// Reads lines of the form `Name=value`.
  ///
  /// - Parameter text: The section's output.
  /// - Throws: ``HostReplyFault`` when the states are missing.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var values: [String: String] = [:]
    for line in text.split(separator: 0x0a).prefix(100) {
      let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard let name = parts.first else { continue }
      let value = parts.count > 1 ? parts[1] : []
      values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    guard let load = values["LoadState"], let active = values["ActiveState"],
      let sub = values["SubState"]
    else { throw .shape(expected: "the state of a unit") }
    isLoaded = load == "loaded"
    isActive = active == "active" || active == "reloading"
    isEnabled =
      switch values["UnitFileState"] {
      case nil, "": nil
      // Of the others, those that end in `-runtime` are gone with the next start of the machine, and
      // a unit that is only `linked` or `indirect` is known and not started.
      case "enabled", "static", "generated", "alias": true
      default: false
      }
    subState = sub
    restarts = values["NRestarts"].flatMap { Int64($0) }
  }
}
