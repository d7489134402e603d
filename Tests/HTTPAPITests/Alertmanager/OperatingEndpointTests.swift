// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/hvsmon/v1/{explain,ack,audit,notify-test}`, without a socket.
@Suite struct OperatingEndpointTests {
  private let alerts = StandInAlerts([
    StandInAlerts.report("NodeDown", ["node": "n1"]),
    StandInAlerts.report("NodeDown", ["node": "n2"]),
    StandInAlerts.report(
      "GuestDown",
      standing: .held(by: LabelSet(["alertname": "NodeDown", "node": "n1"])),
      postedBy: "prometheus"
    ),
  ])

  private var ports: APIPorts { .standIn(alerts: alerts.ports) }

  @Test func `explain says of every alert what is told of it`() async throws {
    let all = try await ports.ask("/api/hvsmon/v1/explain")
    let found = all.tree?["alerts"]?.items ?? []
    #expect(
      found.map { $0["labels"]?["alertname"]?.string } == ["GuestDown", "NodeDown", "NodeDown"]
    )
    #expect(found[0]["standing"]?.string == "held")
    #expect(found[0]["cause"]?["node"]?.string == "n1" && found[0]["isTold"]?.bool == false)
    #expect(found[0]["postedBy"]?.string == "prometheus" && found[0]["sends"] == nil)
    #expect(found[1]["state"]?.string == "firing" && found[1]["isTold"]?.bool == true)
    let destination = found[1]["destinations"]?.items.first
    #expect(destination?["receiver"]?.string == "chat" && destination?["route"]?.string == "{}")
  }

  @Test func `explain says that an alert flaps, how often since when, and until when`() async throws
  {
    let flapping = FlapReport(
      since: Timestamp(unixSeconds: 60),
      changes: 7,
      firingShare: 0.25,
      isFiring: false,
      calmAt: Timestamp(unixSeconds: 1_000)
    )
    let one = StandInAlerts([StandInAlerts.report("Odd", flapping: flapping)])
    let answer = try await APIPorts.standIn(alerts: one.ports).ask("/api/hvsmon/v1/explain")
    let alert = try #require(answer.tree?["alerts"]?.items.first)
    #expect(alert["state"]?.string == "flapping")
    #expect(alert["flapping"]?["changes"]?.int == 7)
    #expect(alert["flapping"]?["firingRatio"]?.double == 0.25)
    #expect(alert["flapping"]?["isFiring"]?.bool == false)
    #expect(alert["flapping"]?["since"]?.string == "1970-01-01T00:01:00Z")
    #expect(alert["flapping"]?["calmAt"]?.string == "1970-01-01T00:16:40Z")
  }

  @Test(arguments: [
    ("NodeDown", 2), ("NodeDown{node=\"n2\"}", 1), ("{node=~\"n.*\"}", 2), (" GuestDown ", 1),
    ("X", 0), ("{node=\"n3\"}", 0),
  ])
  func `an alert is meant by its name, its labels or its fingerprint`(
    _ text: String,
    _ count: Int
  ) async throws {
    let found = try await ports.ask("/api/hvsmon/v1/explain", [("alert", text)])
    #expect(found.status == 200, "\(found.text)")
    #expect(found.tree?["alerts"]?.items.count == count)
    for alert in found.tree?["alerts"]?.items ?? [] {
      let send = alert["sends"]?.items.first
      #expect(send?["outcome"]?.string == "accepted" && send?["failedTries"]?.int == 2)
      #expect(send?["integration"]?.string == "chat/slack[0]")
      let print = try #require(alert["fingerprint"]?.string)
      let one = try await ports.ask("/api/hvsmon/v1/explain", [("alert", print)])
      #expect(one.tree?["alerts"]?.items.count == 1)
    }
  }

  @Test(arguments: ["{", "{}", "A{b=~\"(\"}", "up[5m]{", "A offset 5m{"])
  func `what names no alert is refused`(_ text: String) async throws {
    let found = try await ports.ask("/api/hvsmon/v1/explain", [("alert", text)])
    #expect(found.status == 400 && found.tree?["error"]?.string?.isEmpty == false, "\(found)")
  }

  @Test func `acknowledging names who, and can be taken back`() async throws {
    let made = try await ports.ask(
      "/api/hvsmon/v1/ack",
      [("alert", "NodeDown"), ("comment", "on it")],
      method: "POST"
    )
    #expect(made.tree?["acknowledged"]?.items.count == 2, "\(made.text)")
    let noted = alerts.state.withLock { $0.acknowledged }
    #expect(noted.allSatisfy { $0.by == "tester" && $0.comment == "on it" && $0.at == alerts.now })
    let group = "{}:{alertname=\"GuestDown\"}"
    let whole = try await ports.ask(
      "/api/hvsmon/v1/ack",
      [("group", group), ("by", "ann")],
      method: "POST"
    )
    #expect(whole.tree?["acknowledged"]?.items == [.text(group)])
    #expect(alerts.state.withLock { $0.acknowledged.last?.by } == "ann")
    let back = try await ports.ask("/api/hvsmon/v1/ack", [("alert", "NodeDown")], method: "DELETE")
    #expect(back.tree?["withdrawn"]?.items.count == 2)
    let again = try await ports.ask("/api/hvsmon/v1/ack", [("alert", "NodeDown")], method: "DELETE")
    #expect(again.status == 404)
    for parameters in [[("alert", "X")], [("group", "x")]] {
      let none = try await ports.ask("/api/hvsmon/v1/ack", parameters, method: "POST")
      #expect(none.status == 404)
    }
    for parameters in [[], [("alert", "A"), ("group", "b")], [("alert", "A"), ("alert", "B")]] {
      let bad = try await ports.ask("/api/hvsmon/v1/ack", parameters, method: "POST")
      #expect(bad.status == 400)
    }
  }

  @Test func `the audit log is shown as far as it is asked for`() async throws {
    let entries = (0..<3).map { number in
      AuditEntry(
        at: Timestamp(unixSeconds: Double(number)),
        by: "ann",
        action: .silenceMade,
        subject: "s\(number)",
        detail: "{a=\"b\"}"
      )
    }
    alerts.state.withLock { $0.audit = entries }
    let found = try await ports.ask("/api/hvsmon/v1/audit", [("limit", "2")])
    #expect(found.tree?["entries"]?.items.map { $0["subject"]?.string } == ["s0", "s1"])
    #expect(found.tree?["entries"]?.items.first?["action"]?.string == "silence_made")
    #expect(try await ports.ask("/api/hvsmon/v1/audit", [("limit", "x")]).status == 400)
  }

  @Test func `a test says what each place answered`() async throws {
    alerts.state.withLock {
      $0.tested = [
        TestReport(
          integration: IntegrationID(receiver: "chat", kind: "slack"),
          isAccepted: false,
          answer: "slack.test answered with status 404"
        )
      ]
    }
    let found = try await ports.ask(
      "/api/hvsmon/v1/notify-test",
      [("receiver", "chat")],
      method: "POST"
    )
    let result = found.tree?["results"]?.items.first
    #expect(result?["accepted"]?.bool == false && result?["integration"]?.string == "chat/slack[0]")
    let none = try await ports.ask(
      "/api/hvsmon/v1/notify-test",
      [("receiver", "chats")],
      method: "POST"
    )
    #expect(none.status == 404)
    #expect(none.tree?["error"]?.string?.contains("there are chat, pager") == true)
    #expect(try await ports.ask("/api/hvsmon/v1/notify-test", method: "POST").status == 400)
  }

  @Test func `a reload is noted with who asked for it`() async throws {
    _ = try await ports.ask("/-/reload", method: "POST")
    #expect(alerts.state.withLock { $0.senders } == ["tester refused"])
  }
}
