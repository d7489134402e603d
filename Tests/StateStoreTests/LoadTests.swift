// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Rules
import StateStore
import Synchronization
import TestSupport
import Testing

/// Ten thousand alerts within a minute for a service that refuses every second message.
@Suite(.serialized) struct LoadTests {
  private static let count = 10_000
  private static let groups = 500
  /// Seconds from one step of the planner to the next.
  private static let pace = 5

  private struct WallClock: TimeSource {
    var now: Timestamp { Timestamp(unixMilliseconds: Logger.systemMilliseconds()) }
  }

  /// Takes every event once, as a service does that knows events by their id; answers 429 half of
  /// the time, and loses the answer of one message in twenty that it took.
  private final class LimitedService: Receiver {
    struct State {
      var random = SeededRandom(seed: 20_260)
      var requests = 0
      var refused = 0
      var repeated = 0
      var events: Set<String> = []
      var sequences: [String: Int] = [:]
      var disorder: [String] = []
      /// Which alerts were told, and whether their end was.
      var isEnded: [String: Bool] = [:]
    }

    let state = Mutex(State())

    func deliver(
      _ notification: AlertNotification,
      _ relation: MessageRelation
    ) async throws(DeliveryError) -> MessageReference? {
      let failure = state.withLock { state -> DeliveryError? in
        state.requests += 1
        if Bool.random(using: &state.random) {
          state.refused += 1
          return .retryable(reason: "HTTP 429", notBefore: .milliseconds(1))
        }
        if state.events.insert(notification.eventID).inserted {
          Self.show(notification, &state)
        } else {
          state.repeated += 1
        }
        let isLost = Int.random(in: 0..<20, using: &state.random) == 0
        return isLost ? .retryable(reason: "no answer", notBefore: nil) : nil
      }
      if let failure { throw failure }
      return MessageReference(notification.eventID)
    }

    private static func show(_ notification: AlertNotification, _ state: inout State) {
      let key = notification.groupKey
      if notification.sequence <= state.sequences[key] ?? 0 { state.disorder.append(key) }
      state.sequences[key] = notification.sequence
      for told in notification.alerts {
        state.isEnded[told.alert.labels["n"] ?? ""] = told.alert.isResolved
      }
    }
  }

  @Test func `nothing is lost, shown twice or out of order, and memory is bounded`() async throws {
    // The disk is the crash test's matter.
    let queue = try await NotificationStore(
      database: try StateDatabase(path: ":memory:"),
      limit: Self.groups,
      clock: WallClock(),
      logger: Logger(area: "load", threshold: .error)
    )
    let service = LimitedService()
    let chat = IntegrationID(receiver: "chat", kind: "test")
    let timing = GroupTiming(wait: .zero, interval: .seconds(1), repetition: .seconds(86_400))
    let settings = NotificationSettings(
      root: Route(receiver: "chat", grouping: .labels(["group"]), timing: timing),
      integrations: [Integration(id: chat, receiver: service)]
    )
    var planner = NotificationPlanner(settings: settings)
    var policy = DeliveryPolicy()
    (policy.firstWait, policy.longestWait) = (.milliseconds(1), .milliseconds(5))
    policy.giveUpAfter = .seconds(1 << 40)
    let dispatcher = Dispatcher(
      queue: queue,
      policy: policy,
      clock: WallClock(),
      logger: Logger(area: "load", threshold: .error)
    )
    await dispatcher.serve(settings.integrations)
    var decided = 0
    var waitingMax = 0
    // A minute in which all begin, and one in which all end.
    for second in stride(from: 0, to: 130, by: Self.pace) {
      let plan = planner.step(alerts: Self.alerts(at: second), now: Self.instant(second))
      decided += plan.notifications.count
      #expect(await queue.commit(plan) == .durable)
      await dispatcher.wake()
      waitingMax = max(waitingMax, await Self.waiting(queue))
    }
    #expect(await eventually(within: .seconds(300)) { await Self.waiting(queue) == 0 })
    await dispatcher.stop(grace: .seconds(1))
    let dropped = await queue.counts().dropped
    service.state.withLock { state in
      print(
        "Load: \(decided) messages about \(Self.count) alerts, \(state.requests) requests, "
          + "\(state.refused) refused, \(state.events.count) shown, \(state.repeated) repeated "
          + "deliveries, at most \(waitingMax) waiting"
      )
      #expect(state.isEnded.count == Self.count)
      #expect(state.isEnded.values.count { !$0 } == 0)
      #expect(state.disorder == [])
      #expect(state.refused > state.requests / 3)
    }
    #expect(dropped == 0)
    #expect(waitingMax <= Self.groups)
    #expect(planner.refusedAlerts == 0)
  }

  private static func waiting(_ queue: NotificationStore) async -> Int {
    await queue.counts().waiting.values.reduce(0, +)
  }

  private static func instant(_ second: Int) -> Timestamp {
    Timestamp(unixMilliseconds: 1_700_000_000_000 + Int64(second) * 1_000)
  }

  /// Alert `n` begins at a second of the first minute and ends a minute later.
  private static func alerts(at second: Int) -> [Alert] {
    (0..<count).compactMap { number in
      let start = number * 60 / count
      let end = start + 61
      guard second >= start, second < end + pace else { return nil }
      return Alert(
        labels: LabelSet(["alertname": "A", "n": "\(number)", "group": "\(number % groups)"]),
        startsAt: instant(start),
        endsAt: second >= end ? instant(end) : nil
      )
    }
  }
}
