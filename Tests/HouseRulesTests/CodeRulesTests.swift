// SPDX-License-Identifier: MIT
import Testing

@Suite struct CodeRulesTests {
  @Test(arguments: ["try! a()", "a as! B", "fatalError(\"a\")", "fatalError()"])
  func `what traps is refused`(_ code: String) {
    #expect(lines(CodeRules.traps(snippet("\nlet a = \(code)"))) == [2])
    #expect(lines(CodeRules.traps(snippet("let a = \"\\(\(code))\""))) == [1])
    #expect(CodeRules.traps(snippet("// \(code)\nlet a = #\"\(code)\"#")).isEmpty)
  }

  @Test(arguments: ["try !a()", "try? a()", "a as? B", "a != b", "let fatalError = 1"])
  func `what only resembles a trap is fine`(_ code: String) {
    #expect(CodeRules.traps(snippet(code)).isEmpty)
  }

  @Test func `public is refused`() {
    let text = "\npublic struct A {}\n@inlinable public func a() {}\n// public a\nlet b = .public"
    #expect(lines(CodeRules.publicAccess(snippet(text))) == [2, 3])
  }

  @Test(arguments: [
    "let a = Date()", "Date.now", "ContinuousClock.now", "ContinuousClock().now",
    "let a: ContinuousClock.Instant = .now", "f(at: .now)", "return .now",
    "clock_gettime(CLOCK_REALTIME, &a)", "SuspendingClock.Instant.now", "DispatchTime.now()",
  ])
  func `a clock is read at the edge only`(_ code: String) {
    #expect(lines(CodeRules.clockReads(snippet("\n\(code)"))) == [2])
    #expect(CodeRules.clockReads(snippet(code, path: "Sources/Daemon/A.swift")).isEmpty)
    #expect(CodeRules.clockReads(snippet("// \(code)\nlet a = \"\(code)\"")).isEmpty)
  }

  @Test(arguments: [
    "timeSource.now", "time().now", "Date(a)", "var now: Timestamp", "f(now: 1)", "sources[0].now",
    "source?.now", "self.now",
  ])
  func `a time that was passed in is fine`(_ code: String) {
    #expect(CodeRules.clockReads(snippet(code)).isEmpty)
  }

  @Test(arguments: [
    "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1",
    "Task.detached { a() }",
  ])
  func `what the compiler cannot check has a comment`(_ code: String) {
    #expect(lines(CodeRules.reasons(snippet("\n\(code)"))) == [2])
    #expect(lines(CodeRules.reasons(snippet("// Far.\n\n\(code)"))) == [3])
    #expect(lines(CodeRules.reasons(snippet("let a = 1  // Another's.\n\(code)"))) == [2])
    #expect(CodeRules.reasons(snippet("// The lock guards it.\n\(code)")).isEmpty)
    #expect(CodeRules.reasons(snippet("\(code)  // The lock guards it.")).isEmpty)
  }
}
