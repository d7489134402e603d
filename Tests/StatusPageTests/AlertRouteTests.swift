// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot
import Synchronization
import TestSupport
import Testing

@testable import StatusPage

@Suite struct AlertRouteTests {
  private static let id = "0123456789abcdef"

  /// What the page asked, and what was answered.
  private final class API: Sendable {
    private let asked = Mutex<[ServerRequest]>([])
    let name: String
    /// What people said of it, as members of the alert.
    let said: String
    let answers: [String: ServerResponse]

    init(
      name: String = "NodeDown",
      said: String = "",
      _ answers: [String: ServerResponse] = [:]
    ) {
      self.name = name
      self.said = said
      self.answers = answers
    }

    var requests: [ServerRequest] { asked.withLock { $0 } }

    func answer(_ request: ServerRequest) -> ServerResponse {
      asked.withLock { $0.append(request) }
      if let answer = answers[request.path] { return answer }
      guard request.path == "/api/hvsmon/v1/explain" else { return .json(Array("{}".utf8)) }
      var json = JSONText()
      json.raw("{\"alerts\":[{\"labels\":{\"alertname\":")
      json.string(name)
      json.raw(",\"node\":")
      json.string(name)
      json.raw("},")
      json.raw(said)
      json.raw("\"startsAt\":\"2026-11-29T12:00:00Z\",\"state\":\"firing\",\"value\":\"1\",")
      json.raw("\"standing\":\"held\",\"cause\":{\"alertname\":")
      json.string(name)
      json.raw("},\"rule\":{\"expression\":")
      json.string(name)
      json.raw("},\"flapping\":{\"since\":\"2026-11-29T12:00:00Z\",\"changes\":12,")
      json.raw("\"firingRatio\":0.4,\"isFiring\":false,\"calmAt\":\"2026-11-30T02:00:00Z\"")
      json.raw("},\"annotations\":{\"summary\":")
      json.string(name)
      json.raw(",\"runbook_url\":\"javascript:alert(1)\"},\"acknowledged\":{\"by\":")
      json.string(name)
      json.raw(",\"comment\":\"c\"},\"destinations\":[{\"receiver\":")
      json.string(name)
      json.raw(",\"toldTo\":[]}],\"sends\":[{\"integration\":\"ops/slack/0\",")
      json.raw("\"reason\":\"firing\",")
      json.raw("\"decidedAt\":\"2026-11-29T12:00:01Z\",\"outcome\":\"given_up\",\"answer\":")
      json.string(name)
      json.raw("}]}]}")
      return .json(json.bytes)
    }
  }

