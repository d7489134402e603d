// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import TestSupport
import Testing

@testable import Daemon

/// Silences, acknowledgements, posted alerts and explanations of a running monitor, over HTTP.
@Suite struct AlertAPITests {
  private static let rules = """
    groups:
      - name: test
        interval: 1s
        rules:
          - alert: Always
            expr: vector(7)
            labels: {severity: warning, tier: app}
            annotations: {summary: "it is always so"}
          - {alert: Later, expr: vector(1), for: 1h}
    """

  private static let tokens = """
    auth: {tokens: [{name: reader, role: read, token: "readreadreadread"}, \
    {name: poster, role: write, token: "postpostpostpost"}, \
    {name: ann, role: operate, token: "operateoperateop"}]}
    """

  /// A monitor that tells a webhook.
  private struct Scene {
    let harness: MonitorHarness
    let hook: WebhookSink
    let monitor: Monitor

    init(rules: String = AlertAPITests.rules, http: String = "") async throws {
      harness = try MonitorHarness()
      hook = try WebhookSink()
      try harness.writeSettings(hook.section, rules: rules, http: http)
      monitor = try await Monitor.start(harness.plan)
    }

    func ask(
      _ path: String,
      _ method: String = "GET",
      _ body: String = "",
      token: String? = nil
    ) async throws -> (status: Int, tree: JSONTree?, text: String) {
      var request = HTTPRequest(
        method: method,
        url: "http://127.0.0.1:\(monitor.port)\(path)",
        body: Array(body.utf8)
      )
      request.headers["Content-Type"] = "application/json"
      if let token { request.headers["Authorization"] = "Bearer \(token)" }
      let response = try await harness.client.send(request)
      return (response.status, try? JSONReader.read(response.body), response.text)
    }

    /// The messages about an alert.
    func told(_ name: String) -> [String] {
      hook.payloads.filter { $0.alerts.contains { $0.labels["alertname"] == name } }
        .map(\.status)
    }

    func restarted() async throws -> Monitor {
      await monitor.stop(grace: .seconds(1))
      return try await Monitor.start(harness.plan)
    }

    func close() async {
      await monitor.stop(grace: .seconds(1))
      await hook.stop()
    }
  }

  private static func silence(_ matcher: String, hours: Double = 1) -> String {
    let now = Timestamp(unixSeconds: Double(Date().timeIntervalSince1970))
    let end = (now + .seconds(3_600 * hours)).rfc3339Text
    return """
      {"matchers":[{"name":"alertname","value":"\(matcher)","isRegex":false}],\
      "startsAt":"\(now.rfc3339Text)","endsAt":"\(end)","createdBy":"ann","comment":"test"}
      """
  }

  @Test func `an alert is explained with its rule, route, group and the answer to its message`()
    async throws
  {
    let scene = try await Scene()
    #expect(await eventually { scene.told("Always") == ["firing"] })
    let path = "/api/hvsmon/v1/explain?alert=Always"
    let isSent = try await eventually {
      try await scene.ask(path).tree?["alerts"]?.items.first?["sends"]?.items.isEmpty == false
    }
    #expect(isSent)
    let alert = try #require(try await scene.ask(path).tree?["alerts"]?.items.first)
    #expect(alert["rule"]?["group"]?.string == "test" && alert["value"]?.double == 7)
    #expect(alert["rule"]?["expression"]?.string == "vector(7)")
    #expect(alert["state"]?.string == "firing" && alert["isTold"]?.bool == true)
    #expect(alert["destinations"]?.items.first?["toldTo"]?.items == [.text("hook/webhook[0]")])
    let send = alert["sends"]?.items.first
    #expect(send?["outcome"]?.string == "accepted" && send?["answer"]?.string == "accepted")
    #expect(send?["integration"]?.string == "hook/webhook[0]")
    let pending = try await scene.ask("/api/hvsmon/v1/explain?alert=Later")
    #expect(pending.tree?["alerts"]?.items.first?["state"]?.string == "pending")
    let delay = try await scene.harness.waits(
      for: "hvsmon_notification_delay_seconds{",
      "hook",
      on: scene.monitor
    )
    #expect(delay)
    await scene.close()
  }

