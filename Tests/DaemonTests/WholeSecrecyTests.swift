// SPDX-License-Identifier: MIT
import Foundation
import HTTPAPI
import Logging
import MetricModel
import Net
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Daemon

/// Every secret that settings may hold, in every form in which peers repeat things, against all that
/// hvsmon shows, logs or writes.
@Suite struct WholeSecrecyTests {
  /// The secrets by what they are; each occurs nowhere else.
  private final class Secrets: Sendable {
    private let known = Mutex<[String: String]>([:])

    /// The secret of that name.
    subscript(_ name: String) -> String {
      known.withLock { known in
        if let found = known[name] { return found }
        let random = String(UInt64.random(in: .max / 2 ... .max), radix: 36)
        // Signs that percent-encoding and base64 change.
        let text = "\(name)+\(random)=Zq~9"
        known[name] = text
        return text
      }
    }

    var all: [String: String] { known.withLock { $0 } }
  }

  /// Answers everything with what it was sent, in several forms, and a refusal.
  private static func echo(_ request: ServerRequest) -> ServerResponse {
    var said = [request.path]
    said += request.query.map { "\($0.name)=\($0.value)" }
    for name in ["Authorization", "X-Gotify-Key", "X-Auth-Token", "X-Hvsmon-Signature"] {
      if let value = request.headers[name] { said.append(value) }
    }
    said.append(String(decoding: request.body.prefix(4_000), as: UTF8.self))
    let raw = said.joined(separator: " ")
    let encoded = URLText.encoded(raw)
    let base64 = Data(raw.utf8).base64EncodedString()
    return .text("no: \(raw)\n\(encoded)\n\(base64)", status: 404)
  }

  private static let rules = """
    groups:
      - name: test
        rules:
          - {alert: Always, expr: 'vector(7)', labels: {severity: page}}
    """

  private static func receivers(_ base: String, _ secrets: Secrets) -> String {
    """
        - name: \(base.hasSuffix(":1") ? "down" : "all")
          slack:
            - {webhook_url: "\(base)/services/\(secrets["slackHook"])"}
            - {bot_token: "\(secrets["slackToken"])", channel: C1, api_url: "\(base)/api"}
          discord: [{webhook_url: "\(base)/webhooks/1/\(secrets["discord"])"}]
          msteams: [{webhook_url: "\(base)/workflows/1?sig=\(secrets["teams"])"}]
          telegram: [{bot_token: "\(secrets["telegram"])", chat_id: -1, api_url: "\(base)"}]
          matrix:
            - {homeserver_url: "\(base)", access_token: "\(secrets["matrix"])", room_id: "!r:s"}
          googlechat:
            - {webhook_url: "\(base)/v1/m?key=\(secrets["googleKey"])&token=\(secrets["googleToken"])"}
          mattermost:
            - {webhook_url: "\(base)/hooks/\(secrets["mattermostHook"])"}
            - {url: "\(base)", bot_token: "\(secrets["mattermostToken"])", channel_id: c1}
          rocketchat:
            - {webhook_url: "\(base)/hooks/1/\(secrets["rocketHook"])"}
            - {url: "\(base)", auth_token: "\(secrets["rocketToken"])", user_id: u1, channel: "#a"}
          ntfy:
            - {url: "\(base)", topic: "\(secrets["ntfyTopic"])", token: "\(secrets["ntfyToken"])"}
            - {url: "\(base)", topic: odd, username: u, password: "\(secrets["ntfyPassword"])"}
          gotify: [{url: "\(base)", token: "\(secrets["gotify"])"}]
          pushover:
            - {api_url: "\(base)", token: "\(secrets["pushover"])", user_key: "\(secrets["pushUser"])"}
          pagerduty: [{url: "\(base)/v2/enqueue", routing_key: "\(secrets["pagerduty"])"}]
          opsgenie: [{api_url: "\(base)", api_key: "\(secrets["opsgenie"])"}]
          webhook:
            - url: "\(base)/hook/\(secrets["webhook"])"
              secret: "\(secrets["signature"])"
              headers: [{name: Authorization, value: "Bearer \(secrets["webhookHeader"])"}]
    """
  }

