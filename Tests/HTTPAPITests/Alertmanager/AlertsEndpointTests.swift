// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying
import Rules
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/v2/alerts` and its neighbours, without a socket.
@Suite struct AlertsEndpointTests {
  private static let cause = LabelSet(["alertname": "NodeDown", "node": "n1"])

  private let alerts = StandInAlerts([
    StandInAlerts.report("Plain", ["tier": "app"]),
    StandInAlerts.report("Silenced", quiet: quiet { $0.silences = ["s1"] }),
    StandInAlerts.report(
      "Inhibited",
      quiet: quiet { $0.inhibitors = [Inhibitor(rule: "r", source: cause)] }
    ),
    StandInAlerts.report("Held", standing: .held(by: cause)),
    StandInAlerts.report("New", standing: .asking(until: Timestamp(unixSeconds: 130))),
    StandInAlerts.report("Posted", postedBy: "prometheus"),
  ])

  private var ports: APIPorts { .standIn(alerts: alerts.ports) }

  private static func quiet(_ change: (inout QuietReasons) -> Void) -> QuietReasons {
    var reasons = QuietReasons()
    change(&reasons)
    return reasons
  }

  private func names(_ parameters: (String, String)...) async throws -> Set<String> {
    let found = try await ports.ask("/api/v2/alerts", parameters)
    #expect(found.status == 200, "\(found.text)")
    return Set(found.tree?.items.compactMap { $0["labels"]?["alertname"]?.string } ?? [])
  }

  @Test func `an alert has every member that Alertmanager's clients read`() async throws {
    let found = try await ports.ask("/api/v2/alerts", [("filter", "alertname=\"Plain\"")])
    let alert = try #require(found.tree?.items.first)
    #expect(alert["annotations"]?["summary"]?.string == "Plain is so")
    #expect(alert["startsAt"]?.string == "1970-01-01T00:01:00Z")
    #expect(alert["endsAt"]?.string == "1970-01-01T00:05:50Z")
    #expect(alert["updatedAt"]?.string == "1970-01-01T00:01:50Z")
    #expect(alert["fingerprint"]?.string?.utf8.count == 16)
    #expect(alert["receivers"]?.items.map { $0["name"]?.string } == ["chat"])
    #expect(alert["status"]?["state"]?.string == "active")
    #expect(alert["status"]?["silencedBy"] == .list([]))
    #expect(alert["status"]?["inhibitedBy"] == .list([]))
    #expect(alert["generatorURL"] == nil)
    let posted = try await ports.ask("/api/v2/alerts", [("filter", "alertname=Posted")])
    #expect(posted.tree?.items.first?["generatorURL"]?.string == "http://prometheus.test/graph")
  }

  @Test func `states are told apart, and each can be left out`() async throws {
    let all = try await ports.ask("/api/v2/alerts")
    let states = Dictionary(
      uniqueKeysWithValues: (all.tree?.items ?? []).map {
        ($0["labels"]?["alertname"]?.string ?? "", $0["status"]?["state"]?.string ?? "")
      }
    )
    #expect(
      states == [
        "Plain": "active", "Silenced": "suppressed", "Inhibited": "suppressed",
        "Held": "suppressed", "New": "unprocessed", "Posted": "active",
      ]
    )
    let prints = (all.tree?.items ?? []).compactMap { $0["fingerprint"]?.string }
    #expect(prints == prints.sorted() && prints.count == 6)
    let held = try await ports.ask("/api/v2/alerts", [("filter", "alertname=Held")])
    #expect(
      held.tree?.items.first?["status"]?["inhibitedBy"]?.items.map(\.string)
        == [Self.cause.fingerprint]
    )
    #expect(
      try await names(("silenced", "false")) == [
        "Plain", "Inhibited", "Held", "New", "Posted",
      ]
    )
    #expect(
      try await names(("inhibited", "false")) == ["Plain", "Silenced", "New", "Posted"]
    )
    #expect(try await names(("active", "false"), ("unprocessed", "false")).count == 3)
    #expect(try await names(("filter", "tier=~\"a.+\""), ("filter", "alertname!=X")) == ["Plain"])
    #expect(try await names(("receiver", "ch.*")).count == 6)
    #expect(try await names(("receiver", "ch")).isEmpty)
  }

  @Test func `groups hold their alerts, receiver and labels`() async throws {
    let found = try await ports.ask("/api/v2/alerts/groups", [("silenced", "false")])
    #expect(found.tree?.items.count == 5)
    let first = try #require(found.tree?.items.first)
    #expect(first["labels"]?["alertname"]?.string == "Held")
    #expect(first["receiver"]?["name"]?.string == "chat")
    #expect(first["alerts"]?.items.count == 1)
  }

  @Test func `what cannot be asked for is refused in Alertmanager's form`() async throws {
    let filter = try await ports.ask("/api/v2/alerts", [("filter", "a b")])
    #expect(filter.status == 400)
    #expect(filter.tree?.string?.hasPrefix("bad matcher format: a b") == true)
    let receiver = try await ports.ask("/api/v2/alerts", [("receiver", "(")])
    #expect(receiver.status == 400 && receiver.tree?.string != nil)
    let flag = try await ports.ask("/api/v2/alerts", [("active", "maybe")])
    #expect(flag.status == 422 && flag.tree?["code"]?.int == 601)
  }

  @Test func `status and receivers answer`() async throws {
    let status = try await ports.ask("/api/v2/status")
    #expect(status.tree?["cluster"]?["status"]?.string == "disabled")
    #expect(status.tree?["config"]?["original"]?.string == "route:\n  receiver: \"chat\"\n")
    #expect(status.tree?["versionInfo"]?["version"]?.string == "0.25.0")
    #expect(status.tree?["uptime"]?.string == "1970-01-01T00:01:00Z")
    let receivers = try await ports.ask("/api/v2/receivers")
    #expect(receivers.text == #"[{"name":"chat"},{"name":"pager"}]"#)
  }

  @Test func `posted alerts are taken with the name of their sender`() async throws {
    let body = """
      [{"labels":{"alertname":"A","empty":""},"annotations":{"summary":"s"},
      "startsAt":"2026-01-02T03:04:05.678Z","endsAt":"0001-01-01T00:00:00.000Z",
      "generatorURL":"http://p/graph"},{"labels":{"alertname":"B"}}]
      """
    let answer = try await ports.ask("/api/v2/alerts", method: "POST", body: body)
    #expect(answer.status == 200 && answer.text.isEmpty)
    let (posted, senders) = alerts.state.withLock { ($0.posted, $0.senders) }
    #expect(senders == ["tester"])
    #expect(posted.map { $0.labels["alertname"] } == ["A", "B"])
    #expect(posted[0].labels["empty"] == nil && posted[0].endsAt == nil)
    #expect(posted[0].startsAt == Timestamp(rfc3339: "2026-01-02T03:04:05.678Z"))
    #expect(posted[0].sourceURL == "http://p/graph" && posted[1].startsAt == nil)
  }

  @Test func `a body that is none is refused, and faults of some alerts are told`() async throws {
    let bodies = [
      ("", 422), ("{", 400), ("{}", 400), ("[1]", 400), ("[{}]", 422),
      (#"[{"labels":{"a":1}}]"#, 400), (#"[{"labels":{"a":"b","a":"c"}}]"#, 400),
      (#"[{"labels":{"a":"b"},"startsAt":"yesterday"}]"#, 400),
      (#"[{"labels":{"a":"b"},"endsAt":5}]"#, 400),
    ]
    for (body, status) in bodies {
      let answer = try await ports.ask("/api/v2/alerts", method: "POST", body: body)
      #expect(answer.status == status, "\(body): \(answer.text)")
      #expect(answer.tree?["message"]?.string?.isEmpty == false, "\(body)")
    }
    #expect(alerts.state.withLock { $0.posted }.isEmpty)
    alerts.state.withLock { $0.faults = (0..<12).map { "fault \($0)" } }
    let answer = try await ports.ask("/api/v2/alerts", method: "POST", body: "[]")
    #expect(answer.status == 400)
    #expect(answer.tree?.string?.hasSuffix("fault 9; and 2 more") == true)
  }

  @Test func `bodies that were changed at random are taken or refused, never more`() async throws {
    let bodies = [
      #"[{"labels":{"alertname":"A"},"annotations":{"s":"t"},"startsAt":"2026-01-02T03:04:05Z"}]"#,
      #"{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2026-01-02T03:04:05Z","endsAt":"2036-01-02T03:04:05Z","createdBy":"a","comment":"c"}"#,
    ]
    await Mutation.run(bodies.map { Array($0.utf8) }, seed: 72, standard: 5_000) {
      bytes,
      place in
      do throws(AlertmanagerRefusal) {
        let tree = try ServerRequest(method: "POST", path: "/", body: bytes).json()
        if place == 0 {
          for item in tree.items { _ = try PostedAlert(item, path: "") }
        } else {
          _ = try SilenceDraft(tree)
        }
      } catch {
        #expect([400, 422].contains(error.status) && !error.message.isEmpty, "\(bytes)")
      }
    }
  }
}
