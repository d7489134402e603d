// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

/// `hvsmon import` as a person calls it.
@Suite struct ImportTests {
  private struct Outcome {
    let status: ChildProcess.Exit
    let output: String
    let errorOutput: String
  }

  private let folder: TemporaryFolder
  private let now = Int64(Date().timeIntervalSince1970) / 60 * 60

  init() throws {
    folder = try TemporaryFolder()
  }

  private var store: String { folder.file("samples.sqlite") }

  private func run(_ words: [String], command: String = "import") async throws -> Outcome {
    let process = try ChildProcess(ChildProcess.builtExecutable("hvsmon"), [command] + words)
    let status = try await process.waitForExit(timeout: .seconds(30))
    return Outcome(status: status, output: process.output, errorOutput: process.errorOutput)
  }

  /// Imports a text into the store.
  private func bring(_ text: String, _ words: String...) async throws -> Outcome {
    let file = try folder.write("history.txt", text)
    return try await run([file, "--store", store] + words)
  }

  private func text(_ lines: [(String, Int64)]) -> String {
    lines.map { "\($0.0) \($0.1 * 1_000)\n" }.joined()
  }

  /// The answer of a daemon over the store; `task` runs while it does, with the settings file.
  private func query(
    _ expression: String,
    in file: String? = nil,
    during task: (String) async throws -> Void = { _ in }
  ) async throws -> String {
    let config = try folder.write(
      "hvsmon.yml",
      "storage: {path: \"\(file ?? store)\"}\nhttp: {listen: \"127.0.0.1:0\"}\nrules: []\n"
    )
    let daemon = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", config]
    )
    var found: UInt16?
    #expect(
      await eventually(within: .seconds(20)) {
        found = Self.port(in: daemon.errorOutput)
        return found != nil
      }
    )
    let port = try #require(found)
    let client = HTTPClient(userAgent: "test")
    let url = "http://127.0.0.1:\(port)/api/v1/query?query=\(URLText.encoded(expression))"
    let answer = try await client.send(HTTPRequest(url: url)).text
    await client.close()
    try await task(config)
    _ = try await daemon.terminate()
    return answer
  }

  private static func port(in log: String) -> UInt16? {
    guard let mark = log.firstRange(of: "port=") else { return nil }
    return UInt16(log[mark.upperBound...].prefix { $0.isNumber })
  }

  @Test func `samples of both formats are in the store and are found by a daemon`() async throws {
    let first = try await bring(
      text(
        (0..<5).flatMap { tick in
          [("up{job=\"a\"} \(tick)", now - 60 + tick), ("up{job=\"b\"} 2.5", now - 60 + tick)]
        }
      )
    )
    #expect(first.status == .code(0), "\(first.errorOutput)")
    #expect(first.output.contains("10 samples imported into \(store)"))
    let second = try await bring(
      "# TYPE up gauge\nup{job=\"c\"} 7 \(now - 30).5\nup{job=\"c\"} 8 \(now - 29).5\n# EOF\n"
    )
    #expect(second.output.contains("2 samples imported"), "\(second.errorOutput)")
    let answer = try await query("sum(count_over_time(up[5m])) + max(up)")
    #expect(answer.contains(",\"20\"]"), "\(answer)")
  }

  @Test func `a backup of a store in use has its samples, and takes no other file's place`()
    async throws
  {
    _ = try await bring(text([("a 1", now - 60), ("a 2", now - 30)]))
    let copy = folder.file("copy.sqlite")
    let states = folder.file("copy-state.sqlite")
    _ = try await query("a") { config in
      let made = try await run([copy, "--config", config], command: "backup")
      #expect(made.status == .code(0), "\(made.errorOutput)")
      #expect(made.output == "\(copy)\n\(states)\n")
      let again = try await run([copy, "--config", config], command: "backup")
      #expect(again.status == .code(1))
      #expect(again.errorOutput.contains("\(copy) is there already"))
    }
    let answer = try await query("sum_over_time(a[5m])", in: copy)
    #expect(answer.contains(",\"3\"]"), "\(answer)")
    let config = try folder.write("none.yml", "storage: {path: \"\(folder.file("none"))\"}\n")
    let none = try await run([folder.file("b"), "--config", config], command: "backup")
    #expect(none.status == .code(1))
    #expect(none.errorOutput.contains("could not be copied"))
    #expect(try await run([], command: "backup").status == .code(2))
  }

  @Test func `an import again leaves out what is there`() async throws {
    let lines = text([("a 1", now - 60), ("a 2", now - 30)])
    _ = try await bring(lines)
    let again = try await bring(lines)
    #expect(again.status == .code(0))
    #expect(again.output.contains("0 samples imported"))
    #expect(again.output.contains("2 were there already"), "\(again.output)")
  }

  @Test func `bad lines are named and left out, and the status tells`() async throws {
    let outcome = try await bring(
      text([("a 1", now - 60)]) + "b x 5\nc 1\n" + text([("a 2", now - 30), ("d 1", now / 1_000)])
    )
    #expect(outcome.status == .code(1))
    #expect(outcome.output.contains("2 samples imported"))
    #expect(outcome.output.contains("3 lines left out"))
    for part in [
      "line 2: the value is not a decimal number", "line 3: the sample has no timestamp",
      "line 5: the timestamp is too early", "It was read as text",
    ] {
      #expect(outcome.errorOutput.contains(part), "\(outcome.errorOutput)")
    }
  }

  @Test func `of many bad lines the first are named and the others counted`() async throws {
    let outcome = try await bring(String(repeating: "bad\n", count: 50))
    #expect(outcome.status == .code(1))
    #expect(outcome.errorOutput.contains("30 more lines were left out"))
    #expect(outcome.output.contains("50 lines left out"))
  }

  @Test func `the whole is refused for one bad line when that is asked for`() async throws {
    let good = text([("a 1", now - 60)])
    let outcome = try await bring(good + "bad\n", "--on-error", "refuse")
    #expect(outcome.status == .code(1))
    #expect(outcome.errorOutput.contains("line 2: the value is missing. Nothing was imported."))
    #expect(!FileManager.default.fileExists(atPath: store))
    let cut = try await bring("a 1 \(now - 60)\n", "--on-error=refuse", "--format=openmetrics")
    #expect(cut.errorOutput.contains("# EOF is missing"))
    let fine = try await bring(good, "--on-error", "refuse")
    #expect(fine.status == .code(0) && fine.output.contains("1 samples imported"))
  }

  @Test func `standard input is read once and needs a format`() async throws {
    let command = """
      printf 'a 1 \(now - 60)000\\n' | "$0" import - --store "$1" "$2"
      """
    for (option, status) in [
      ("--format=text", 0), ("--on-error=skip", 2), ("--on-error=refuse", 2),
    ] {
      let shell = try ChildProcess(
        "/bin/sh",
        ["-c", command, ChildProcess.builtExecutable("hvsmon"), store, option]
      )
      let exit = try await shell.waitForExit(timeout: .seconds(30))
      #expect(exit == .code(status), "\(option): \(shell.errorOutput)")
    }
  }

  @Test func `a store in use is refused with what to do`() async throws {
    let config = try folder.write(
      "hvsmon.yml",
      "storage: {path: \"\(store)\"}\nhttp: {listen: \"127.0.0.1:0\"}\nrules: []\n"
    )
    let daemon = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["serve", "--config", config]
    )
    #expect(
      await eventually(within: .seconds(20)) { Self.port(in: daemon.errorOutput) != nil }
    )
    let file = try folder.write("history.txt", text([("a 1", now - 60)]))
    let outcome = try await run([file, "--config", config])
    #expect(outcome.status == .code(2))
    #expect(outcome.errorOutput.contains("is in use by another hvsmon: stop that one"))
    _ = try await daemon.terminate()
    #expect(try await run([file, "--config", config]).status == .code(0))
  }

  @Test func `what cannot be carried out says why`() async throws {
    let missing = try await run([folder.file("missing"), "--store", store])
    #expect(missing.status == .code(2))
    #expect(missing.errorOutput.contains("cannot be read: No such file"))
    for words in [
      [], ["a", "b"], ["a", "--format", "json"], ["a", "--on-error", "panic"],
      ["a", "--store", "x", "--config", "y"],
    ] {
      #expect(try await run(words).status == .code(2), "\(words)")
    }
  }
}
