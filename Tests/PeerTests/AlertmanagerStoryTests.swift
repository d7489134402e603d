// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import MetricModel
import Net
import Notifying
import Patterns
import Receivers
import Rules
import Synchronization
import TestSupport
import Testing

/// The same stories, told by a real Alertmanager and by hvsmon's planner and webhook receiver.
@Suite(.serialized, .enabled(if: Peers.has(Peers.alertmanager))) struct AlertmanagerStoryTests {
  private let client = HTTPClient(userAgent: "test")
  /// How long after its last event a story may still be told.
  private let patience = 5.0

  @Test func `hvsmon tells the same groups in the same order with the same ends`() async throws {
    let sink = try StorySink()
    let alertmanager = try await ToldAlertmanager(settings(of: "am", sink, "url"), client: client)
    async let theirs: Void = tellInTime(alertmanager)
    try await tellByPlanner(sink)
    try await theirs
    let (ours, others) = (sink.messages(of: "hv"), sink.messages(of: "am"))
    var lacking: [String] = []
    for (index, story) in AlertmanagerStory.all.enumerated() {
      let name = Self.label(index)
      let (mine, peers) = (told(ours, in: name, story), told(others, in: name, story))
      if mine != peers, isPart(peers, of: mine) {
        lacking.append(story.name)
      } else {
        #expect(mine == peers, "\(story.name)")
      }
    }
    // On a busy machine one or two of Alertmanager's fifty messages did not come: what it told must
    // be what hvsmon told, in that order, and all of it in nearly every story.
    #expect(lacking.count <= 2, "\(lacking): \(alertmanager.complaints)")
    print("Alertmanager: no message in \(lacking); it says \(alertmanager.complaints)")
    print("Alertmanager: \(AlertmanagerStory.all.count) stories, \(others.count) of its messages")
    #expect(others.count > 30)
    _ = try await alertmanager.stop()
    await sink.stop()
  }

  /// Every group of `some` is one of `all`, and says the same in the same order, less some messages.
  private func isPart(_ some: [String: [String]], of all: [String: [String]]) -> Bool {
    some.allSatisfy { group, lines in
      var rest = (all[group] ?? [])[...]
      return lines.allSatisfy { line in
        guard let index = rest.firstIndex(of: line) else { return false }
        rest = rest[(index + 1)...]
        return true
      }
    }
  }

  /// The value of the label `story`.
  private static func label(_ index: Int) -> String { "s\(index)" }

  /// What every group said, in order.
  private func told(
    _ messages: [StorySink.Message],
    in name: String,
    _ story: AlertmanagerStory
  ) -> [String: [String]] {
    var groups: [String: [String]] = [:]
    var known: [String: Set<String>] = [:]
    for message in messages where message.story == name {
      let group = "\(message.receiver) \(message.group)"
      var alerts = message.alerts
      if story.forgetsUntoldEnds {
        alerts.removeAll {
          $0.hasPrefix("-") && known[group]?.contains("\($0.dropFirst())") != true
        }
      }
      known[group, default: []].formUnion(alerts)
      let line = alerts.sorted().joined(separator: " ")
      if story.collapsesRepetitions, groups[group]?.last == line { continue }
      groups[group, default: []].append(line)
    }
    return groups
  }

  /// Both read this text, but for the key of a webhook's list.
  private func settings(of side: String, _ sink: StorySink, _ key: String) -> String {
    let list = side == "am" ? "webhook_configs" : "webhook"
    let receivers = ["main", "other", "third"].map { name in
      "  - {name: \(name), \(list): [{\(key): \"\(sink.url)/\(side)/\(name)\"}]}"
    }
    let routes = AlertmanagerStory.all.enumerated().map { index, story in
      "    - {matchers: [story=\"\(Self.label(index))\"], "
        + story.route.replacing("\n", with: "\n      ") + "}"
    }
    return """
      \(AlertmanagerStory.shared)
      route:
        receiver: main
        group_wait: 1s
        group_interval: 2s
        repeat_interval: 1h
        routes:
      \(routes.joined(separator: "\n"))
      receivers:
      \(receivers.joined(separator: "\n"))
      """
  }

  private func labels(_ text: String, _ index: Int) -> [String: String] {
    let words = text.split(separator: " ")
    var labels = ["alertname": String(words[0]), "story": Self.label(index)]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=")
      labels[String(parts[0])] = String(parts[1])
    }
    return labels
  }

  /// Every event of every story by its time.
  private var events: [(second: Double, story: Int, action: AlertmanagerStory.Action)] {
    AlertmanagerStory.all.enumerated().flatMap { index, story in
      story.events.map { (second: $0.0, story: index, action: $0.1) }
    }.sorted { $0.second < $1.second }
  }

  // MARK: Alertmanager

  private func tellInTime(_ alertmanager: ToldAlertmanager) async throws {
    let clock = ContinuousClock()
    let start = clock.now
    for second in Set(events.map(\.second)).sorted() {
      try await clock.sleep(until: start + .seconds(second))
      // One request for all: one after the other would take longer, on a busy machine, than the events
      // of a story lie apart, so that Alertmanager saw two of them as one.
      var alerts: [(labels: [String: String], ended: Bool)] = []
      for (_, index, action) in events.filter({ $0.second == second }) {
        switch action {
        case .fire(let text): alerts.append((labels(text, index), false))
        case .end(let text): alerts.append((labels(text, index), true))
        case .silence(let text, let end):
          try await alertmanager.silence(text, in: Self.label(index), for: end - second)
        }
      }
      if !alerts.isEmpty { try await alertmanager.post(alerts) }
    }
    let last = events.last?.second ?? 0
    try await clock.sleep(until: start + .seconds(last + patience))
  }

  // MARK: hvsmon

  private func tellByPlanner(_ sink: StorySink) async throws {
    let text =
      "notifications:\n"
      + settings(of: "hv", sink, "url").split(separator: "\n")
      .map { "  \($0)" }.joined(separator: "\n") + "\n  storm: {groups: 0}\n"
    let tree = SettingsTree(parsing: Array(text.utf8), file: "hvsmon.yml")
    let clock = ManualTimeSource(Timestamp(unixSeconds: 1_790_000_000))
    let services = ReceiverServices(client: client, clock: clock)
    let section = tree.root.section("notifications")
    let read = NotificationSettings.read(section, kinds: allReceiverKinds(services))
    #expect(tree.issues.map(\.description) == [])
    let settings = try #require(read)
    let integrations = Dictionary(uniqueKeysWithValues: settings.integrations.map { ($0.id, $0) })
    var planner = NotificationPlanner(settings: settings)
    var firing: [LabelSet: Alert] = [:]
    var silences: [Silence] = []
    let start = clock.now
    func step(_ ended: [Alert], at now: Timestamp) async throws {
      let alerts = Array(firing.values) + ended
      let plan = planner.step(alerts: alerts, silences: SilenceBook(silences), now: now)
      for notification in plan.notifications {
        let receiver = integrations[notification.integration]?.receiver
        _ = try await receiver?.deliver(notification, .first)
      }
    }
    let last = events.last?.second ?? 0
    for second in Set(events.map(\.second) + [last + patience]).sorted() {
      let now = start + .milliseconds(Int(second * 1_000))
      while let deadline = planner.nextDeadline, deadline < now { try await step([], at: deadline) }
      var ended: [Alert] = []
      for event in events where event.second == second {
        switch event.action {
        case .fire(let text):
          let labels = LabelSet(labels(text, event.story))
          firing[labels] = Alert(labels: labels, startsAt: now)
        case .end(let text):
          let removed = firing.removeValue(forKey: LabelSet(labels(text, event.story)))
          var alert = try #require(removed)
          alert.endsAt = now
          ended.append(alert)
        case .silence(let text, let end):
          silences.append(try silence(text, event.story, from: now, until: end, start))
        }
      }
      try await step(ended, at: now)
    }
  }

  private func silence(
    _ text: String,
    _ story: Int,
    from now: Timestamp,
    until end: Double,
    _ start: Timestamp
  ) throws -> Silence {
    let matchers = [
      try MatcherText.matcher(text), LabelMatcher("story", .equal, Self.label(story)),
    ]
    return Silence(
      id: "silence-\(story)",
      matchers: try matchers.map { try CompiledMatcher($0) },
      startsAt: now,
      endsAt: start + .milliseconds(Int(end * 1_000)),
      updatedAt: now
    )
  }
}

