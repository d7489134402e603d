// SPDX-License-Identifier: MIT
import MetricModel

/// A certificate's file, as the section `certificate` of `deploy/facts.sh` shows it.
struct CertificateFacts: Equatable, Sendable {
  let notBefore: Timestamp
  let notAfter: Timestamp
  /// The number by which two load balancers are seen to have the same certificate.
  let serial: String?
  /// When the file was written, in Unix seconds by the host's clock; nil when the host does not say.
  let modifiedSeconds: Double?

  /// Reads `notBefore=`, `notAfter=` and `serial=` of OpenSSL's words, and `modified=` of the file.
  ///
  /// - Parameter text: The section's output.
  /// - Throws: ``HostReplyFault`` when a date is missing or no date.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var dates: [String: Timestamp] = [:]
    var serial: String?
    var modified: UInt64?
    for line in text.split(separator: 0x0a).prefix(100) {
      let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(decoding: parts[0], as: UTF8.self)
      let value = String(decoding: parts[1], as: UTF8.self)
      if name.hasPrefix("not") { dates[name] = Self.date(value) }
      if name == "serial", value.utf8.count <= 64 { serial = value }
      if name == "modified" { modified = UInt64(value) }
    }
    guard let notBefore = dates["notBefore"], let notAfter = dates["notAfter"] else {
      throw .shape(expected: "the dates of a certificate")
    }
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.serial = serial
    modifiedSeconds = modified.map { Double($0) }
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// A date such as `Nov  3 22:50:34 2027 GMT`.
  private static func date(_ text: String) -> Timestamp? {
    let words = text.split(separator: " ")
    guard words.count == 5, words[4] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
      let month = months.firstIndex(where: { $0 == words[0] })
    else { return nil }
    let clock = words[2].split(separator: ":").map { Int($0) }
    guard clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2] else {
      return nil
    }
    return CivilTime(
      year: year,
      month: month + 1,
      day: day,
      hour: hour,
      minute: minute,
      second: second
    )?.instant
  }
}
