// SPDX-License-Identifier: MIT
import TestSupport
import Testing

/// `hvsmon safe-to-stop` against a daemon that answers by a script.
@Suite struct SafeToStopTests {
  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
  }

  private func ask(_ url: String, _ words: String...) async throws -> Outcome {
    let process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["safe-to-stop", "--url", url] + words
    )
    let status = try await process.waitForExit(timeout: .seconds(30))
    return Outcome(status: status, output: process.output, errorOutput: process.errorOutput)
  }

  private func daemon(_ status: String, _ body: String) throws -> RawServer {
    try RawServer(
      .readHeader,
      .send(
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
      )
    )
  }

  private func verdict(_ answer: String) -> String {
    """
    {"component":"node pve2","safe_to_stop":"\(answer)","situation":"The site works.",\
    "loss":{"words":"The site would not work."},"reasons":[\
    {"weight":"objection","text":"database would stop"},\
    {"weight":"doubt","text":"whether app would work is unknown"},\
    {"weight":"remark","text":"the quorum stays"}]}
    """
  }

  @Test(arguments: [("yes", 0), ("no", 1), ("unknown", 3), ("perhaps", 3)])
  func `the exit status is the answer`(_ answer: String, _ status: Int) async throws {
    let server = try daemon("200 OK", verdict(answer))
    let outcome = try await ask("http://127.0.0.1:\(server.port)/", "pve2")
    #expect(outcome.status == .code(status), "\(outcome.errorOutput)")
    #expect(outcome.output.contains("node pve2"))
    #expect(outcome.output.contains("database would stop"))
    #expect(outcome.output.contains("Now: The site works."))
    server.stop()
  }

  @Test func `JSON is printed as it came`() async throws {
    let server = try daemon("200 OK", verdict("no"))
    let outcome = try await ask("http://127.0.0.1:\(server.port)", "pve2", "--json")
    #expect(outcome.status == .code(1))
    #expect(outcome.output == verdict("no") + "\n")
    server.stop()
  }

  @Test func `a daemon that cannot be asked is no yes`() async throws {
    let server = try RawServer(.reset)
    let port = server.port
    server.stop()
    let gone = try await ask("http://127.0.0.1:\(port)", "pve2")
    #expect(gone.status == .code(3))
    #expect(gone.errorOutput.contains("Is the daemon running?"))
    for (status, body) in [
      ("503 Service Unavailable", #"{"status":"error","error":"not been looked at yet"}"#),
      ("401 Unauthorized", "no"), ("200 OK", "[]"), ("200 OK", "<html>"),
    ] {
      let server = try daemon(status, body)
      let outcome = try await ask("http://127.0.0.1:\(server.port)", "pve2")
      #expect(outcome.status == .code(3), "\(status) \(body)")
      #expect(outcome.errorOutput.contains("unknown: "))
      server.stop()
    }
  }

  @Test func `wrong words are told from an unknown answer`() async throws {
    let server = try daemon(
      "404 Not Found",
      #"{"status":"error","error":"there is no node, guest or member \"x\""}"#
    )
    let none = try await ask("http://127.0.0.1:\(server.port)", "x")
    #expect(none.status == .code(2))
    #expect(none.errorOutput.contains("there is no node"))
    server.stop()
    #expect(try await ask("http://127.0.0.1:1").status == .code(2))
    #expect(try await ask("http://127.0.0.1:1", "a", "b").status == .code(2))
    #expect(try await ask("http://127.0.0.1:1", "a", "--jsn").status == .code(2))
  }
}
