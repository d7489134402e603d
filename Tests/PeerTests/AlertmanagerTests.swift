// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import TestSupport
import Testing

/// amtool and Prometheus speak to hvsmon as to an Alertmanager, and hvsmon to Alertmanagers.
@Suite(.serialized, .enabled(if: Peers.has(Peers.amtool) && Peers.has(Peers.alertmanager)))
struct AlertmanagerTests {
  private let client = HTTPClient(userAgent: "test")

  /// A monitor with one receiver that nobody listens at.
  private func monitor(_ sections: String = "", rules: String? = nil) async throws -> RunningMonitor
  {
    try await RunningMonitor(
      sections: """
        notifications:
          route: {receiver: hook, routes: [{matchers: ['tier="x"'], receiver: other}]}
          receivers:
            - {name: hook, webhook: [{url: "http://127.0.0.1:\(FreePort.next())/"}]}
            - {name: other}
        \(sections)
        """,
      rules: rules,
      client: client
    )
  }

  private func amtool(_ port: UInt16, _ words: String...) async throws -> String {
    let tool = try ChildProcess(
      Peers.amtool,
      ["--alertmanager.url=http://127.0.0.1:\(port)"] + words
    )
    let exit = try await tool.waitForExit(timeout: .seconds(30))
    #expect(exit == .code(0), "\(words): \(tool.output)\(tool.errorOutput)")
    return tool.output
  }

  @Test func `amtool adds and queries alerts`() async throws {
    let monitor = try await monitor()
    #expect(try await monitor.waits(for: "up{job='hvsmon'}", toBe: "1"))
    _ = try await amtool(
      monitor.port,
      "alert",
      "add",
      "alertname=Odd",
      "node=n1",
      "--annotation=summary=it is odd"
    )
    let found = try await amtool(monitor.port, "alert", "query", "alertname=Odd", "-o", "extended")
    #expect(found.contains("alertname=\"Odd\"") && found.contains("summary=\"it is odd\""))
    #expect(found.contains("active"))
    #expect(try await !amtool(monitor.port, "alert", "query", "node=n2").contains("Odd"))
    let status = try await amtool(monitor.port, "config", "show")
    #expect(status.contains("receiver: \"hook\""), "\(status)")
    let route = try await amtool(monitor.port, "config", "routes", "test", "tier=x")
    #expect(route.contains("other"), "\(route)")
    #expect(try await monitor.stop() < .seconds(5))
  }

  @Test func `amtool makes, queries, changes and ends silences`() async throws {
    let monitor = try await monitor()
    #expect(try await monitor.waits(for: "up{job='hvsmon'}", toBe: "1"))
    _ = try await amtool(monitor.port, "alert", "add", "alertname=Odd", "node=n1")
    let id = try await amtool(
      monitor.port,
      "silence",
      "add",
      "alertname=Odd",
      "node=~n.*",
      "--author=ann",
      "--comment=because",
      "--duration=2h"
    ).trimmedEnd
    let silenced = try await amtool(monitor.port, "alert", "query", "--silenced", "-o", "json")
    #expect(silenced.contains(id), "\(silenced)")
    #expect(silenced.contains("\"state\":\"suppressed\""))
    let list = try await amtool(monitor.port, "silence", "query", "-o", "extended")
    #expect(list.contains(id) && list.contains("ann") && list.contains("because"))
    #expect(list.contains("node=~\"n.*\""))
    _ = try await amtool(monitor.port, "silence", "update", "--duration=3h", "--comment=longer", id)
    let updated = try await amtool(monitor.port, "silence", "query", "-o", "extended")
    #expect(updated.contains("longer"), "\(updated)")
    let ids = try await amtool(monitor.port, "silence", "query", "-q").split(separator: "\n")
    for id in ids { _ = try await amtool(monitor.port, "silence", "expire", String(id)) }
    #expect(try await amtool(monitor.port, "silence", "query", "-q").trimmedEnd.isEmpty)
    let expired = try await amtool(monitor.port, "silence", "query", "--expired", "-q")
    #expect(expired.contains(id))
    #expect(try await monitor.stop() < .seconds(5))
  }

  @Test func `alerts of a Prometheus fire here, and end when its do`() async throws {
    let monitor = try await monitor()
    let folder = try TemporaryFolder()
    let rules = try folder.write(
      "rules.yml",
      """
      groups:
        - name: g
          interval: 1s
          rules:
            - alert: FromPrometheus
              expr: up{job="nobody"} == 0
              labels: {severity: page}
              annotations: {summary: "{{ $labels.instance }} is down"}
      """
    )
    let prometheus = try await Prometheus(
      scraping: FreePort.next(),
      client: client,
      name: "nobody",
      sections: """
        rule_files: ["\(rules)"]
        alerting:
          alertmanagers: [{static_configs: [{targets: ["127.0.0.1:\(monitor.port)"]}]}]
        """
    )
    #expect(try await monitor.waits(for: "up{job='hvsmon'}", toBe: "1"))
    let isThere = await eventually(within: .seconds(30)) {
      let found = try? await self.amtool(monitor.port, "alert", "query", "-o", "json")
      return found?.contains("FromPrometheus") == true
    }
    #expect(isThere)
    let url = "http://127.0.0.1:\(monitor.port)/api/hvsmon/v1/explain?alert=FromPrometheus"
    let explained = try JSONReader.read(try await client.send(HTTPRequest(url: url)).body)
    let alert = explained["alerts"]?.items.first
    #expect(alert?["postedBy"]?.string?.isEmpty == false)
    #expect(alert?["sourceURL"]?.string?.contains("/graph?g0.expr=") == true)
    #expect(alert?["annotations"]?["summary"]?.string?.hasSuffix("is down") == true)
    #expect(alert?["destinations"]?.items.first?["receiver"]?.string == "hook")
    _ = try await prometheus.stop()
    #expect(try await monitor.stop() < .seconds(5))
  }

