// SPDX-License-Identifier: MIT
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func `output, error output and the exit code are captured`() async throws {
    let child = try ChildProcess(
      "/bin/sh",
      ["-c", "echo one; echo two; printf three; echo bad >&2; exit 7"]
    )
    var lines: [String] = []
    for await line in child.outputLines { lines.append(line) }
    #expect(lines == ["one", "two", "three"])
    #expect(try await child.waitForExit() == .code(7))
    #expect(child.output == "one\ntwo\nthree")
    #expect(child.errorOutput == "bad\n")
    #expect(child.exit == .code(7))
  }

  @Test func `the environment is the one given`() async throws {
    let child = try ChildProcess("/usr/bin/env", environment: ["ONLY": "this"])
    try await child.waitForExit()
    #expect(child.output == "ONLY=this\n")
  }

  @Test func `a megabyte on both outputs does not block`() async throws {
    let script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"
    let child = try ChildProcess("/bin/sh", ["-c", script], captureMax: 500_000)
    #expect(try await child.waitForExit() == .code(0))
    #expect(child.output.utf8.count == 500_000)
    #expect(child.errorOutput.utf8.count == 500_000)
  }

  @Test func `signals reach the process, and a deadline kills its whole group`() async throws {
    let asked = try ChildProcess("/bin/sleep", ["60"])
    #expect(try await asked.terminate() == .signal(15))
    let deaf = try ChildProcess("/bin/sh", ["-c", "trap '' TERM; echo ready; sleep 60 & sleep 60"])
    for await line in deaf.outputLines where line == "ready" { break }
    deaf.send(.terminate)
    await #expect(throws: ChildProcess.Failure.self) {
      try await deaf.waitForExit(timeout: .milliseconds(50))
    }
    #expect(deaf.exit == .signal(9))
  }

  @Test func `a grandchild that holds the output does not hold up the end`() async throws {
    let child = try ChildProcess("/bin/sh", ["-c", "sleep 60 & echo done"])
    #expect(try await child.waitForExit(timeout: .seconds(5)) == .code(0))
    #expect(child.output == "done\n")
  }

  @Test func `a program that is not there is told at once`() {
    #expect(throws: ChildProcess.Failure.self) { try ChildProcess("/nonexistent/program") }
  }
}