  @Test
  func
    `an alert that comes and goes is told as flapping, explained and counted, over a restart too`()
    async throws
  {
    let scene = try await Scene()
    for number in 0..<6 {
      let isEnd = number % 2 == 1
      let begin = Timestamp(unixSeconds: Double(Date().timeIntervalSince1970))
      let end = (begin + .seconds(isEnd ? 0 : 3_600)).rfc3339Text
      let start = isEnd ? "" : ",\"startsAt\":\"\(begin.rfc3339Text)\""
      let body = "[{\"labels\":{\"alertname\":\"Odd\"},\"endsAt\":\"\(end)\"\(start)}]"
      #expect(try await scene.ask("/api/v2/alerts", "POST", body).status == 200)
    }
    let path = "/api/hvsmon/v1/explain?alert=Odd"
    let isFlapping = try await eventually {
      let alert = try await scene.ask(path).tree?["alerts"]?.items.first
      return alert?["state"]?.string == "flapping" && alert?["flapping"]?["changes"]?.int == 6
    }
    #expect(isFlapping)
    #expect(await eventually { !scene.told("Odd").isEmpty })
    let counted = try await scene.harness.waits(
      for: "hvsmon_alerts_flapping",
      " 1",
      on: scene.monitor
    )
    #expect(counted)
    let messages = scene.told("Odd")
    let monitor = try await scene.restarted()
    let again = try await eventually {
      try await scene.harness.get(path, of: monitor).text.contains("\"state\":\"flapping\"")
    }
    #expect(again)
    #expect(scene.told("Odd") == messages)
    await monitor.stop(grace: .seconds(1))
    await scene.close()
  }

  @Test func `a silence holds messages back, over a restart too, and its end tells`() async throws {
    let scene = try await Scene(
      rules: Self.rules.replacing("for: 1h", with: "for: 3s")
    )
    let made = try await scene.ask("/api/v2/silences", "POST", Self.silence("Later"))
    let id = try #require(made.tree?["silenceID"]?.string, "\(made.text)")
    let isSilenced = try await eventually {
      let found = try await scene.ask("/api/v2/alerts?filter=alertname%3DLater")
      return found.tree?.items.first?["status"]?["silencedBy"]?.items == [.text(id)]
    }
    #expect(isSilenced)
    let monitor = try await scene.restarted()
    let again = try await scene.harness.get("/api/v2/silence/\(id)", of: monitor)
    #expect(again.text.contains("\"state\":\"active\""))
    #expect(scene.told("Later").isEmpty)
    let url = "http://127.0.0.1:\(monitor.port)/api/v2/silence/\(id)"
    let ended = try await scene.harness.client.send(HTTPRequest(method: "DELETE", url: url))
    #expect(ended.status == 200)
    #expect(await eventually { scene.told("Later") == ["firing"] })
    let audit = try await scene.harness.get("/api/hvsmon/v1/audit", of: monitor)
    let entries = try JSONReader.read(audit.body)["entries"]?.items ?? []
    #expect(entries.map { $0["action"]?.string } == ["silence_expired", "silence_made"])
    #expect(entries.last?["detail"]?.string?.contains("alertname=\"Later\"") == true)
    await monitor.stop(grace: .seconds(1))
    await scene.hook.stop()
  }

