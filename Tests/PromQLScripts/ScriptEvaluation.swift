// SPDX-License-Identifier: MIT
package import MetricModel
import Patterns
import PromQL

/// One `eval` of a script with what is expected of it.
package struct ScriptEvaluation {
  /// When to evaluate.
  package enum Times {
    case instant(Timestamp)
    case range(start: Timestamp, end: Timestamp, step: Duration)
  }

  /// A test on a text.
  package enum TextTest {
    case any
    case equals(String)
    case matches(String)
  }

  /// When to evaluate.
  package private(set) var times: Times
  /// The query's text.
  package private(set) var expression: String
  /// The line of the `eval`, from 1.
  package let line: Int
  /// Nil when the query must not fail.
  private(set) var failure: TextTest?
  private(set) var isOrdered = false
  private(set) var warnings: [TextTest] = []
  private(set) var infos: [TextTest] = []
  private(set) var forbidsWarnings = false
  private(set) var forbidsInfos = false
  private(set) var string: String?
  private(set) var scalar: Double?
  private(set) var matrixTimes: (start: Timestamp, end: Timestamp, step: Duration)?
  private(set) var series: [SeriesLine] = []
  /// The expected values contain native histograms.
  private(set) var wantsHistograms = false

  /// Reads the line of an `eval`.
  init(_ text: String, line: Int) throws(NotationFault) {
    self.line = line
    var words = WordReader(text)
    let command = words.next().lowercased()
    let kind = words.next().lowercased()
    switch kind {
    case "instant":
      if words.peek().lowercased() == "at" { _ = words.next() }
      times = .instant(.epoch + (try words.duration()))
    case "range":
      try words.expect("from")
      let start = try words.duration()
      try words.expect("to")
      let end = try words.duration()
      try words.expect("step")
      times = .range(start: .epoch + start, end: .epoch + end, step: try words.duration())
    default: throw NotationFault("neither instant nor range: \(text)")
    }
    expression = words.rest
    switch command {
    case "eval": break
    case "eval_fail": failure = .any
    case "eval_warn": warnings = [.any]
    case "eval_info": infos = [.any]
    case "eval_ordered": isOrdered = true
    default: throw NotationFault("unknown command \(command)")
    }
  }

  /// Reads a line behind the `eval`; false when it ends the block.
  mutating func expect(_ line: String) throws(NotationFault) -> Bool {
    switch line.firstWord {
    case "expected_fail_message":
      failure = .equals(line.dropFirst(21).trimmingBlanks)
      return false
    case "expected_fail_regexp":
      failure = .matches(line.dropFirst(20).trimmingBlanks)
      return false
    case "expect":
      try expectDirective(line.dropFirst(6).trimmingBlanks)
      return true
    default: break
    }
    if let number = SeriesNotation.number(line) {
      scalar = number
      return false
    }
    if line.hasPrefix("{{"), line.hasSuffix("}}") {
      // A native histogram that stands where a scalar may.
      wantsHistograms = true
      return false
    }
    let new = try SeriesLine(text: line)
    if new.hasHistograms { wantsHistograms = true }
    series.append(new)
    return true
  }

  private mutating func expectDirective(_ text: String) throws(NotationFault) {
    let word = text.firstWord
    let rest = text.dropFirst(word.count).trimmingBlanks
    switch word {
    case "fail": failure = try Self.test(rest)
    case "ordered": isOrdered = true
    case "warn": warnings.append(try Self.test(rest))
    case "info": infos.append(try Self.test(rest))
    case "no_warn": forbidsWarnings = true
    case "no_info": forbidsInfos = true
    case "string":
      guard case .string(let text)? = (try? PromQLParser.parse(rest))?.form else {
        throw NotationFault("bad string \(rest)")
      }
      string = text
    case "range":
      var words = WordReader(rest)
      try words.expect("vector")
      try words.expect("from")
      let start = try words.duration()
      try words.expect("to")
      let end = try words.duration()
      try words.expect("step")
      matrixTimes = (.epoch + start, .epoch + end, try words.duration())
    default: throw NotationFault("unknown expectation \(text)")
    }
  }

  private static func test(_ text: String) throws(NotationFault) -> TextTest {
    if text.isEmpty { return .any }
    if text.hasPrefix("msg:") { return .equals(text.dropFirst(4).trimmingBlanks) }
    if text.hasPrefix("regex:") { return .matches(text.dropFirst(6).trimmingBlanks) }
    throw NotationFault("neither msg: nor regex: in \(text)")
  }
}

extension ScriptEvaluation.TextTest {
  func accepts(_ text: String) -> Bool {
    switch self {
    case .any: true
    case .equals(let wanted): text == wanted
    case .matches(let pattern):
      (try? AnchoredPattern(".*(?:\(pattern)).*"))?.matches(text) ?? false
    }
  }
}

/// Takes a line apart word by word.
struct WordReader {
  private var text: Substring

  init(_ text: String) { self.text = text[...] }

  /// What has not been read.
  var rest: String { text.trimmingBlanks }

  func peek() -> String { text.drop { $0 == " " || $0 == "\t" }.firstWord }

  mutating func next() -> String {
    text = text.drop { $0 == " " || $0 == "\t" }
    let word = text.firstWord
    text = text.dropFirst(word.count)
    return word
  }

  mutating func expect(_ word: String) throws(NotationFault) {
    let found = next()
    guard found.lowercased() == word else {
      throw NotationFault("\"\(found)\" stands where \"\(word)\" should")
    }
  }

  mutating func duration() throws(NotationFault) -> Duration {
    let word = next()
    let isNegative = word.hasPrefix("-")
    guard let duration = DurationText.duration(of: isNegative ? String(word.dropFirst()) : word)
    else { throw NotationFault("bad duration \"\(word)\"") }
    return isNegative ? .zero - duration : duration
  }
}
