// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Notifying
import Rules

/// Turns stored values into JSON text and back.
enum StoredText {
  /// Why text in the file could not be read.
  struct Unreadable: Error {
    let reason: String
  }

  static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+Inf",
      negativeInfinity: "-Inf",
      nan: "NaN"
    )
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      preconditionFailure("stored forms hold nothing that JSON cannot say: \(error)")
    }
  }

  static func value<Value: Decodable>(
    _ type: Value.Type,
    from text: String
  ) throws(Unreadable) -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+Inf",
      negativeInfinity: "-Inf",
      nan: "NaN"
    )
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw Unreadable(reason: "a stored \(type) is not what it should be")
    }
  }
}

/// Names and values in turn.
struct StoredLabels: Codable, Hashable {
  let pairs: [String]

  init(_ labels: some Sequence<Label>) {
    pairs = labels.flatMap { [$0.name, $0.value] }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    pairs = try container.decode([String].self)
    guard pairs.count.isMultiple(of: 2) else {
      let debugDescription = "a name without a value"
      throw DecodingError.dataCorruptedError(in: container, debugDescription: debugDescription)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(pairs)
  }

  var labels: [Label] {
    stride(from: 0, to: pairs.count, by: 2).map { Label(pairs[$0], pairs[$0 + 1]) }
  }

  var set: LabelSet { LabelSet(labels) }
}

struct StoredAlert: Codable {
  let labels: StoredLabels
  let annotations: StoredLabels
  let value: Double
  let startsUnixMs: Int64
  let endsUnixMs: Int64?
  let isUnknown: Bool
  let expression: String
  /// Absent for alerts of rules.
  let sourceURL: String?

  init(_ alert: Alert) {
    labels = StoredLabels(alert.labels)
    annotations = StoredLabels(alert.annotations)
    value = alert.value
    startsUnixMs = alert.startsAt.unixMilliseconds
    endsUnixMs = alert.endsAt?.unixMilliseconds
    isUnknown = alert.isUnknown
    expression = alert.expression
    sourceURL = alert.sourceURL.isEmpty ? nil : alert.sourceURL
  }

  var alert: Alert {
    Alert(
      labels: labels.set,
      annotations: annotations.labels,
      value: value,
      startsAt: Timestamp(unixMilliseconds: startsUnixMs),
      endsAt: endsUnixMs.map { Timestamp(unixMilliseconds: $0) },
      isUnknown: isUnknown,
      expression: expression,
      sourceURL: sourceURL ?? ""
    )
  }
}

struct StoredIntegration: Codable, Hashable {
  let receiver: String
  let kind: String
  let index: Int

  init(_ id: IntegrationID) {
    (receiver, kind, index) = (id.receiver, id.kind, id.index)
  }

  var id: IntegrationID { IntegrationID(receiver: receiver, kind: kind, index: index) }
}

struct StoredNotification: Codable {
  struct Told: Codable {
    let alert: StoredAlert
    let isNew: Bool
    let isWithdrawn: Bool
  }

  let eventID: String
  let integration: StoredIntegration
  let groupKey: String
  let groupLabels: StoredLabels
  let sequence: Int
  let reason: String
  let alerts: [Told]
  let externalURL: String
  let createdUnixMs: Int64
  let delayedUnixMs: Int64?

  init(_ notification: AlertNotification) {
    eventID = notification.eventID
    integration = StoredIntegration(notification.integration)
    groupKey = notification.groupKey
    groupLabels = StoredLabels(notification.groupLabels)
    sequence = notification.sequence
    reason = notification.reason.rawValue
    alerts = notification.alerts.map {
      Told(alert: StoredAlert($0.alert), isNew: $0.isNew, isWithdrawn: $0.isWithdrawn)
    }
    externalURL = notification.externalURL
    createdUnixMs = notification.createdAt.unixMilliseconds
    delayedUnixMs = notification.delayedSince?.unixMilliseconds
  }

