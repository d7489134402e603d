// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Synchronization
import TestSupport
import Testing

/// `hvsmon alerts`, `explain`, `silence`, `ack` and `notify-test` against a server that answers by
/// its path.
@Suite struct AlertCommandsTests {
  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
    /// Method, path, query and body of each request.
    let asked: [String]
  }

  private func run(
    _ words: [String],
    answers: [String: (status: Int, body: String)] = [:]
  ) async throws -> Outcome {
    let asked = Asked()
    let server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["GET", "POST", "DELETE"], .prefix("/"), role: nil) { request in
          let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
          let body = String(decoding: request.body, as: UTF8.self)
          asked.note("\(request.method) \(request.path) \(query) \(body)")
          let answer = answers["\(request.method) \(request.path)"] ?? (404, "\"not found\"")
          return .json(Array(answer.body.utf8), status: answer.status)
        }
      ]
    )
    let process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      words + ["--url", "http://127.0.0.1:\(server.port)"]
    )
    let exit = try await process.waitForExit(timeout: .seconds(30))
    await server.stop(grace: .zero)
    return Outcome(
      status: exit,
      output: process.output,
      errorOutput: process.errorOutput,
      asked: asked.all
    )
  }

  private final class Asked: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func note(_ text: String) { texts.withLock { $0.append(text) } }
  }

  private static let explained = """
    {"alerts":[{"labels":{"alertname":"MemberDown","instance":"m2","severity":"page"},\
    "startsAt":"2026-01-02T03:04:05.678Z","isUnknown":false,"standing":"held",\
    "cause":{"alertname":"NodeDown","node":"n2"},"state":"firing","fingerprint":"0123456789abcdef",\
    "activeAt":"2026-01-02T03:03:05Z","value":"0e+00","rule":{"name":"MemberDown","group":"g",\
    "file":"alerts.yml","expression":"up == 0","forSeconds":60},\
    "annotations":{"summary":"m2 is down"},"isTold":false,"silencedBy":[],"inhibitedBy":[],\
    "maintenance":[],"acknowledged":{"by":"ann","at":"2026-01-02T03:05:00Z","comment":"on it"},\
    "destinations":[{"receiver":"pager","route":"{}/{severity=\\"page\\"}","groupKey":"{}:{}",\
    "mutedBy":[],"toldTo":["pager/webhook[0]"],"lastMessageAt":"2026-01-02T03:04:06Z"}],\
    "sends":[{"integration":"pager/webhook[0]","reason":"firing",\
    "decidedAt":"2026-01-02T03:04:06Z","at":"2026-01-02T03:04:07Z","outcome":"accepted",\
    "answer":"accepted","failedTries":2},{"integration":"chat/slack[0]","reason":"firing",\
    "decidedAt":"2026-01-02T03:04:06Z","outcome":"waiting","answer":"status 500","failedTries":1}\
    ]},{"labels":{"alertname":"Later"},"state":"pending","fingerprint":"x","annotations":{}}]}
    """

  @Test func `alerts are a line each, with what is told of them`() async throws {
    let found = try await run(
      ["alerts"],
      answers: ["GET /api/hvsmon/v1/explain": (200, Self.explained)]
    )
    #expect(found.status == .code(0), "\(found.errorOutput)")
    let lines = found.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].contains("firing") && lines[0].contains("MemberDown{instance=\"m2\"}"))
    #expect(lines[0].hasSuffix("held back by NodeDown{node=\"n2\"}"))
    #expect(lines[1].hasPrefix("pending") && lines[1].hasSuffix("not yet: pending"))
    let none = try await run(
      ["alerts", "{tier=\"x\"}"],
      answers: ["GET /api/hvsmon/v1/explain": (200, "{\"alerts\":[]}")]
    )
    #expect(none.output == "no alert\n" && none.status == .code(0))
    #expect(none.asked == ["GET /api/hvsmon/v1/explain alert={tier=\"x\"} "])
  }

  @Test func `explain prints all that is known`() async throws {
    let answers = ["GET /api/hvsmon/v1/explain": (200, Self.explained)]
    let found = try await run(["explain", "MemberDown"], answers: answers)
    #expect(found.status == .code(0), "\(found.errorOutput)")
    for part in [
      "MemberDown of group g, alerts.yml", "up == 0", "1m", "m2 is down",
      "holds since 2026-01-02T03:03:05Z", "since 2026-01-02T03:04:05.678Z",
      "held back by NodeDown{node=\"n2\"}", "by ann at 2026-01-02T03:05:00Z",
      "{}/{severity=\"page\"} to pager, group {}:{}",
      "2026-01-02T03:04:07Z to pager/webhook[0] (firing): accepted, after 2 failed tries",
      "waits for chat/slack[0] (firing), after 1 failed tries: status 500",
    ] {
      #expect(found.output.contains(part), "\(part) is missing in\n\(found.output)")
    }
    let json = try await run(["explain", "MemberDown", "--json"], answers: answers)
    #expect(json.output == Self.explained + "\n")
    let none = try await run(
      ["explain", "X"],
      answers: ["GET /api/hvsmon/v1/explain": (200, "{\"alerts\":[]}")]
    )
    #expect(none.status == .code(1) && none.errorOutput.contains("no alert \"X\""))
    #expect(try await run(["explain"]).status == .code(2))
  }

  @Test func `a silence is made with end, reason and author, and says what it silences`()
    async throws
  {
    let words = [
      "silence", "add", "NodeDown", "node=~p.*", "--for", "2h", "--reason", "new fan", "--author",
      "ann", "--start", "2100-01-01T00:00:00Z",
    ]
    let alerts = #"[{"labels":{"alertname":"NodeDown","node":"p1"}}]"#
    let id = #"{"silenceID":"5d9e1c2a-0000-4000-8000-000000000000"}"#
    let made = try await run(
      words,
      answers: ["GET /api/v2/alerts": (200, alerts), "POST /api/v2/silences": (200, id)]
    )
    #expect(made.status == .code(0), "\(made.errorOutput)")
    #expect(made.output.contains("5d9e1c2a-0000-4000-8000-000000000000 until 2100-01-01T02:00:00"))
    #expect(made.output.contains("silences NodeDown{node=\"p1\"}"))
    #expect(
      made.asked.first == "GET /api/v2/alerts filter=alertname=\"NodeDown\"&filter=node=~\"p.*\" "
    )
    #expect(
      made.asked.last?.hasSuffix(
        #"{"matchers":[{"name":"alertname","value":"NodeDown","isRegex":false,"isEqual":true},"#
          + #"{"name":"node","value":"p.*","isRegex":true,"isEqual":true}],"#
          + #""startsAt":"2100-01-01T00:00:00Z","endsAt":"2100-01-01T02:00:00Z","#
          + #""createdBy":"ann","comment":"new fan"}"#
      ) == true,
      "\(made.asked)"
    )
    let nothing = try await run(
      words,
      answers: ["GET /api/v2/alerts": (200, "[]"), "POST /api/v2/silences": (200, id)]
    )
    #expect(nothing.status == .code(0))
    #expect(nothing.errorOutput.contains("no alert that fires now matches"))
    let refused = try await run(
      words,
      answers: [
        "GET /api/v2/alerts": (200, "[]"), "POST /api/v2/silences": (400, "\"failed to create\""),
      ]
    )
    #expect(refused.status == .code(1) && refused.errorOutput.contains("failed to create"))
  }

  @Test(arguments: [
    ["add"], ["add", "A", "--reason", "x", "--author", "y"],
    ["add", "A", "--for", "2h", "--author", "y"], ["add", "A", "--for", "2h", "--reason", "x"],
    ["add", "A", "--for", "2x", "--reason", "x", "--author", "y"],
    ["add", "A", "--until", "tomorrow", "--reason", "x", "--author", "y"],
    ["add", "A", "--until", "2001-01-01T00:00:00Z", "--reason", "x", "--author", "y"],
    ["add", "A", "--for", "2h", "--until", "2100-01-01T00:00:00Z", "--reason", "x"],
    ["add", "=b", "--for", "2h", "--reason", "x", "--author", "y"], ["expire"], ["list", "x"],
    ["remove"], [],
  ])
  func `a silence that lacks something is refused before anybody is asked`(
    _ words: [String]
  ) async throws {
    let found = try await run(["silence"] + words)
    #expect(found.status == .code(2) && found.asked.isEmpty, "\(found)")
    #expect(found.errorOutput.contains("--help"))
  }

  @Test func `silences are listed, and ended by the beginning of their id`() async throws {
    let list = """
      [{"id":"5d9e1c2a-1","status":{"state":"active"},"endsAt":"2100-01-01T02:00:00Z",\
      "matchers":[{"name":"a","value":"b","isRegex":true,"isEqual":false}],"createdBy":"ann",\
      "comment":"why"},{"id":"5dffffff-2","status":{"state":"expired"},"endsAt":"x",\
      "matchers":[],"createdBy":"bob","comment":"old"}]
      """
    let answers = [
      "GET /api/v2/silences": (200, list), "DELETE /api/v2/silence/5d9e1c2a-1": (200, ""),
    ]
    let found = try await run(["silence", "list"], answers: answers)
    #expect(
      found.output == "5d9e1c2a active until 2100-01-01T02:00:00Z  {a!~\"b\"}  ann: why\n"
    )
    let all = try await run(["silence", "list", "--expired"], answers: answers)
    #expect(all.output.contains("bob: old"))
    let ended = try await run(["silence", "expire", "5d"], answers: answers)
    #expect(ended.status == .code(0) && ended.output == "ended: 5d9e1c2a-1\n", "\(ended)")
    let none = try await run(["silence", "expire", "77"], answers: answers)
    #expect(none.status == .code(1) && none.errorOutput.contains("begins with 77"))
  }

  @Test func `an acknowledgement and a test say what became of them`() async throws {
    let acknowledged = try await run(
      ["ack", "NodeDown", "--comment", "on it"],
      answers: [
        "POST /api/hvsmon/v1/ack": (
          200, #"{"acknowledged":[{"alertname":"NodeDown","node":"n1"}]}"#
        )
      ]
    )
    #expect(acknowledged.output == "acknowledged: NodeDown{node=\"n1\"}\n")
    #expect(
      acknowledged.asked == ["POST /api/hvsmon/v1/ack alert=NodeDown&comment=on it "]
    )
    let refused = try await run(
      ["ack", "X", "--withdraw"],
      answers: ["DELETE /api/hvsmon/v1/ack": (404, #"{"status":"error","error":"none"}"#)]
    )
    #expect(refused.status == .code(1) && refused.errorOutput == "hvsmon: none\n")
    let results = """
      {"results":[{"integration":"a/slack[0]","accepted":true,"answer":"accepted"},\
      {"integration":"a/webhook[0]","accepted":false,"answer":"status 404"}]}
      """
    let tested = try await run(
      ["notify-test", "a"],
      answers: ["POST /api/hvsmon/v1/notify-test": (200, results)]
    )
    #expect(tested.status == .code(1))
    #expect(tested.output == "a/slack[0]: accepted\na/webhook[0]: not accepted: status 404\n")
  }

  @Test(arguments: ["alerts", "explain", "silence", "ack", "notify-test"])
  func `each explains itself with an example`(_ name: String) async throws {
    let process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      [name, "--help"]
    )
    #expect(try await process.waitForExit(timeout: .seconds(30)) == .code(0))
    #expect(process.output.contains("Example: hvsmon \(name)"))
  }
}
