// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct WebhookTests {
  private let two = [
    NotifiedAlert(nginxDown("web1"), isNew: true),
    NotifiedAlert(nginxDown("web2", endedAt: 60)),
  ]

  private func body(_ notification: AlertNotification, _ extra: String = "") async throws -> String
  {
    let peer = try Peer([.text("")])
    let (made, issues) = receiver("webhook", "{url: '\(peer.url)'\(extra)}")
    #expect(issues == [])
    #expect(await outcome(made, notification) == nil)
    return String(decoding: try #require(peer.requests.first).body, as: UTF8.self)
  }

  @Test func `the body is Alertmanager's version 4`() async throws {
    let expected = """
      {"receiver":"chat","status":"firing","alerts":[\
      {"status":"firing","labels":{"alertname":"NginxDown","instance":"web1",\
      "severity":"warning","tier":"lb"},"annotations":{"description":"Look at the error log.",\
      "summary":"nginx on web1 does not answer."},"startsAt":"2026-01-02T03:04:05.678Z",\
      "endsAt":"0001-01-01T00:00:00Z",\
      "generatorURL":"https://hvsmon.test/graph?query=up%20%3D%3D%200",\
      "fingerprint":"\(nginxDown("web1").fingerprint)"},\
      {"status":"resolved","labels":{"alertname":"NginxDown","instance":"web2",\
      "severity":"warning","tier":"lb"},"annotations":{"description":"Look at the error log.",\
      "summary":"nginx on web2 does not answer."},"startsAt":"2026-01-02T03:04:05.678Z",\
      "endsAt":"2026-01-02T03:05:05.678Z",\
      "generatorURL":"https://hvsmon.test/graph?query=up%20%3D%3D%200",\
      "fingerprint":"\(nginxDown("web2").fingerprint)"}],\
      "groupLabels":{"alertname":"NginxDown"},\
      "commonLabels":{"alertname":"NginxDown","severity":"warning","tier":"lb"},\
      "commonAnnotations":{"description":"Look at the error log."},\
      "externalURL":"https://hvsmon.test","version":"4",\
      "groupKey":"{}:{alertname=\\"NginxDown\\"}","truncatedAlerts":0}
      """
    #expect(try await body(notification(two)) == expected)
  }

  @Test func `alerts beyond max_alerts are left out and counted`() async throws {
    let text = try await body(notification(two), ", max_alerts: 1")
    #expect(text.contains(#""truncatedAlerts":1"#))
    #expect(text.contains("web1") && !text.contains("web2"))
  }

  @Test func `the status is resolved when nothing fires`() async throws {
    let ended = [NotifiedAlert(nginxDown("web1", endedAt: 1))]
    let text = try await body(notification(ended, reason: .resolved))
    #expect(text.hasPrefix(#"{"receiver":"chat","status":"resolved","#))
  }

  @Test func `texts are escaped as JSON wants it`() async throws {
    let odd = alert(["alertname": "A", "x": "a\"b\\c\n\u{1}ü😀"])
    let text = try await body(notification([NotifiedAlert(odd)]))
    #expect(text.contains(#""x":"a\"b\\c\n\u0001ü😀""#))
  }

  @Test func `headers carry the event id, the time and a signature that a peer can check`()
    async throws
  {
    let peer = try Peer([.text("")])
    let yaml = "{url: '\(peer.url)', secret: key}"
    let (made, issues) = receiver("webhook", yaml, clock: ManualTimeSource(time(0)))
    #expect(issues == [])
    #expect(await outcome(made, notification(two)) == nil)
    let request = try #require(peer.requests.first)
    #expect(request.headers["Content-Type"] == "application/json")
    #expect(request.headers["X-Hvsmon-Event-Id"] == "0123456789abcdef-kz-1")
    let stamp = try #require(request.headers["X-Hvsmon-Timestamp"])
    #expect(stamp == "1767323045")
    let signed = Array("\(stamp).".utf8) + request.body
    let expected = Digest.hex(Digest.hmacSHA256(key: Array("key".utf8), message: signed))
    #expect(request.headers["X-Hvsmon-Signature"] == "v1=\(expected)")
  }

  @Test func `without a key nothing is signed`() async throws {
    let peer = try Peer([.text("")])
    let (made, _) = receiver("webhook", "{url: '\(peer.url)'}")
    _ = await outcome(made, notification(two))
    #expect(peer.requests.first?.headers["X-Hvsmon-Signature"] == nil)
  }
}