  private static func sections(_ base: String, _ secrets: Secrets) -> String {
    """
    architecture:
      nodes: [{name: n1, address: 127.0.0.1}]
      tiers:
        - name: database
          needs: majority
          members: [{name: m1, address: 127.0.0.1}]
          mongodb: {replica_set: rs0, port: 1}
    proxmox: {token_id: "a@pve!b", token_secret: "\(secrets["proxmox"])", port: 1}
    mongodb: {username: u, password: "\(secrets["mongodb"])"}
    peers:
      name: a
      wait: 2s
      token: "\(secrets["peers"])"
      instances:
        - {name: a, url: "http://127.0.0.1:1"}
        - {name: b, url: "\(base)"}
        - {name: c, url: "http://127.0.0.1:2"}
    exposition:
      - name: bearer
        urls: ["\(base)/metrics"]
        authorization: {credentials: "\(secrets["scrapeBearer"])"}
      - name: basic
        urls: ["http://127.0.0.1:1/metrics"]
        basic_auth: {username: u, password: "\(secrets["scrapePassword"])"}
    notifications:
      route:
        receiver: all
        group_wait: 0s
        routes: [{receiver: down, continue: true}, {receiver: all}]
      alertmanagers:
        - {url: "\(base)/am/\(secrets["alertmanagerPath"])", authorization: \
    {credentials: "\(secrets["alertmanagerBearer"])"}}
        - {url: "http://127.0.0.1:1/\(secrets["alertmanagerDown"])", basic_auth: \
    {username: u, password: "\(secrets["alertmanagerPassword"])"}}
      dead_mans_switch: {url: "\(base)/ping/\(secrets["ping"])", interval: 1m}
      receivers:
    \(receivers(base, secrets))
          email:
            - {to: a@example.org, from: b@example.org, smarthost: "127.0.0.1:1", \
    auth_username: u, auth_password: "\(secrets["mail"])"}
    \(receivers("http://127.0.0.1:1", secrets))
    """
  }

  /// The forms in which a text may stand somewhere.
  private static func forms(_ secret: String) -> [String] {
    var forms = [secret, URLText.encoded(secret)]
    for offset in 0..<3 {
      let bytes = [UInt8](repeating: 0, count: offset) + Array(secret.utf8)
      let text = Array(Data(bytes).base64EncodedString())
      // What depends on the neighbours is left out.
      forms.append(String(text[((offset * 8 + 5) / 6)..<(bytes.count * 8 / 6)]))
    }
    return forms
  }

  @Test func `a form of a text is found in what holds it at any place`() {
    for before in ["", "a", "ab", "abc"] {
      let all = Data("\(before)tok+5f1c2ad93b=x more".utf8).base64EncodedString()
      #expect(Self.forms("tok+5f1c2ad93b=x").dropFirst(2).contains { all.contains($0) })
    }
  }

  /// Of the alert that fires.
  private static let fingerprint = Alert(
    labels: LabelSet(["alertname": "Always", "severity": "page"]),
    startsAt: .epoch
  ).fingerprint

  private static let paths = [
    "/", "/wall", "/login", "/graph?query=up", "/graph/completions?query=hvsmon_",
    "/alert?id=\(fingerprint)", "/api/hvsmon/v1/timeline", "/metrics",
    "/federate?match[]=%7B__name__%3D~%22.%2B%22%7D", "/api/v1/targets",
    "/api/v1/rules", "/api/v1/alerts", "/api/v1/metadata", "/api/v1/labels",
    "/api/v1/alertmanagers", "/api/v1/status/config", "/api/v1/status/flags",
    "/api/v1/status/runtimeinfo", "/api/v1/status/buildinfo", "/api/v1/status/tsdb",
    "/api/v1/series?match[]=%7B__name__%3D~%22.%2B%22%7D", "/api/v1/label/instance/values",
    "/api/v1/query?query=%7B__name__%3D~%22.%2B%22%7D", "/api/v2/alerts", "/api/v2/alerts/groups",
    "/api/v2/silences", "/api/v2/status", "/api/v2/receivers", "/api/hvsmon/v1/snapshot",
    "/api/hvsmon/v1/topology", "/api/hvsmon/v1/explain", "/api/hvsmon/v1/explain?alert=Always",
    "/api/hvsmon/v1/audit", "/-/healthy", "/-/ready",
  ]

