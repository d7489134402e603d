// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import SQLite

/// The SQL of the table of alerts that come and go.
enum FlapTable {
  static func read(_ connection: Connection) throws(SQLiteError) -> [LabelSet: FlapHistory] {
    let select = try connection.prepare("SELECT body FROM alert_flaps")
    var flaps: [LabelSet: FlapHistory] = [:]
    while try select.step() {
      let history: FlapHistory
      do throws(StoredText.Unreadable) {
        history = try StoredText.value(StoredFlap.self, from: select.text(0)).history
      } catch {
        throw SQLiteError(.corrupt, error.reason)
      }
      flaps[history.alert.labels] = history
    }
    return flaps
  }

  /// Writes what is known of an alert, or removes it when it is over.
  static func put(
    _ history: FlapHistory?,
    labels: LabelSet,
    _ connection: Connection
  ) throws(SQLiteError) {
    let statement: String =
      history == nil
      ? "DELETE FROM alert_flaps WHERE labels = ?"
      : "INSERT OR REPLACE INTO alert_flaps(labels, body) VALUES (?, ?)"
    let write = try connection.prepare(statement)
    try write.bind(StoredText.text(StoredLabels(labels)), at: 1)
    if let history { try write.bind(StoredText.text(StoredFlap(history)), at: 2) }
    try write.run()
  }
}

struct StoredFlap: Codable {
  struct Run: Codable {
    let sinceUnixMs: Int64
    let changes: Int
    let firingMs: Int64
    let isCalm: Bool
  }

  let alert: StoredAlert
  let changesUnixMs: [Int64]
  /// Absent while the alert is steady.
  let run: Run?

  init(_ history: FlapHistory) {
    alert = StoredAlert(history.alert)
    changesUnixMs = history.changes.map(\.unixMilliseconds)
    run =
      switch history.phase {
      case .steady: nil
      case .flapping(let run): Run(run, isCalm: false)
      case .calm(let run): Run(run, isCalm: true)
      }
  }

  var history: FlapHistory {
    let phase = run.map { stored in
      let run = FlapRun(
        since: Timestamp(unixMilliseconds: stored.sinceUnixMs),
        changes: stored.changes,
        firingSpan: .milliseconds(stored.firingMs)
      )
      return stored.isCalm ? FlapPhase.calm(run) : .flapping(run)
    }
    return FlapHistory(
      alert: alert.alert,
      changes: changesUnixMs.map { Timestamp(unixMilliseconds: $0) },
      phase: phase ?? .steady
    )
  }
}

extension StoredFlap.Run {
  fileprivate init(_ run: FlapRun, isCalm: Bool) {
    self.init(
      sinceUnixMs: run.since.unixMilliseconds,
      changes: run.changes,
      firingMs: run.firingSpan.wholeMilliseconds,
      isCalm: isCalm
    )
  }
}
