// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import Synchronization
import TestSupport
import Testing

/// `hvsmon query` against a server that says what it is told to say.
@Suite struct QueryTests {
  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
  }

  /// Runs a query, to which the path and form that came are handed over in `asked`.
  private func query(
    _ words: String...,
    answer: String,
    status: Int = 200,
    asked: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> Outcome {
    let server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["POST"], .prefix("/"), role: nil) { request in
          asked("\(request.path)?\(String(decoding: request.body, as: UTF8.self))")
          return .data(Array(answer.utf8), type: "application/json", status: status)
        }
      ]
    )
    let process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["query"] + words + ["--url", "http://127.0.0.1:\(server.port)"]
    )
    let exit = try await process.waitForExit(timeout: .seconds(30))
    await server.stop(grace: .zero)
    return Outcome(status: exit, output: process.output, errorOutput: process.errorOutput)
  }

  private static func matrix(_ series: String...) -> String {
    #"{"status":"success","data":{"resultType":"matrix","result":[\#(series.joined(separator: ","))]}}"#
  }

  @Test func `a span is asked for in steps and drawn with its bounds and times`() async throws {
    let values = (0...16).map { "[\(1_000 + $0 * 60),\"\($0 < 8 ? 2 : 10)\"]" }
    let asked = Tally()
    let found = try await query(
      "up * 2",
      "--start",
      "1000",
      "--end",
      "1960",
      "--step",
      "1m",
      answer: Self.matrix(
        #"{"metric":{"__name__":"up","a":"b"},"values":[\#(values.joined(separator: ","))]}"#
      ),
      asked: asked.note
    )
    #expect(asked.all == ["/api/v1/query_range?query=up%20%2A%202&start=1000&end=1960&step=60.0"])
    #expect(found.status == .code(0), "\(found.errorOutput)")
    let lines = found.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "up{a=\"b\"}  last 10")
    #expect(
      lines[1].hasPrefix("10 |      ") && lines[1].hasSuffix(String(repeating: "*", count: 32))
    )
    #expect(lines[8] == " 2 |" + String(repeating: "*", count: 32))
    #expect(lines[2...7].allSatisfy { $0 == "   |" })
    #expect(lines[9].contains("00:16:40") && lines[9].hasSuffix("00:32:40 UTC"))
  }

  @Test func `many series get a line each, and what is not finite is a gap`() async throws {
    let series = (0..<6).map {
      #"{"metric":{"n":"\#($0)"},"values":[[0,"1"],[50,"NaN"],[99,"+Inf"],[100,"\#($0)e308"]]}"#
    }
    let found = try await query(
      "x",
      "--start",
      "0",
      "--end",
      "100",
      "--step",
      "1s",
      answer: #"{"data":{"resultType":"matrix","result":[\#(series.joined(separator: ","))]}}"#
    )
    #expect(found.status == .code(0), "\(found.errorOutput)")
    let lines = found.output.split(separator: "\n")
    #expect(lines.count == 7)
    #expect(lines[2].contains("{n=\"1\"} 1 to 1e+308, last 1e+308"))
    #expect(lines[2].hasPrefix("▁ ") && lines[2].contains(" █  {n"))
    let none = try await query("x", "--start", "-1h", answer: Self.matrix())
    #expect(none.output == "no series has a value in that time\n")
    let empty = try await query(
      "x",
      "--start",
      "-1h",
      answer: Self.matrix(#"{"metric":{},"values":[[1,"NaN"]]}"#)
    )
    #expect(empty.output.contains("no finite value"))
  }

  @Test func `a refused login says how to log in`() async throws {
    let refused = try await query("up", answer: "Unauthorized", status: 401)
    #expect(refused.status == .code(2))
    #expect(refused.errorOutput.contains("login refused: give --token-file"))
    let folder = try TemporaryFolder()
    let token = try folder.write("token", "0123456789abcdef\n")
    let wrong = try await query("up", "--token-file", token, answer: "", status: 401)
    #expect(wrong.errorOutput.contains("the token in \(token) is not one that may do this"))
    #expect(!wrong.errorOutput.contains("0123456789abcdef"))
  }

  @Test func `what is no answer of a query API is told as such`() async throws {
    for answer in ["", "<html>", "[]", #"{"data":{"resultType":"matrix","result":7}}"#] {
      let found = try await query("up", answer: answer)
      #expect(found.status == .code(2))
      #expect(found.errorOutput.contains("is not that of a query API"))
    }
    let failed = try await query(
      "up",
      answer: #"{"status":"error","errorType":"bad_data","error":"no such thing"}"#,
      status: 400
    )
    #expect(failed.status == .code(1))
    #expect(failed.errorOutput.contains("no such thing"))
  }

  @Test func `times that make no span are refused before anybody is asked`() async throws {
    for words in [
      ["--end", "5"], ["--step", "5s"], ["--start", "5", "--end", "5"], ["--start", "yesterday"],
      ["--start", "-1h", "--time", "5"], ["--start", "-1h", "--step", "0s"],
    ] {
      let process = try ChildProcess(
        ChildProcess.builtExecutable("hvsmon"),
        ["query", "up"] + words + ["--url", "http://127.0.0.1:1"]
      )
      #expect(try await process.waitForExit(timeout: .seconds(30)) == .code(2))
      #expect(process.errorOutput.contains("--help"), "\(words)")
    }
  }
}

/// Texts as they came.
private final class Tally: Sendable {
  private let texts = Mutex<[String]>([])

  var all: [String] { texts.withLock { $0 } }

  func note(_ text: String) {
    texts.withLock { $0.append(text) }
  }
}