  @Test func `posted alerts join the planner beside those of rules and end by themselves`()
    async throws
  {
    let scene = try await Scene()
    let end = Timestamp(unixSeconds: Date().timeIntervalSince1970 + 3).rfc3339Text
    let body = """
      [{"labels":{"alertname":"Posted","tier":"x"},"annotations":{"summary":"s"},\
      "endsAt":"\(end)","generatorURL":"http://prometheus.test/graph"}]
      """
    #expect(try await scene.ask("/api/v2/alerts", "POST", body).status == 200)
    #expect(await eventually { scene.told("Posted") == ["firing"] })
    let found = try await scene.ask("/api/hvsmon/v1/explain?alert=Posted")
    let alert = found.tree?["alerts"]?.items.first
    #expect(alert?["postedBy"]?.string == "without a token, from 127.0.0.1", "\(found.text)")
    #expect(alert?["sourceURL"]?.string == "http://prometheus.test/graph")
    let groups = try await scene.ask("/api/v2/alerts/groups")
    #expect(groups.tree?.items.contains { $0["labels"]?["alertname"]?.string == "Posted" } == true)
    #expect(
      await eventually(within: .seconds(15)) { scene.told("Posted") == ["firing", "resolved"] }
    )
    await scene.close()
  }

  @Test func `roles are kept: reading, posting alerts, and saying something of them`() async throws
  {
    let scene = try await Scene(http: Self.tokens)
    let alert = #"[{"labels":{"alertname":"A"}}]"#
    let silence = Self.silence("A")
    let cases: [(String, String, String, [String: Int])] = [
      ("/api/v2/alerts", "GET", "", ["reader": 200, "poster": 200, "operator": 200]),
      ("/api/v2/alerts", "POST", alert, ["reader": 403, "poster": 200, "operator": 200]),
      ("/api/v2/silences", "POST", silence, ["reader": 403, "poster": 403, "operator": 200]),
      (
        "/api/hvsmon/v1/ack?alert=A", "POST", "",
        ["reader": 403, "poster": 403, "operator": 200]
      ),
      (
        "/api/hvsmon/v1/notify-test?receiver=none", "POST", "",
        ["reader": 403, "poster": 403, "operator": 404]
      ),
      ("/api/hvsmon/v1/audit", "GET", "", ["reader": 200, "poster": 200, "operator": 200]),
    ]
    let secrets = [
      "reader": "readreadreadread", "poster": "postpostpostpost", "operator": "operateoperateop",
    ]
    for (path, method, body, wanted) in cases {
      #expect(try await scene.ask(path, method, body).status == 401, "\(path)")
      for role in ["reader", "poster", "operator"] {
        let answer = try await scene.ask(path, method, body, token: secrets[role])
        #expect(answer.status == wanted[role], "\(method) \(path) \(role): \(answer.text)")
      }
    }
    let audit = try await scene.ask("/api/hvsmon/v1/audit", token: secrets["reader"])
    let writers = Set((audit.tree?["entries"]?.items ?? []).compactMap { $0["by"]?.string })
    #expect(writers == ["ann", "poster"], "\(audit.text)")
    await scene.close()
  }

  @Test func `a receiver is tested past all silences, and says what the service answered`()
    async throws
  {
    let scene = try await Scene()
    let tested = try await scene.ask("/api/hvsmon/v1/notify-test?receiver=hook", "POST")
    let result = tested.tree?["results"]?.items.first
    #expect(result?["accepted"]?.bool == true, "\(tested.text)")
    #expect(scene.told("NotifyTest") == ["firing", "resolved"])
    await scene.hook.stop()
    let failed = try await scene.ask("/api/hvsmon/v1/notify-test?receiver=hook", "POST")
    let reason = failed.tree?["results"]?.items.first?["answer"]?.string ?? ""
    #expect(reason.contains("refused the connection") && !reason.contains("/hook"), "\(reason)")
    await scene.monitor.stop(grace: .seconds(1))
  }

  @Test func `an acknowledged alert says who works on it, until it has ended`() async throws {
    let scene = try await Scene()
    let post = #"[{"labels":{"alertname":"Posted"}}]"#
    _ = try await scene.ask("/api/v2/alerts", "POST", post)
    let made = try await scene.ask(
      "/api/hvsmon/v1/ack?alert=Posted&by=ann&comment=on%20it",
      "POST"
    )
    #expect(made.status == 200, "\(made.text)")
    let explained = try await scene.ask("/api/hvsmon/v1/explain?alert=Posted")
    let note = explained.tree?["alerts"]?.items.first?["acknowledged"]
    #expect(note?["by"]?.string == "ann" && note?["comment"]?.string == "on it")
    let end = Timestamp(unixSeconds: Date().timeIntervalSince1970).rfc3339Text
    let over = #"[{"labels":{"alertname":"Posted"},"endsAt":"\#(end)"}]"#
    _ = try await scene.ask("/api/v2/alerts", "POST", over)
    _ = try await scene.ask("/api/v2/alerts", "POST", post)
    let anew = try await scene.ask("/api/hvsmon/v1/explain?alert=Posted")
    #expect(anew.tree?["alerts"]?.items.first?["acknowledged"] == nil, "\(anew.text)")
    await scene.close()
  }
}