  @Test func `no secret in any form is in a log line, an answer, a file or a backup`() async throws
  {
    let secrets = Secrets()
    let harness = try MonitorHarness()
    let peer = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["GET", "HEAD", "POST", "PUT", "PATCH"], .prefix("/"), role: nil) { request in
          Self.echo(request)
        }
      ]
    )
    let base = "http://127.0.0.1:\(peer.port)"
    let token = secrets["apiToken"]
    try harness.writeSettings(
      Self.sections(base, secrets),
      rules: Self.rules,
      http: "auth: {tokens: [{name: a, role: operate, token: \"\(token)\"}]}"
    )
    let monitor = try await Monitor.start(harness.plan)
    // Every receiver that there is has been refused, and every one that is not there has failed.
    let kinds = [
      "slack[0]", "slack[1]", "discord[0]", "msteams[0]", "telegram[0]", "matrix[0]",
      "googlechat[0]", "mattermost[0]", "mattermost[1]", "rocketchat[0]", "rocketchat[1]",
      "ntfy[0]", "ntfy[1]", "gotify[0]", "pushover[0]", "pagerduty[0]", "opsgenie[0]", "webhook[0]",
    ]
    for kind in kinds {
      let isRefused = await eventually(within: .seconds(60)) {
        harness.hasLogged("is given up", "all/\(kind)")
      }
      let isFailing = await eventually(within: .seconds(60)) {
        harness.hasLogged("tried again", "down/\(kind)")
      }
      #expect(isRefused && isFailing, "\(kind)")
    }
    #expect(await eventually { harness.hasLogged("tried again", "all/email[0]") })
    for name in ["b", "c"] {
      let isUnreached = await eventually {
        harness.hasLogged("another instance cannot be reached", "peer=\(name)")
      }
      #expect(isUnreached)
    }
    var shown = harness.sink.lines
    shown += try await Self.answers(of: monitor, harness, token: token)
    let copies = try await HistoryBackup.write(
      to: harness.folder.file("backup.sqlite"),
      settings: harness.folder.file("hvsmon.yml"),
      loader: harness.plan.loader
    )
    #expect(copies.count == 2)
    await monitor.stop(grace: .seconds(2))
    await peer.stop(grace: .zero)
    shown += harness.sink.lines
    try Self.check(secrets, shown, harness)
  }

  /// What the monitor answers to everything that can be asked of it.
  private static func answers(
    of monitor: Monitor,
    _ harness: MonitorHarness,
    token: String
  ) async throws -> [String] {
    var shown: [String] = []
    for path in Self.paths {
      let answer = try await harness.get(path, of: monitor, token: token[...])
      #expect(answer.status < 500, "\(path)")
      shown.append("\(path) \(answer.status) \(answer.text)")
    }
    for path in [
      "/api/hvsmon/v1/notify-test?receiver=all", "/-/reload", "/login", "/alert/ack",
      "/api/hvsmon/v1/peer/exchange",
    ] {
      var request = HTTPRequest(
        method: "POST",
        url: "http://127.0.0.1:\(monitor.port)\(path)",
        timeout: .seconds(60)
      )
      request.headers["Authorization"] = "Bearer \(token)"
      let answer = try await harness.client.send(request)
      shown.append("\(path) \(answer.status) \(answer.text)")
    }
    shown.append(
      try await harness.get("/api/hvsmon/v1/audit", of: monitor, token: token[...]).text
    )
    return shown
  }

  /// No form of a secret is in a text, or in a file of the folder.
  private static func check(_ secrets: Secrets, _ shown: [String], _ harness: MonitorHarness) throws
  {
    #expect(
      secrets.all.count > 29 && shown.contains { $0.hasPrefix("/alert?id=\(fingerprint) 200") }
    )
    let files = try FileManager.default.contentsOfDirectory(atPath: harness.folder.path)
      .filter { $0.contains("sqlite") }
    #expect(files.count >= 4)
    for (name, secret) in secrets.all {
      for form in forms(secret) {
        for text in shown where text.contains(form) {
          Issue.record("\(name) is shown: \(text.prefix(300))")
        }
        for file in files {
          let bytes = try Data(contentsOf: URL(fileURLWithPath: harness.folder.file(file)))
          if bytes.range(of: Data(form.utf8)) != nil { Issue.record("\(name) is in \(file)") }
        }
      }
    }
  }
}