/// Takes the webhooks of both and keeps what they say.
private final class StorySink: Sendable {
  struct Message: Sendable {
    let side: String
    let receiver: String
    let story: String
    let group: String
    /// Names with `n` behind, and `-` before what ended.
    let alerts: [String]
  }

  private struct Payload: Decodable {
    struct Alert: Decodable {
      let status: String
      let labels: [String: String]
    }

    let groupLabels: [String: String]
    let alerts: [Alert]
  }

  private final class Box: Sendable {
    let messages = Mutex<[Message]>([])
  }

  private let box = Box()
  private let server: HTTPServer

  init() throws {
    let box = box
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: ["am", "hv"].flatMap { side in
        ["main", "other", "third"].map { receiver in
          HTTPRoute(["POST"], .exact("/\(side)/\(receiver)"), role: nil) { request in
            do {
              let payload = try JSONDecoder().decode(Payload.self, from: Data(request.body))
              let message = StorySink.message(payload, side, receiver)
              box.messages.withLock { $0.append(message) }
              return .text("")
            } catch {
              return .text("\(error)", status: 400)
            }
          }
        }
      }
    )
  }

  var url: String { "http://127.0.0.1:\(server.port)" }

  func messages(of side: String) -> [Message] {
    box.messages.withLock { $0.filter { $0.side == side } }
  }

  func stop() async { await server.stop(grace: .zero) }

  private static func message(_ payload: Payload, _ side: String, _ receiver: String) -> Message {
    let group = payload.groupLabels.filter { $0.key != "story" }
    return Message(
      side: side,
      receiver: receiver,
      story: payload.alerts.first?.labels["story"] ?? "",
      group: group.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " "),
      alerts: payload.alerts.map { alert in
        let name = (alert.labels["alertname"] ?? "") + (alert.labels["n"] ?? "")
        return alert.status == "resolved" ? "-\(name)" : name
      }
    )
  }
}

