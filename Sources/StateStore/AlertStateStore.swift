// SPDX-License-Identifier: MIT
import MetricModel
package import Rules
import SQLite

/// Keeps the alert instances of all rules, so that a restart neither forgets a hold nor an alert.
package struct AlertStateStore: AlertStateStoring {
  private let database: StateDatabase

  /// Keeps instances in an open file.
  package init(database: StateDatabase) {
    self.database = database
  }

  package func load() async throws(AlertStateError) -> [StoredAlertInstance] {
    do throws(SQLiteError) {
      return try await database.queue.run { connection throws(SQLiteError) in
        try AlertInstanceTable.read(connection)
      }
    } catch {
      throw AlertStateError(reason: StateStoreError(error, path: database.path).description)
    }
  }

  package func save(_ changes: AlertStateChanges) async throws(AlertStateError) {
    guard !changes.isEmpty else { return }
    do throws(SQLiteError) {
      try await database.queue.run { connection throws(SQLiteError) in
        try connection.transaction { () throws(SQLiteError) in
          try AlertInstanceTable.remove(changes.removed, connection)
          try AlertInstanceTable.put(changes.saved, connection)
        }
      }
    } catch {
      throw AlertStateError(reason: StateStoreError(error, path: database.path).description)
    }
  }
}

/// What is stored of an alert instance beside its key.
private struct StoredInstanceBody: Codable {
  let expression: String
  let sampleLabels: StoredLabels
  let annotations: StoredLabels
  let activeUnixMs: Int64
  let firedUnixMs: Int64?
  let keepFiringUnixMs: Int64?
  let resolvedUnixMs: Int64?
  let lastValue: Double

  init(_ instance: StoredAlertInstance) {
    expression = instance.expression
    sampleLabels = StoredLabels(instance.sampleLabels)
    annotations = StoredLabels(instance.annotations)
    activeUnixMs = instance.activeAt.unixMilliseconds
    firedUnixMs = instance.firedAt?.unixMilliseconds
    keepFiringUnixMs = instance.keepFiringSince?.unixMilliseconds
    resolvedUnixMs = instance.resolvedAt?.unixMilliseconds
    lastValue = instance.lastValue
  }

  func instance(of rule: RuleIdentity, labels: LabelSet) -> StoredAlertInstance {
    func instant(_ milliseconds: Int64?) -> Timestamp? {
      milliseconds.map { Timestamp(unixMilliseconds: $0) }
    }
    return StoredAlertInstance(
      rule: rule,
      expression: expression,
      labels: labels,
      sampleLabels: sampleLabels.set,
      annotations: annotations.labels,
      activeAt: Timestamp(unixMilliseconds: activeUnixMs),
      firedAt: instant(firedUnixMs),
      keepFiringSince: instant(keepFiringUnixMs),
      resolvedAt: instant(resolvedUnixMs),
      lastValue: lastValue
    )
  }
}

/// The SQL of the table of alert instances.
private enum AlertInstanceTable {
  static func read(_ connection: Connection) throws(SQLiteError) -> [StoredAlertInstance] {
    let select = try connection.prepare(
      "SELECT rule_group, rule_name, rule_key, labels, body FROM alert_instances"
    )
    var instances: [StoredAlertInstance] = []
    while try select.step() {
      let rule = RuleIdentity(group: select.text(0), name: select.text(1), key: select.text(2))
      do throws(StoredText.Unreadable) {
        let labels = try StoredText.value(StoredLabels.self, from: select.text(3))
        let body = try StoredText.value(StoredInstanceBody.self, from: select.text(4))
        instances.append(body.instance(of: rule, labels: labels.set))
      } catch {
        throw SQLiteError(.corrupt, error.reason)
      }
    }
    return instances
  }

  static func put(
    _ instances: [StoredAlertInstance],
    _ connection: Connection
  ) throws(SQLiteError) {
    let insert = try connection.prepare(
      """
      INSERT OR REPLACE INTO alert_instances(rule_group, rule_name, rule_key, labels, body)
      VALUES (?, ?, ?, ?, ?)
      """
    )
    for instance in instances {
      try bind(instance.key, to: insert)
      try insert.bind(StoredText.text(StoredInstanceBody(instance)), at: 5)
      try insert.run()
    }
  }

  static func remove(
    _ keys: [StoredAlertInstance.Key],
    _ connection: Connection
  ) throws(SQLiteError) {
    let delete = try connection.prepare(
      """
      DELETE FROM alert_instances
      WHERE rule_group = ? AND rule_name = ? AND rule_key = ? AND labels = ?
      """
    )
    for key in keys {
      try bind(key, to: delete)
      try delete.run()
    }
  }

  private static func bind(
    _ key: StoredAlertInstance.Key,
    to statement: borrowing PreparedStatement
  ) throws(SQLiteError) {
    try statement.bind(key.rule.group, at: 1)
    try statement.bind(key.rule.name, at: 2)
    try statement.bind(key.rule.key, at: 3)
    // Sorted by name, so that equal label sets are equal texts.
    try statement.bind(StoredText.text(StoredLabels(key.labels)), at: 4)
  }
}
