// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct FlapTableTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func history(_ name: String, _ phase: FlapPhase) -> FlapHistory {
    FlapHistory(
      alert: Alert(
        labels: LabelSet(["alertname": name, "odd": "\"'; DROP TABLE alert_flaps; --"]),
        annotations: [Label("summary", "s")],
        startsAt: time(1),
        endsAt: time(2)
      ),
      changes: [time(1), time(2), time(3)],
      phase: phase
    )
  }

  @Test func `what flaps comes back after a restart, until it is over`() async throws {
    let run = FlapRun(since: time(1), changes: 7, firingSpan: .milliseconds(1_500))
    let all = [
      history("A", .steady), history("B", .flapping(run)), history("C", .calm(run)),
    ]
    var plan = NotificationPlan()
    plan.changedFlaps = all
    let first = try StateDatabase(path: path)
    #expect(await (try store(first)).commit(plan) == .durable)
    await first.close()

    let second = try StateDatabase(path: path)
    let again = try await store(second)
    #expect(await sorted(again) == all)
    var removal = NotificationPlan()
    removal.removedFlaps = [all[1].alert.labels]
    _ = await again.commit(removal)
    await second.close()
    let last = try await store(try StateDatabase(path: path))
    #expect(await sorted(last) == [all[0], all[2]])
  }

  private func sorted(_ store: NotificationStore) async -> [FlapHistory] {
    await store.flaps().sorted { $0.alert.labels < $1.alert.labels }
  }

  @Test func `a row that cannot be read is damage`() async throws {
    let database = try StateDatabase(path: path)
    var plan = NotificationPlan()
    plan.changedFlaps = [history("A", .steady)]
    _ = await (try store(database)).commit(plan)
    await database.close()
    let other = try DatabaseQueue(path: path)
    try other.runBlocking { connection throws(SQLiteError) in
      try connection.execute("UPDATE alert_flaps SET body = substr(body, 1, 40)")
    }
    await other.close()
    let damaged = try StateDatabase(path: path)
    await #expect(throws: StateStoreError.self) { _ = try await store(damaged) }
  }
}
