// SPDX-License-Identifier: MIT
//
// The victim of the queue's SIGKILL test: plans, queues and delivers until it is killed.
//
// Alert `n` fires in step `n` and ends in step `n + 3`; each is a group of its own. It writes
// `step n` when the plan of step `n` is durable, and for each delivery, half of which are refused,
// `told n firing|resolved EVENT`, a line that counts as the arrival.
//
// Usage: CrashQueue STATE_FILE FIRST_STEP [LAST_STEP]: with a last step it then delivers all that
// waits and ends by itself.
import Glibc
import Logging
import MetricModel
import Notifying
import Rules
import StateStore

private struct WallClock: TimeSource {
  var now: Timestamp { Timestamp(unixMilliseconds: Logger.systemMilliseconds()) }
}

/// Writes arrivals to the standard output and refuses half of the tries, as a service does that is
/// asked too often.
private struct LineReceiver: Receiver {
  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? {
    if Bool.random() { throw .retryable(reason: "HTTP 429", notBefore: .milliseconds(1)) }
    for told in notification.alerts {
      let status = told.alert.isResolved ? "resolved" : "firing"
      writeLine("told \(told.alert.labels["n"] ?? "?") \(status) \(notification.eventID)")
    }
    return MessageReference(notification.eventID)
  }
}

/// One write for one line, so that lines of several tasks do not mix and none waits in a buffer.
private func writeLine(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  guard write(1, bytes, bytes.count) == bytes.count else { exit(4) }
}

@main
enum Victim {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, var step = Int(arguments[2]) else { exit(2) }
    let last = arguments.count > 3 ? Int(arguments[3]) : nil
    let logger = Logger(area: "crashqueue", threshold: .error)
    let queue = try await NotificationStore(
      database: try StateDatabase(path: arguments[1]),
      clock: WallClock(),
      logger: logger
    )
    let timing = GroupTiming(wait: .zero, interval: .seconds(1), repetition: .seconds(86_400))
    let integration = Integration(
      id: IntegrationID(receiver: "chat", kind: "test"),
      receiver: LineReceiver()
    )
    let settings = NotificationSettings(
      root: Route(receiver: "chat", grouping: .everyAlert, timing: timing),
      integrations: [integration]
    )
    var planner = NotificationPlanner(settings: settings, groups: await queue.groups())
    var policy = DeliveryPolicy()
    policy.firstWait = .milliseconds(1)
    policy.longestWait = .milliseconds(5)
    // The plan lives in another year than the clock of deliveries.
    policy.giveUpAfter = .seconds(1 << 40)
    let dispatcher = Dispatcher(queue: queue, policy: policy, clock: WallClock(), logger: logger)
    await dispatcher.serve([integration])
    while step <= last ?? .max {
      let plan = planner.step(alerts: alerts(at: step), now: instant(step))
      guard await queue.commit(plan) == .durable else { exit(3) }
      writeLine("step \(step)")
      await dispatcher.wake()
      step += 1
      // The planner must not run away from the receiver, or the queue overflows.
      while await waiting(queue) > 20 { try await Task.sleep(for: .milliseconds(1)) }
    }
    while await waiting(queue) > 0 { try await Task.sleep(for: .milliseconds(1)) }
    await dispatcher.stop(grace: .seconds(1))
  }

  private static func waiting(_ queue: NotificationStore) async -> Int {
    await queue.counts().waiting.values.reduce(0, +)
  }

  private static func instant(_ step: Int) -> Timestamp {
    Timestamp(unixMilliseconds: 1_700_000_000_000 + Int64(step) * 1_000)
  }

  private static func alerts(at step: Int) -> [Alert] {
    (max(0, step - 3)...step).map { number in
      Alert(
        labels: LabelSet(["alertname": "A", "n": "\(number)"]),
        startsAt: instant(number),
        endsAt: number == step - 3 ? instant(step) : nil
      )
    }
  }
}