  private static func ask(
    _ path: String,
    _ form: String,
    of api: API,
    role: AccessRole = .operate,
    method: String = "POST"
  ) async throws -> ServerResponse {
    let ports = PagePorts(
      snapshot: { PageTests.snapshot() },
      snapshots: { AsyncStream { _ in } },
      api: { api.answer($0) },
      now: { PageTests.now }
    )
    let route = try #require(
      AlertRoutes(ports: ports).routes.first {
        $0.path == .exact(path) && $0.methods.contains(method)
      }
    )
    return await route.handler(
      ServerRequest(
        method: method,
        path: path,
        query: method == "GET" ? URLText.parameters(Array(form.utf8)) : [],
        headers: ["Content-Type": "application/x-www-form-urlencoded"],
        body: Array(form.utf8),
        tokenName: "anna",
        role: role
      )
    )
  }

  @Test func `a page of an alert says why people are told, and who was`() async throws {
    let answer = try await Self.ask("/alert", "id=\(Self.id)", of: API(), method: "GET")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == 200)
    for words in [
      "<h1><bdi>NodeDown</bdi></h1>", "held back by NodeDown", "by NodeDown: c", "given up",
      "12 changes in ", "fired 40% of that time, does not fire now", "/graph?query=NodeDown",
      "node=NodeDown", "action=\"/alert/ack\"",
      "action=\"/alert/silence\"",
    ] {
      #expect(html.contains(words), "\(words)")
    }
    #expect(!html.contains("javascript:"))
  }

  @Test func `who may only read sees no forms`() async throws {
    let text = "id=\(Self.id)"
    let answer = try await Self.ask("/alert", text, of: API(), role: .read, method: "GET")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(!html.contains("<form") && html.contains("role operate"))
  }

  @Test(arguments: ["", "NodeDown", "{a=\"b\"}", "0123456789ABCDEF", "0123456789abcde/"])
  func `what is no fingerprint asks nothing`(_ id: String) async throws {
    let api = API()
    let text = "id=\(URLText.encoded(id))"
    #expect(try await Self.ask("/alert", text, of: api, method: "GET").status == 404)
    #expect(api.requests.isEmpty)
  }

  @Test func `acknowledging asks the API in the reader's name`() async throws {
    let api = API()
    let answer = try await Self.ask("/alert/ack", "id=\(Self.id)&comment=on+it", of: api)
    #expect(answer.status == 303)
    #expect(answer.headers["Location"] == "/alert?id=\(Self.id)&done=acknowledged")
    let request = try #require(api.requests.first)
    #expect(request.path == "/api/hvsmon/v1/ack" && request.method == "POST")
    #expect(request.tokenName == "anna" && request.role == .operate)
    #expect(request.query["alert"] == Self.id && request.query["comment"] == "on it")
  }

  @Test func `silencing names every label, the end and why`() async throws {
    let api = API(name: "a\"b\\{}")
    let form = "id=\(Self.id)&hours=4&comment=new+disks"
    let answer = try await Self.ask("/alert/silence", form, of: api)
    #expect(answer.headers["Location"] == "/alert?id=\(Self.id)&done=silenced")
    let request = try #require(api.requests.last)
    #expect(request.path == "/api/v2/silences")
    let tree = try JSONReader.read(request.body)
    #expect(tree["matchers"]?.items.map { $0["value"]?.string } == ["a\"b\\{}", "a\"b\\{}"])
    #expect(tree["startsAt"]?.string == PageTests.now.rfc3339Text)
    #expect(tree["endsAt"]?.string == (PageTests.now + .seconds(4 * 3_600)).rfc3339Text)
    #expect(tree["createdBy"]?.string == "anna" && tree["comment"]?.string == "new disks")
  }

  @Test(arguments: ["hours=0&comment=x", "hours=5&comment=x", "comment=x", "hours=4&comment=+"])
  func `a silence needs a time and a reason`(_ form: String) async throws {
    let api = API()
    let answer = try await Self.ask("/alert/silence", "id=\(Self.id)&\(form)", of: api)
    #expect(answer.status == 400)
    #expect(String(decoding: answer.body, as: UTF8.self).contains("role=\"alert\""))
    #expect(!api.requests.contains { $0.path == "/api/v2/silences" })
  }

  @Test func `a refusal is told`() async throws {
    let refusal = ServerResponse.json(
      Array(#"{"status":"error","error":"no alert fires that is called so"}"#.utf8),
      status: 404
    )
    let api = API(["/api/hvsmon/v1/ack": refusal])
    let answer = try await Self.ask("/alert/ack", "id=\(Self.id)", of: api)
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == 404)
    #expect(html.contains("Not acknowledged: no alert fires that is called so."))
  }

  @Test func `a link cannot say that an alert is silenced or acknowledged`() async throws {
    func page(_ done: String, _ said: String = "") async throws -> String {
      let text = "id=\(Self.id)&done=\(done)"
      let answer = try await Self.ask("/alert", text, of: API(said: said), method: "GET")
      return String(decoding: answer.body, as: UTF8.self)
    }
    #expect(try await !page("silenced").contains("role=\"status\""))
    #expect(try await !page("silenced", "\"silencedBy\":[],").contains("role=\"status\""))
    #expect(try await page("silenced", "\"silencedBy\":[\"s1\"],").contains("Silenced: nobody"))
    #expect(try await page("acknowledged").contains("Acknowledged: nobody"))
  }

  @Test func `a refusal with bad characters is text`() async throws {
    let refusal = ServerResponse.json(
      Array("{\"status\":\"error\",\"error\":\"no <b> \u{202e}evil\"}".utf8),
      status: 404
    )
    let api = API(["/api/hvsmon/v1/ack": refusal])
    let answer = try await Self.ask("/alert/ack", "id=\(Self.id)", of: api)
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(html.contains("no &lt;b&gt;") && !html.contains("\u{202e}"))
  }

  @Test(arguments: PageTests.badNames)
  func `names and answers are text`(_ name: String) async throws {
    let answer = try await Self.ask("/alert", "id=\(Self.id)", of: API(name: name), method: "GET")
    let html = String(decoding: answer.body, as: UTF8.self)
    #expect(!html.contains("<script>") && !html.contains("<img") && !html.contains("\u{1b}"))
    #expect(!html.contains("\u{202e}"))
  }
}
