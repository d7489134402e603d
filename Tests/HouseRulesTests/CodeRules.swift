// SPDX-License-Identifier: MIT

/// What does not stand in `Sources`, comments and strings aside.
enum CodeRules {
  /// No `try!`, `as!`, `fatalError(`: an error is handled, a broken promise is a `precondition`.
  static func traps(_ file: SourceFile) -> [Violation] {
    file.tokens.indices.compactMap { index in
      let token = file.tokens[index]
      guard token.kind == .word, let next = file.token(index + 1) else { return nil }
      let isAdjacent = next.bytes.lowerBound == token.bytes.upperBound
      switch token.text {
      case "try" where next.isSymbol("!") && isAdjacent,
        "as" where next.isSymbol("!") && isAdjacent:
        return file.violation(token.line, "'\(token.text)!' traps: handle the failure")
      case "fatalError" where next.isSymbol("("):
        return file.violation(token.line, "'fatalError(' traps: throw, or use a precondition")
      default: return nil
      }
    }
  }

  /// No `public`: there is no library product, modules speak through `package`.
  static func publicAccess(_ file: SourceFile) -> [Violation] {
    file.tokens.indices.compactMap { index in
      let token = file.tokens[index]
      guard token.isWord("public"), !file.isSymbol(".", at: index - 1) else { return nil }
      return file.violation(token.line, "'public' does not appear: use 'package'")
    }
  }

  private static let clockModules: Set<String> = [
    "Daemon", "TopView", "Simulator", "hvsmon", "Net", "RemoteShell", "Polling", "Logging",
  ]
  private static let clocks: Set<String> = [
    "Date", "ContinuousClock", "SuspendingClock", "UTCClock", "DispatchTime", "DispatchWallTime",
  ]
  private static let clockCalls: Set<String> = ["clock_gettime", "gettimeofday"]

  /// No clock is read but at the edge; a `now` that was passed in, as `timeSource.now`, is free.
  static func clockReads(_ file: SourceFile) -> [Violation] {
    guard !clockModules.contains(file.module) else { return [] }
    return file.tokens.indices.filter { isClockRead(file, at: $0) }.map {
      file.violation(
        file.tokens[$0].line,
        "\(file.module) reads no clock: take the time as a value or a TimeSource"
      )
    }
  }

  private static func isClockRead(_ file: SourceFile, at index: Int) -> Bool {
    let token = file.tokens[index]
    guard token.kind == .word else { return false }
    if clockCalls.contains(token.text) { return file.isSymbol("(", at: index + 1) }
    if token.text == "Date" && file.isSymbol("(", at: index + 1) {
      return file.isSymbol(")", at: index + 2)
    }
    guard token.text == "now", file.isSymbol(".", at: index - 1) else { return false }
    return isClock(file, beforeDotAt: index - 1)
  }

  /// Nothing stands before the dot, as in `= .now`, or a clock, as in `ContinuousClock().now`.
  private static func isClock(_ file: SourceFile, beforeDotAt dot: Int) -> Bool {
    var owner = dot - 1
    if file.isSymbol(")", at: owner) { owner = file.opening(owner) - 1 }
    guard let token = file.token(owner) else { return true }
    if token.kind == .word {
      return clocks.contains(token.text) || ["return", "in", "case", "else"].contains(token.text)
        || token.text == "Instant"
    }
    let endsExpression = token.isSymbol("]") || token.isSymbol("?") || token.isSymbol("!")
    return token.kind == .symbol && !endsExpression && !token.isSymbol("}") && owner == dot - 1
  }

  /// What the compiler cannot check says who does: a lock, an owner, a reason.
  static func reasons(_ file: SourceFile) -> [Violation] {
    file.tokens.indices.compactMap { index in
      guard let marker = unexplainedMarker(file, at: index),
        !file.hasComment(at: file.tokens[index].line)
      else { return nil }
      return file.violation(
        file.tokens[index].line,
        "'\(marker)' needs a comment here or directly above that names the lock or the reason"
      )
    }
  }

  private static func unexplainedMarker(_ file: SourceFile, at index: Int) -> String? {
    func follows(_ symbol: String, _ word: String) -> Bool {
      file.isSymbol(symbol, at: index + 1) && file.isWord(word, at: index + 2)
    }
    if file.isSymbol("@", at: index), file.isWord("unchecked", at: index + 1),
      file.isWord("Sendable", at: index + 2)
    {
      return "@unchecked Sendable"
    }
    if file.isWord("nonisolated", at: index), follows("(", "unsafe") {
      return "nonisolated(unsafe)"
    }
    return file.isWord("Task", at: index) && follows(".", "detached") ? "Task.detached" : nil
  }
}