/// A running Alertmanager.
private struct ToldAlertmanager {
  private let port = FreePort.next()
  private let folder: TemporaryFolder
  private let process: ChildProcess
  private let client: HTTPClient

  init(_ settings: String, client: HTTPClient) async throws {
    self.client = client
    folder = try TemporaryFolder()
    // Debian's reads its templates from where the package would have installed them.
    let share = "\(Peers.root)/.peers/usr/share"
    let script = """
      [ -e /usr/share/prometheus/alertmanager/default.tmpl ] ||
        mount -t overlay overlay -o "lowerdir=\(share):/usr/share" /usr/share
      exec "$@"
      """
    process = try ChildProcess(
      "/usr/bin/unshare",
      [
        "-rm", "/bin/sh", "-c", script, "sh", Peers.alertmanager,
        "--config.file=\(try folder.write("alertmanager.yml", settings))",
        "--storage.path=\(folder.file("data"))",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
      ]
    )
    let url = "http://127.0.0.1:\(port)/-/ready"
    let isReady = await eventually(within: .seconds(30)) {
      do throws(HTTPClientError) {
        return try await client.send(HTTPRequest(url: url)).status == 200
      } catch {
        return false
      }
    }
    try #require(isReady, "\(process.errorOutput)")
  }

  func post(_ alerts: [(labels: [String: String], ended: Bool)]) async throws {
    let now = Timestamp(unixSeconds: Date().timeIntervalSince1970)
    let items = alerts.map { labels, ended in
      var alert = ["labels": json(labels), "endsAt": "\"\((now + .seconds(3_600)).rfc3339Text)\""]
      // Of an alert that is known Alertmanager keeps when it began.
      alert[ended ? "endsAt" : "startsAt"] = "\"\(now.rfc3339Text)\""
      return "{" + alert.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
    try await send("alerts", "[\(items.joined(separator: ","))]")
  }

  func silence(_ text: String, in story: String, for seconds: Double) async throws {
    let now = Timestamp(unixSeconds: Date().timeIntervalSince1970)
    let end = now + .milliseconds(Int(seconds * 1_000))
    let parts = text.split(separator: "=")
    let matchers = [(String(parts[0]), String(parts[1])), ("story", story)].map { name, value in
      "{\"name\":\"\(name)\",\"value\":\"\(value)\",\"isRegex\":false,\"isEqual\":true}"
    }
    try await send(
      "silences",
      "{\"matchers\":[\(matchers.joined(separator: ","))],\"createdBy\":\"t\",\"comment\":\"t\","
        + "\"startsAt\":\"\(now.rfc3339Text)\",\"endsAt\":\"\(end.rfc3339Text)\"}"
    )
  }

  /// The lines of its log that are warnings or worse.
  var complaints: [Substring] {
    process.errorOutput.split(separator: "\n").filter {
      $0.contains("level=warn") || $0.contains("level=error")
    }
  }

  func stop() async throws -> ChildProcess.Exit { try await process.terminate() }

  private func json(_ labels: [String: String]) -> String {
    "{" + labels.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",") + "}"
  }

  private func send(_ path: String, _ body: String) async throws {
    let answer = try await client.send(
      HTTPRequest(
        method: "POST",
        url: "http://127.0.0.1:\(port)/api/v2/\(path)",
        headers: ["Content-Type": "application/json"],
        body: Array(body.utf8)
      )
    )
    try #require(answer.status == 200, "\(path): \(answer.status) \(answer.text)")
  }
}
