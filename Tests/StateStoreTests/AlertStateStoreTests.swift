// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import SQLite
import StateStore
import TestSupport
import Testing

@Suite struct AlertStateStoreTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("state.sqlite") }

  init() throws { folder = try TemporaryFolder() }

  private func instance(
    _ number: Int,
    rule: String = "NginxDown",
    firedAt: Double? = nil,
    resolvedAt: Double? = nil,
    value: Double = 0.1
  ) -> StoredAlertInstance {
    StoredAlertInstance(
      rule: RuleIdentity(group: "g", name: rule, key: "k"),
      expression: "up == 0",
      labels: LabelSet(["alertname": rule, "n": "\(number)", "text": "a\"\n😀"]),
      sampleLabels: LabelSet(["n": "\(number)"]),
      annotations: [Label("empty", ""), Label("summary", "x")],
      activeAt: time(1.001),
      firedAt: firedAt.map { time($0) },
      keepFiringSince: firedAt.map { time($0 + 1) },
      resolvedAt: resolvedAt.map { time($0) },
      lastValue: value
    )
  }

  private func sorted(_ instances: [StoredAlertInstance]) -> [StoredAlertInstance] {
    instances.sorted { ($0.rule.name, $0.labels) < ($1.rule.name, $1.labels) }
  }

  @Test func `instances in every phase come back after a restart as they were`() async throws {
    let first = try StateDatabase(path: path)
    var changes = AlertStateChanges()
    changes.saved = [
      instance(1), instance(2, firedAt: 5), instance(3, firedAt: 5, resolvedAt: 9),
      instance(1, rule: "Other", value: -.infinity),
    ]
    try await AlertStateStore(database: first).save(changes)
    await first.close()
    let again = AlertStateStore(database: try StateDatabase(path: path))
    #expect(sorted(try await again.load()) == sorted(changes.saved))
  }

  @Test func `a saved instance replaces the one of its key, and removed ones are gone`()
    async throws
  {
    let store = AlertStateStore(database: try StateDatabase(path: path))
    var changes = AlertStateChanges()
    changes.saved = [instance(1), instance(2)]
    try await store.save(changes)
    changes.saved = [instance(1, firedAt: 7)]
    changes.removed = [instance(2).key, instance(3).key]
    try await store.save(changes)
    #expect(try await store.load() == [instance(1, firedAt: 7)])
  }

  @Test func `a closed file is an error that names it`() async throws {
    let database = try StateDatabase(path: path)
    let store = AlertStateStore(database: database)
    await database.close()
    var changes = AlertStateChanges()
    changes.saved = [instance(1)]
    do throws(AlertStateError) {
      try await store.save(changes)
      Issue.record("a closed file took an instance")
    } catch {
      #expect(error.reason.contains(path))
    }
  }
}