  var notification: AlertNotification {
    AlertNotification(
      eventID: eventID,
      integration: integration.id,
      groupKey: groupKey,
      groupLabels: groupLabels.set,
      sequence: sequence,
      // A word of a later version: what fires must not be lost over it.
      reason: NotificationReason(rawValue: reason) ?? .firing,
      alerts: alerts.map {
        NotifiedAlert($0.alert.alert, isNew: $0.isNew, isWithdrawn: $0.isWithdrawn)
      },
      externalURL: externalURL,
      createdAt: Timestamp(unixMilliseconds: createdUnixMs),
      delayedSince: delayedUnixMs.map { Timestamp(unixMilliseconds: $0) }
    )
  }
}

struct StoredGroup: Codable {
  struct Member: Codable {
    let alert: StoredAlert
    let changedUnixMs: Int64
    let toldTo: [StoredIntegration]
    let isWithdrawn: Bool
    /// Absent in what an older version stored.
    let toldSeverity: Int?
    /// Absent too where nothing keeps the alert quiet.
    let quiet: String?
    let released: String?
    let firstToldUnixMs: Int64?
    let flap: String?
  }

  struct Entry: Codable {
    let integration: StoredIntegration
    let sequence: Int
    let sentUnixMs: Int64
  }

  let receiver: String
  let key: String
  let labels: StoredLabels
  let createdUnixMs: Int64
  let members: [Member]
  let flushesUnixMs: [Int64]
  let log: [Entry]
  /// Absent where it is no storm's.
  let storm: String?

  init(_ group: NotificationGroup) {
    (receiver, key) = (group.id.receiver, group.id.key)
    labels = StoredLabels(group.labels)
    createdUnixMs = group.createdAt.unixMilliseconds
    members = group.members.values.map { member in
      Member(
        alert: StoredAlert(member.alert),
        changedUnixMs: member.changedAt.unixMilliseconds,
        toldTo: member.toldTo.sorted().map { StoredIntegration($0) },
        isWithdrawn: member.isWithdrawn,
        toldSeverity: member.toldSeverity?.rawValue,
        quiet: member.quiet?.rawValue,
        released: member.released?.rawValue,
        firstToldUnixMs: member.firstToldAt?.unixMilliseconds,
        flap: member.flap?.rawValue
      )
    }
    flushesUnixMs = group.flushes.map(\.unixMilliseconds)
    storm = group.storm?.rawValue
    log = group.log.map { id, entry in
      Entry(
        integration: StoredIntegration(id),
        sequence: entry.sequence,
        sentUnixMs: entry.sentAt.unixMilliseconds
      )
    }
  }

  var group: NotificationGroup {
    let members = members.map { stored in
      GroupMember(
        alert: stored.alert.alert,
        changedAt: Timestamp(unixMilliseconds: stored.changedUnixMs),
        toldTo: Set(stored.toldTo.map(\.id)),
        isWithdrawn: stored.isWithdrawn,
        toldSeverity: stored.toldSeverity.flatMap(SeverityRank.init),
        quiet: stored.quiet.flatMap(QuietKind.init),
        released: stored.released.flatMap(QuietKind.init),
        firstToldAt: stored.firstToldUnixMs.map { Timestamp(unixMilliseconds: $0) },
        flap: stored.flap.flatMap(FlapTelling.init)
      )
    }
    let log = log.map { entry in
      let sentAt = Timestamp(unixMilliseconds: entry.sentUnixMs)
      return (
        entry.integration.id, NotificationLogEntry(sequence: entry.sequence, sentAt: sentAt)
      )
    }
    return NotificationGroup(
      id: GroupID(receiver: receiver, key: key),
      labels: labels.set,
      createdAt: Timestamp(unixMilliseconds: createdUnixMs),
      members: Dictionary(members.map { ($0.alert.labels, $0) }) { first, _ in first },
      flushes: flushesUnixMs.map { Timestamp(unixMilliseconds: $0) },
      log: Dictionary(log) { first, _ in first },
      storm: storm.flatMap(StormPhase.init)
    )
  }
}