@Suite struct EndpointPostTests {
  private let one = notification([NotifiedAlert(nginxDown("web1"))])

  private func outcome(of answer: ServerResponse) async throws -> (DeliveryError?, host: String) {
    let peer = try Peer([answer])
    let (made, _) = receiver("webhook", "{url: '\(peer.url)'}")
    return (await ReceiversTests.outcome(made, one), peer.host)
  }

  @Test(arguments: [200, 201, 202, 204])
  func `any status of success is a success`(status: Int) async throws {
    #expect(try await outcome(of: ServerResponse(status: status)).0 == nil)
  }

  @Test(arguments: [408, 425, 429, 500, 502, 503, 504])
  func `a status that may pass is worth another try`(status: Int) async throws {
    let (error, host) = try await outcome(of: .text("later", status: status))
    let reason = "\(host) answered with status \(status): later"
    #expect(error == .retryable(reason: reason, notBefore: nil))
  }

  @Test(arguments: [400, 401, 403, 404, 410, 413, 301, 302])
  func `a status that will not pass is final`(status: Int) async throws {
    guard case .permanent(let reason) = try await outcome(of: .text("", status: status)).0 else {
      Issue.record("status \(status) is not final")
      return
    }
    #expect(reason.contains("status \(status)"))
  }

  @Test(arguments: [
    ("7", Duration.seconds(7)), ("0.5", .milliseconds(500)),
    ("Fri, 02 Jan 2026 03:05:05 GMT", .milliseconds(59_322)),
    ("Fri, 02 Jan 2026 03:00:00 GMT", .zero), ("soon", nil), ("-1", nil), ("1e99", nil),
    ("Fri, 42 Foo 2026 03:00:00 GMT", nil),
  ])
  func `a peer's wish to wait is passed on`(text: String, expected: Duration?) async throws {
    let answer = ServerResponse(status: 429, headers: ["Retry-After": text])
    guard case .retryable(_, let wish)? = try await outcome(of: answer).0 else {
      Issue.record("429 is no failure")
      return
    }
    #expect(wish == expected)
  }

  @Test func `a peer that repeats the secret address is not quoted`() async throws {
    let page = "no route for /services/T0/B0/verysecretkey here"
    let (error, host) = try await outcome(of: .text(page, status: 404))
    #expect(error == .permanent(reason: "\(host) answered with status 404"))
  }

  @Test func `an answer is quoted short and without control characters`() async throws {
    let page = "a\u{1b}[31m\r\n" + String(repeating: "x", count: 5_000)
    let (error, _) = try await outcome(of: .text(page, status: 404))
    let text = error?.description ?? ""
    #expect(text.contains("404: a [31m xxx"))
    #expect(text.utf8.count < 300)
  }

  @Test func `a peer that is not there is worth another try, and its path stays hidden`() async {
    let url = "http://127.0.0.1:1/services/verysecretkey?token=alsosecret"
    let (made, _) = receiver("webhook", "{url: '\(url)'}")
    let error = await ReceiversTests.outcome(made, one)
    guard case .retryable(let reason, nil)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("127.0.0.1:1"))
    #expect(!reason.contains("secret"))
  }

  @Test(arguments: [
    ("webhook", "{}", "url: is required here"),
    ("webhook", "{url: example.net}", "url: must be a URL that begins with http"),
    ("webhook", "{url_file: /none}", "url_file: cannot read /none: no such file"),
    ("webhook", "{url_env: NONE}", "url_env: the environment variable NONE is not set"),
    ("webhook", "{url: 'http://a', url_file: b}", "url_file: excludes url"),
    ("webhook", "{url: 'http://a', timeout: 5m}", "timeout: must be 1s to 1m, not 5m"),
    ("webhook", "{url: 'http://a', max_alerts: -1}", "max_alerts: must be a whole number"),
    ("webhook", "{url: 'http://a', urll: x}", "urll: is not a key hvsmon knows here"),
    ("slack", "{}", "webhook_url: is required here"),
    ("slack", "{webhook_url: verysecretkey}", "webhook_url: must be a URL"),
  ])
  func `a fault in the settings is named, and the secret is not`(
    kind: String,
    yaml: String,
    expected: String
  ) {
    let (_, issues) = receiver(kind, yaml)
    #expect(issues.contains { $0.contains(": \(expected)") }, "\(issues)")
    #expect(!issues.contains { $0.contains("verysecretkey") })
  }
}
