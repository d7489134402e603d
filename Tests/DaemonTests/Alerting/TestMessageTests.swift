// SPDX-License-Identifier: MIT
import HTTPAPI
import MetricModel
import Notifying
import Synchronization
import Testing

@testable import Daemon

/// `hvsmon notify-test` and the rate of a receiver.
@Suite struct TestMessageTests {
  private final class Service: Receiver {
    let taken = Mutex<[NotificationReason]>([])

    func deliver(
      _ notification: AlertNotification,
      _ relation: MessageRelation
    ) async throws(DeliveryError) -> MessageReference? {
      taken.withLock { $0.append(notification.reason) }
      return nil
    }
  }

  private static let now = Timestamp(unixSeconds: 1_700_000_000)

  private func reports(
    sendsResolved: Bool,
    turn: @escaping TestMessage.Turn
  ) async -> (answers: [String], taken: [NotificationReason]) {
    let service = Service()
    let integration = Integration(
      id: IntegrationID(receiver: "pager", kind: "test"),
      sendsResolved: sendsResolved,
      receiver: service
    )
    let message = TestMessage(receiver: "pager", externalURL: "", now: Self.now)
    let reports = await message.send(to: [integration], turn: turn)
    return (reports.map(\.answer), service.taken.withLock { $0 })
  }

  @Test func `no incident is opened whose end the rate does not allow`() async {
    let (later, sent) = await reports(sendsResolved: true) { _, count in
      count > 1 ? Self.now + .seconds(60) : nil
    }
    #expect(sent.isEmpty)
    #expect(
      later == ["not sent: its rate allows a message and its recovery at 2023-11-14T22:14:20Z"]
    )
    let (never, none) = await reports(sendsResolved: true) { _, count in
      count > 1 ? .distantFuture : nil
    }
    #expect(none.isEmpty && never[0].contains("has to allow two messages at once"))
  }

  @Test func `a message and its recovery take their turn together`() async {
    let (answers, sent) = await reports(sendsResolved: true) { _, count in
      #expect(count == 2)
      return nil
    }
    #expect(sent == [.firing, .resolved] && answers == ["accepted; so was its recovery"])
    let (_, alone) = await reports(sendsResolved: false) { _, count in
      #expect(count == 1)
      return nil
    }
    #expect(alone == [.firing])
  }
}
