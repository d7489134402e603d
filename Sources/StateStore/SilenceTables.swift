// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import SQLite

/// What is stored of a silence beside its id.
private struct StoredSilence: Codable {
  struct Matcher: Codable {
    let name: String
    let operation: String
    let value: String
  }

  let matchers: [Matcher]
  let startsUnixMs: Int64
  let endsUnixMs: Int64
  let createdBy: String
  let comment: String
  let updatedUnixMs: Int64

  init(_ silence: Silence) {
    matchers = silence.labelMatchers.map {
      Matcher(name: $0.name, operation: $0.operation.rawValue, value: $0.value)
    }
    startsUnixMs = silence.startsAt.unixMilliseconds
    endsUnixMs = silence.endsAt.unixMilliseconds
    createdBy = silence.createdBy
    comment = silence.comment
    updatedUnixMs = silence.updatedAt.unixMilliseconds
  }

  func silence(id: String) throws(SQLiteError) -> Silence {
    var plain: [LabelMatcher] = []
    for matcher in matchers {
      guard let operation = LabelMatcher.Operation(rawValue: matcher.operation) else {
        throw SQLiteError(.corrupt, "a stored silence has a matcher that is none")
      }
      plain.append(LabelMatcher(matcher.name, operation, matcher.value))
    }
    do throws(SilenceRefusal) {
      return try Silence(
        id: id,
        labelMatchers: plain,
        startsAt: Timestamp(unixMilliseconds: startsUnixMs),
        endsAt: Timestamp(unixMilliseconds: endsUnixMs),
        createdBy: createdBy,
        comment: comment,
        updatedAt: Timestamp(unixMilliseconds: updatedUnixMs)
      )
    } catch {
      throw SQLiteError(.corrupt, "a stored silence is not what it should be: \(error)")
    }
  }
}

/// What is acknowledged: the key of its row.
private struct StoredSubject: Codable {
  /// Set for one alert.
  let labels: StoredLabels?
  /// Set for a group.
  let groupKey: String?

  init(_ subject: Acknowledgement.Subject) {
    switch subject {
    case .alert(let labels): (self.labels, groupKey) = (StoredLabels(labels), nil)
    case .group(let key): (labels, groupKey) = (nil, key)
    }
  }

  var subject: Acknowledgement.Subject? {
    labels.map { .alert($0.set) } ?? groupKey.map { .group(key: $0) }
  }
}

/// What is stored of an acknowledgement beside its subject.
private struct StoredAcknowledgement: Codable {
  let by: String
  let atUnixMs: Int64
  let comment: String
  /// Absent in what an older version stored.
  let isWithdrawn: Bool?
}

/// The SQL of silences, acknowledgements and the audit log.
enum SilenceTables {
  static func silences(_ connection: Connection) throws(SQLiteError) -> [Silence] {
    let select = try connection.prepare("SELECT id, body FROM silences")
    var silences: [Silence] = []
    while try select.step() {
      silences.append(try value(StoredSilence.self, select.text(1)).silence(id: select.text(0)))
    }
    return silences
  }

  static func acknowledgements(
    _ connection: Connection
  ) throws(SQLiteError) -> [Acknowledgement] {
    let select = try connection.prepare("SELECT subject, body FROM acknowledgements")
    var acknowledgements: [Acknowledgement] = []
    while try select.step() {
      guard let subject = try value(StoredSubject.self, select.text(0)).subject else {
        throw SQLiteError(.corrupt, "a stored acknowledgement is about nothing")
      }
      let body = try value(StoredAcknowledgement.self, select.text(1))
      acknowledgements.append(
        Acknowledgement(
          subject,
          by: body.by,
          at: Timestamp(unixMilliseconds: body.atUnixMs),
          comment: body.comment,
          isWithdrawn: body.isWithdrawn ?? false
        )
      )
    }
    return acknowledgements
  }

  static func apply(_ changes: LedgerChanges, _ connection: Connection) throws(SQLiteError) {
    let putSilence = try connection.prepare(
      "INSERT OR REPLACE INTO silences(id, body) VALUES (?, ?)"
    )
    for silence in changes.silences {
      try putSilence.bind(silence.id, at: 1)
      try putSilence.bind(StoredText.text(StoredSilence(silence)), at: 2)
      try putSilence.run()
    }
    let dropSilence = try connection.prepare("DELETE FROM silences WHERE id = ?")
    for id in changes.droppedSilences {
      try dropSilence.bind(id, at: 1)
      try dropSilence.run()
    }
    let put = try connection.prepare(
      "INSERT OR REPLACE INTO acknowledgements(subject, body) VALUES (?, ?)"
    )
    for acknowledgement in changes.acknowledgements {
      let body = StoredAcknowledgement(
        by: acknowledgement.by,
        atUnixMs: acknowledgement.at.unixMilliseconds,
        comment: acknowledgement.comment,
        isWithdrawn: acknowledgement.isWithdrawn ? true : nil
      )
      try put.bind(key(of: acknowledgement.subject), at: 1)
      try put.bind(StoredText.text(body), at: 2)
      try put.run()
    }
    let drop = try connection.prepare("DELETE FROM acknowledgements WHERE subject = ?")
    for subject in changes.droppedAcknowledgements {
      try drop.bind(key(of: subject), at: 1)
      try drop.run()
    }
  }

  static func add(
    _ entries: [AuditEntry],
    keeping limit: Int,
    _ connection: Connection
  ) throws(SQLiteError) {
    guard !entries.isEmpty else { return }
    let insert = try connection.prepare(
      "INSERT INTO audit_log(at_unix_ms, who, action, subject, detail) VALUES (?, ?, ?, ?, ?)"
    )
    for entry in entries {
      try insert.bind(entry.at.unixMilliseconds, at: 1)
      try insert.bind(entry.by, at: 2)
      try insert.bind(entry.action.rawValue, at: 3)
      try insert.bind(entry.subject, at: 4)
      try insert.bind(entry.detail, at: 5)
      try insert.run()
    }
    let prune = try connection.prepare("DELETE FROM audit_log WHERE id <= ?")
    try prune.bind(connection.lastInsertedRowID - Int64(limit), at: 1)
    try prune.run()
  }

  /// The latest entries, newest first; those of a later version's actions are left out.
  static func auditLog(
    _ connection: Connection,
    limit: Int
  ) throws(SQLiteError) -> [AuditEntry] {
    let select = try connection.prepare(
      "SELECT at_unix_ms, who, action, subject, detail FROM audit_log ORDER BY id DESC LIMIT ?"
    )
    try select.bind(limit, at: 1)
    var entries: [AuditEntry] = []
    while try select.step() {
      guard let action = AuditEntry.Action(rawValue: select.text(2)) else { continue }
      entries.append(
        AuditEntry(
          at: Timestamp(unixMilliseconds: select.integer(0)),
          by: select.text(1),
          action: action,
          subject: select.text(3),
          detail: select.text(4)
        )
      )
    }
    return entries
  }

  private static func key(of subject: Acknowledgement.Subject) -> String {
    // Labels are sorted by name, so that equal subjects are equal texts.
    StoredText.text(StoredSubject(subject))
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type,
    _ text: String
  ) throws(SQLiteError) -> Value {
    do throws(StoredText.Unreadable) {
      return try StoredText.value(type, from: text)
    } catch {
      throw SQLiteError(.corrupt, error.reason)
    }
  }
}