  @Test func `every member of an Alertmanager cluster hears of alerts, also one that was away`()
    async throws
  {
    guard try await Alertmanager.canStart() else { return }
    let first = try await Alertmanager(port: FreePort.next(), client: client)
    let latePort = FreePort.next()
    let folder = try TemporaryFolder()
    let rules = try folder.write(
      "rules.yml",
      """
      groups:
        - name: g
          interval: 1s
          rules:
            - alert: Many
              expr: label_replace(vector(1), "n", "$1", "__name__", "(.*)")
              labels: {severity: page}
              annotations: {summary: "so"}
            - {alert: Ends, expr: vector(time()) < \(Int(Date().timeIntervalSince1970) + 12)}
      """
    )
    let monitor = try await RunningMonitor(
      sections: """
        cluster: {name: lab}
        notifications:
          external_url: http://hvsmon.test
          alertmanagers:
            - {url: "http://127.0.0.1:\(first.port)"}
            - {url: "http://127.0.0.1:\(latePort)/"}
        """,
      rules: rules,
      client: client
    )
    #expect(try await first.waits(for: "Many"))
    let alert = try #require(try await first.alerts().first { $0.name == "Many" })
    #expect(alert.tree["labels"]?["cluster"]?.string == "lab")
    #expect(alert.tree["annotations"]?["summary"]?.string == "so")
    #expect(
      alert.tree["generatorURL"]?.string?.hasPrefix("http://hvsmon.test/graph?query=") == true
    )
    // It lives four minutes from the time it was told.
    let left = (alert.end - Timestamp(unixSeconds: Date().timeIntervalSince1970)).inSeconds
    #expect(left > 170 && left <= 240, "\(left)")
    let late = try await Alertmanager(port: latePort, client: client)
    #expect(try await late.waits(for: "Many"))
    let isOver = try await eventually(within: .seconds(30)) {
      try await !first.alerts().contains { $0.name == "Ends" }
    }
    #expect(isOver)
    let sent =
      "hvsmon_alertmanager_alerts_sent_total{alertmanager='127.0.0.1:\(latePort)'} > bool 0"
    #expect(try await monitor.waits(for: sent, toBe: "1"))
    #expect(try await monitor.stop() < .seconds(5))
    _ = try await first.stop()
    _ = try await late.stop()
  }
}

/// Debian's Alertmanager on loopback, alone.
struct Alertmanager {
  struct Found {
    let tree: JSONTree
    var name: String { tree["labels"]?["alertname"]?.string ?? "" }
    var end: Timestamp { tree["endsAt"]?.string.flatMap { Timestamp(rfc3339: $0) } ?? .epoch }
  }

  let port: UInt16
  private let folder: TemporaryFolder
  private let process: ChildProcess
  private let client: HTTPClient

  init(port: UInt16, client: HTTPClient) async throws {
    self.port = port
    self.client = client
    folder = try TemporaryFolder()
    let config = try folder.write(
      "alertmanager.yml",
      "route: {receiver: none}\nreceivers: [{name: none}]\n"
    )
    process = try ChildProcess(
      "/usr/bin/unshare",
      Self.separation + [
        Peers.alertmanager, "--config.file=\(config)", "--storage.path=\(folder.file("data"))",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
      ]
    )
  }

  /// Debian's program wants its templates at a fixed place, where they are not, as it is unpacked and
  /// not installed: it gets a view of its own of the file system.
  private static let separation = [
    "-rm", "sh", "-c",
    "mount -t tmpfs none /usr/share && mkdir -p /usr/share/prometheus/alertmanager "
      + "&& cp \"$0\"/*.tmpl /usr/share/prometheus/alertmanager/ && exec \"$@\"",
    "\(Peers.root)/.peers/usr/share/prometheus/alertmanager",
  ]

  /// The system allows such views; says so when it does not.
  static func canStart() async throws -> Bool {
    let trial = try ChildProcess("/usr/bin/unshare", separation + ["true"])
    let isAllowed = try await trial.waitForExit(timeout: .seconds(30)) == .code(0)
    if !isAllowed { print("skipped: Alertmanager cannot be given its templates here") }
    return isAllowed
  }

  func alerts() async throws -> [Found] {
    let url = "http://127.0.0.1:\(port)/api/v2/alerts"
    return try JSONReader.read(try await client.send(HTTPRequest(url: url)).body).items
      .map { Found(tree: $0) }
  }

  func waits(for name: String) async throws -> Bool {
    await eventually(within: .seconds(40)) {
      (try? await alerts().contains { $0.name == name }) == true
    }
  }

  func stop() async throws -> ChildProcess.Exit { try await process.terminate() }
}

extension String {
  /// The text without the line end at its end.
  fileprivate var trimmedEnd: String {
    String(reversed().drop { $0.isWhitespace }.reversed())
  }
}
