// SPDX-License-Identifier: MIT
package import Architecture

extension SettingsSection {
  /// The longest name of a zone.
  private static let zoneNameBytesMax = 64

  /// The time zone that `key` names, by the machine's zone files; `Local` is the machine's own.
  ///
  /// - Parameter key: The key.
  /// - Returns: Nil when the key does not stand here; UTC after a fault was noted.
  package func timeZone(_ key: String) -> TimeZoneRules? {
    guard let name = text(key) else { return nil }
    if name == "UTC" { return .utc }
    let isPlain = name.utf8.allSatisfy { byte in
      UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "/_+-".utf8.contains(byte)
    }
    guard isPlain, !name.isEmpty, !name.hasPrefix("/"),
      name.utf8.count <= Self.zoneNameBytesMax
    else {
      report(key, "must name a time zone such as Europe/Berlin, not \"\(name)\"")
      return .utc
    }
    do throws(SettingsEnvironment.Unreadable) {
      return try parsed(name, readTimeZone(name))
    } catch {
      report(key, "\(name) cannot be read from this machine's time zones: \(error.reason)")
      return .utc
    }
  }

  private func parsed(
    _ name: String,
    _ bytes: [UInt8]
  ) throws(SettingsEnvironment.Unreadable) -> TimeZoneRules {
    do throws(TimeZoneFault) {
      return try TimeZoneRules(name: name, zoneFile: bytes)
    } catch {
      throw SettingsEnvironment.Unreadable(reason: error.reason)
    }
  }
}
