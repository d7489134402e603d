// SPDX-License-Identifier: MIT
import MetricModel

/// What is known of one place and group, as it is stored and handed to other instances.
package struct ToldGroupForm: Codable, Sendable {
  /// The longest name of a receiver or instance, in bytes.
  package static let nameBytesMax = 256
  /// The longest group key, in bytes.
  package static let groupKeyBytesMax = 64 << 10
  /// Instants and numbers beyond this are no honest ones.
  private static let numberMax: Int64 = 1 << 53

  private struct Last: Codable {
    let version: Int64
    let sentUnixMs: Int64
    let by: Int
    let reference: String?
    let shownUnixMs: Int64?
    let severity: Int?
  }

  private let receiver: String
  private let kind: String
  private let index: Int
  private let group: String
  private let tellers: [String]
  /// State, severity, version, and the position of who told it, by fingerprint.
  private let alerts: [String: [Int64]]
  private let last: Last?
  private let serial: Int64
  private let expiresUnixMs: Int64

  /// Writes down what is known.
  package init(_ key: ToldKey, _ told: ToldGroup) {
    (receiver, kind, index) = (
      key.integration.receiver, key.integration.kind, key.integration.index
    )
    group = key.groupKey
    var names = Set(told.alerts.values.map(\.by))
    if let last = told.last { names.insert(last.by) }
    let tellers = names.sorted()
    let positions = Dictionary(
      uniqueKeysWithValues: tellers.enumerated().map { ($1, Int64($0)) }
    )
    self.tellers = tellers
    alerts = told.alerts.mapValues { alert in
      [
        Int64(alert.state.rawValue), Int64(alert.severity.rawValue), alert.version,
        positions[alert.by] ?? 0,
      ]
    }
    last = told.last.map { last in
      Last(
        version: last.version,
        sentUnixMs: last.sentAt.unixMilliseconds,
        by: Int(positions[last.by] ?? 0),
        reference: last.message?.reference.text,
        shownUnixMs: last.message?.sentAt.unixMilliseconds,
        severity: last.message?.severity?.rawValue
      )
    }
    serial = told.serial
    expiresUnixMs = told.expiresAt.unixMilliseconds
  }

  /// Reads it back; nil when it is not what it should be.
  package var value: (key: ToldKey, told: ToldGroup)? {
    let names = tellers + [receiver, kind]
    guard names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.nameBytesMax }),
      group.utf8.count <= Self.groupKeyBytesMax, (0..<10_000).contains(index),
      isHonest(serial), isHonest(expiresUnixMs), alerts.count <= ToldGroup.alertsMax
    else { return nil }
    var read: [String: ToldAlert] = [:]
    for (fingerprint, numbers) in alerts {
      guard let alert = alert(numbers), fingerprint.utf8.count == 16,
        fingerprint.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
      else { return nil }
      read[fingerprint] = alert
    }
    var message: ToldMessage?
    if let last {
      guard let known = self.message(last) else { return nil }
      message = known
    }
    let told = ToldGroup(
      alerts: read,
      last: message,
      serial: serial,
      expiresAt: Timestamp(unixMilliseconds: expiresUnixMs)
    )
    let integration = IntegrationID(receiver: receiver, kind: kind, index: index)
    return (ToldKey(integration, group), told)
  }

  private func alert(_ numbers: [Int64]) -> ToldAlert? {
    guard numbers.count == 4, let state = ToldAlert.State(rawValue: Int(numbers[0])),
      let severity = SeverityRank(rawValue: Int(numbers[1])), isHonest(numbers[2]),
      tellers.indices.contains(Int(numbers[3]))
    else { return nil }
    return ToldAlert(state, severity, version: numbers[2], by: tellers[Int(numbers[3])])
  }

  private func message(_ last: Last) -> ToldMessage? {
    guard isHonest(last.version), isHonest(last.sentUnixMs), tellers.indices.contains(last.by)
    else { return nil }
    var message: SentMessage?
    if let text = last.reference {
      guard let reference = MessageReference(text), let shown = last.shownUnixMs, isHonest(shown)
      else { return nil }
      message = SentMessage(
        reference: reference,
        sentAt: Timestamp(unixMilliseconds: shown),
        severity: last.severity.flatMap(SeverityRank.init(rawValue:))
      )
    }
    return ToldMessage(
      version: last.version,
      sentAt: Timestamp(unixMilliseconds: last.sentUnixMs),
      by: tellers[last.by],
      message: message
    )
  }

  private func isHonest(_ number: Int64) -> Bool { (0...Self.numberMax).contains(number) }
}
