// SPDX-License-Identifier: MIT
import HTTPAPI
import Logging
import MetricModel
import Net
import Notifying
import Polling
import Rules
import StateStore
import TestSupport
import Testing

@testable import Daemon

/// What an instance keeps of what others told, over reloads, starts and stops.
@Suite struct PeerKeeperTests {
  private static let token = "0123456789abcdef"
  private static let place = IntegrationID(receiver: "chat", kind: "test")

  private let harness: MonitorHarness
  private let database: StateDatabase
  private let clock = SystemClock()

  init() throws {
    harness = try MonitorHarness()
    database = try StateDatabase(path: harness.folder.file("state.sqlite"))
  }

  private var store: ToldStore { ToldStore(database: database) }

  private func keeper() -> PeerKeeper {
    PeerKeeper(
      PeerKeeper.Surroundings(
        http: harness.client,
        store: store,
        clock: clock,
        logger: Logger(area: "peers", sink: harness.sink)
      )
    )
  }

  /// Instance `a` beside `b`, whom nobody can reach.
  private func settings() throws -> PeerSettings {
    try harness.writeSettings(
      """
      peers:
        name: a
        token: \(Self.token)
        instances: [{name: a, url: "http://127.0.0.1:1"}, {name: b, url: "http://127.0.0.1:2"}]
      """
    )
    let path = harness.folder.file("hvsmon.yml")
    return try #require(try harness.plan.loader.load(path, http: harness.client).get().peers)
  }

  private func notification(_ group: String, of alert: Alert) -> AlertNotification {
    AlertNotification(
      eventID: "\(group)-\(alert.fingerprint)",
      integration: Self.place,
      groupKey: group,
      groupLabels: .empty,
      sequence: 1,
      reason: .firing,
      alerts: [NotifiedAlert(alert, isNew: true)],
      createdAt: clock.now
    )
  }

  private func alert(_ name: String = "X") -> Alert {
    Alert(labels: LabelSet(["alertname": name]), startsAt: clock.now)
  }

  /// Lets `b` say that it told of an alert.
  private func hear(_ alert: Alert, by keeper: PeerKeeper, token: String = token) async
    -> PeerAnswer
  {
    let terms = PeerReplica.Terms(
      cluster: "test",
      name: "b",
      order: ["a", "b"],
      wait: .seconds(15)
    )
    var other = PeerReplica(terms: terms, epoch: "b-1", now: clock.now)
    _ = other.note(notification("g", of: alert), leaving: nil, now: clock.now)
    let message = other.message(to: "a", now: clock.now)
    return await keeper.answer(PeerText.bytes(of: message), authorization: "Bearer \(token)")
  }

  /// Whether a message about an alert is left to another instance.
  private func leaves(_ alert: Alert, _ keeper: PeerKeeper) async -> Bool {
    let waiting = QueuedNotification(id: 1, notification: notification("g", of: alert))
    if case .leave = await keeper.judge([waiting], now: clock.now) { return true }
    return false
  }

  @Test func `what others told is forgotten once there are no others`() async throws {
    let (keeper, settings) = (keeper(), try settings())
    await keeper.adopt(settings, cluster: "test", notifications: nil)
    #expect(await keeper.isSharing)
    let first = alert()
    guard case .answered = await hear(first, by: keeper) else {
      Issue.record("it was not taken")
      return
    }
    #expect(await leaves(first, keeper))
    #expect(try await eventually { try await store.load().count == 1 })
    // Its end is told meanwhile, and by nobody noted.
    await keeper.adopt(nil, cluster: "test", notifications: nil)
    #expect(await !keeper.isSharing)
    #expect(try await store.load().isEmpty)
    await keeper.adopt(settings, cluster: "test", notifications: nil)
    #expect(await !leaves(alert(), keeper))
    await keeper.stop()
    await database.close()
  }

  @Test func `a start without others drops what the last one stored`() async throws {
    let key = ToldKey(Self.place, "g")
    let later = clock.now + .seconds(3_600)
    try await store.save([key: ToldGroup(expiresAt: later)])
    let keeper = keeper()
    await keeper.adopt(nil, cluster: "test", notifications: nil)
    #expect(try await store.load().isEmpty)
    await keeper.stop()
    await database.close()
  }

  @Test func `what went out of date while hvsmon was off leaves the file`() async throws {
    let (live, over) = (ToldKey(Self.place, "live"), ToldKey(Self.place, "over"))
    let now = clock.now
    try await store.save([
      live: ToldGroup(expiresAt: now + .seconds(3_600)),
      over: ToldGroup(expiresAt: now - .seconds(1)),
    ])
    let keeper = keeper()
    await keeper.adopt(try settings(), cluster: "test", notifications: nil)
    #expect(try await eventually { try await store.load().keys.map(\.groupKey) == ["live"] })
    await keeper.stop()
    await database.close()
  }

  @Test func `only who shows the token is heard, and nobody once it stops`() async throws {
    let keeper = keeper()
    await keeper.adopt(try settings(), cluster: "test", notifications: nil)
    guard case .refused(401, _) = await hear(alert(), by: keeper, token: "0123456789abcdeg") else {
      Issue.record("a wrong token is taken")
      return
    }
    await keeper.stop()
    guard case .refused(503, let words) = await hear(alert(), by: keeper) else {
      Issue.record("one that stops takes messages")
      return
    }
    #expect(words.contains("is stopping"))
    #expect(try await store.load().isEmpty)
    await database.close()
  }
}
