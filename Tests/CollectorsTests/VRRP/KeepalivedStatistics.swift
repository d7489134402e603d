// SPDX-License-Identifier: MIT
@testable import Collectors

/// keepalived's counters as its text file (`keepalived.stats`) shows them: what its JSON is compared
/// with.
struct KeepalivedStatistics: Equatable, Sendable {
  struct Instance: Equatable, Sendable {
    let name: String
    var counters: [KeepalivedReport.Counter: Int64]
  }

  private(set) var instances: [Instance] = []

  private static let names: [String: KeepalivedReport.Counter] = [
    "Advertisements/Received": .advertisementsReceived,
    "Advertisements/Sent": .advertisementsSent,
    "Became master": .becameMaster,
    "Released master": .releasedMaster,
    "Packet Errors/Length": .packetLengthErrors,
    "Packet Errors/TTL": .timeToLiveErrors,
    "Packet Errors/Invalid Type": .invalidTypeReceived,
    "Packet Errors/Advertisement Interval": .intervalErrors,
    "Packet Errors/Address List": .addressListErrors,
    "Authentication Errors/Invalid Type": .authenticationInvalid,
    "Authentication Errors/Type Mismatch": .authenticationMismatch,
    "Authentication Errors/Failure": .authenticationFailure,
    "Priority Zero/Received": .priorityZeroReceived,
    "Priority Zero/Sent": .priorityZeroSent,
  ]

  /// Reads the file; a counter that is not known or no number is left out.
  ///
  /// - Parameter text: The whole text.
  /// - Throws: ``HostReplyFault`` when it names no instance.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var group = ""
    for bytes in text.split(separator: 0x0a) {
      let line = String(decoding: bytes, as: UTF8.self)
      let depth = line.prefix { $0 == " " }.count
      let parts = line.dropFirst(depth).split(
        separator: ":",
        maxSplits: 1,
        omittingEmptySubsequences: false
      )
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == " " }
      if parts[0] == "VRRP Instance", depth == 0 {
        guard instances.count < KeepalivedReport.instancesMax else { break }
        instances.append(Instance(name: String(value), counters: [:]))
      } else if value.isEmpty {
        group = "\(parts[0])/"
      } else if !instances.isEmpty, let number = Int64(value) {
        let name = depth > 2 ? group + parts[0] : String(parts[0])
        if let counter = Self.names[name] {
          instances[instances.count - 1].counters[counter] = number
        }
      }
    }
    guard !instances.isEmpty else { throw .shape(expected: "keepalived's counters") }
  }
}
