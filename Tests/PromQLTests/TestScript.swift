// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

/// One series line of a script: labels and a value or a gap for each step.
struct SeriesLine {
  var labels: LabelSet
  /// Nil is a gap.
  var values: [Double?]
}

/// One `eval` of a script with what is expected of it.
struct ScriptEvaluation {
  enum Times {
    case instant(Timestamp)
    case range(start: Timestamp, end: Timestamp, step: Duration)
  }

  /// A test on a text.
  enum TextTest {
    case any
    case equals(String)
    case matches(String)
  }

  var times: Times
  var expression: String
  var line: Int
  var failure: TextTest?
  var isOrdered = false
  var warnings: [TextTest] = []
  var infos: [TextTest] = []
  var forbidsWarnings = false
  var forbidsInfos = false
  var string: String?
  var scalar: Double?
  var matrixTimes: (start: Timestamp, end: Timestamp, step: Duration)?
  var series: [SeriesLine] = []
}

/// A command of a script.
enum ScriptCommand {
  case clear
  case load(step: Duration, [SeriesLine])
  case evaluate(ScriptEvaluation)
}

/// What is wrong with a script.
struct ScriptFault: Error, CustomStringConvertible {
  let description: String
}

/// Reads the `.test` format of PromQL scripts.
struct TestScript {
  private(set) var commands: [ScriptCommand] = []

  init(_ text: String) throws {
    var block: [(Int, String)] = []
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = raw.trimmingBlanks
      if line.isEmpty || line.hasPrefix("#") {
        try add(block)
        block = []
      } else {
        block.append((index + 1, line))
      }
    }
    try add(block)
  }

  private mutating func add(_ block: [(Int, String)]) throws {
    var rest = block[...]
    while let (number, line) = rest.first {
      rest = rest.dropFirst()
      let word = line.prefix { $0 != " " && $0 != "\t" }.lowercased()
      switch word {
      case "clear": commands.append(.clear)
      case "load":
        guard let step = DurationText.duration(of: line.dropFirst(4).trimmingBlanks) else {
          throw ScriptFault(description: "line \(number): bad step")
        }
        commands.append(.load(step: step, try rest.map { try SeriesLine(text: $0.1) }))
        rest = []
      case _ where word.hasPrefix("eval"):
        // A further command may follow without an empty line.
        let end = rest.firstIndex { $0.1.lowercased().hasPrefix("eval") } ?? rest.endIndex
        let lines = rest[..<end].map(\.1)
        commands.append(.evaluate(try ScriptEvaluation(line, number, lines)))
        rest = rest[end...]
      default: throw ScriptFault(description: "line \(number): unknown command \(word)")
      }
    }
  }
}

extension ScriptEvaluation {
  init(_ text: String, _ number: Int, _ expectations: [String]) throws {
    line = number
    func fault(_ what: String) -> ScriptFault {
      ScriptFault(description: "line \(number): \(what)")
    }
    var words = text[...]
    func next() -> String {
      words = words.drop { $0 == " " || $0 == "\t" }
      let word = words.prefix { $0 != " " && $0 != "\t" }
      words = words[word.endIndex...]
      return String(word)
    }
    func time() throws -> Duration {
      let word = next()
      let isNegative = word.hasPrefix("-")
      guard let duration = DurationText.duration(of: isNegative ? String(word.dropFirst()) : word)
      else { throw fault("bad duration \(word)") }
      return isNegative ? .zero - duration : duration
    }
    let command = next().lowercased()
    let kind = next()
    _ = next()
    if kind == "instant" {
      times = .instant(.epoch + (try time()))
    } else {
      let start = try time()
      _ = next()
      let end = try time()
      _ = next()
      times = .range(start: .epoch + start, end: .epoch + end, step: try time())
    }
    expression = words.trimmingBlanks
    if command == "eval_fail" { failure = .any }
    if command == "eval_warn" { warnings = [.any] }
    if command == "eval_info" { infos = [.any] }
    isOrdered = command == "eval_ordered"
    for line in expectations { try expect(line) }
  }

  private mutating func expect(_ line: String) throws {
    if line.hasPrefix("expected_fail_message ") {
      failure = .equals(line.dropFirst(22).trimmingBlanks)
    } else if line.hasPrefix("expected_fail_regexp ") {
      failure = .matches(line.dropFirst(21).trimmingBlanks)
    } else if line.hasPrefix("expect ") {
      try expectDirective(line.dropFirst(7).trimmingBlanks)
    } else if let number = SeriesNotation.number(line) {
      scalar = number
    } else {
      series.append(try SeriesLine(text: line))
    }
  }

  private mutating func expectDirective(_ text: String) throws {
    let word = String(text.prefix { $0 != " " && $0 != "\t" })
    let rest = text.dropFirst(word.count).trimmingBlanks
    switch word {
    case "fail": failure = Self.test(rest)
    case "ordered": isOrdered = true
    case "warn": warnings.append(Self.test(rest))
    case "info": infos.append(Self.test(rest))
    case "no_warn": forbidsWarnings = true
    case "no_info": forbidsInfos = true
    case "string":
      guard case .string(let text) = try PromQLParser.parse(rest).form else {
        throw ScriptFault(description: "line \(line): bad string \(rest)")
      }
      string = text
    case "range":
      let words = rest.split(separator: " ")
      guard words.count == 7, let start = DurationText.duration(of: String(words[2])),
        let end = DurationText.duration(of: String(words[4])),
        let step = DurationText.duration(of: String(words[6]))
      else { throw ScriptFault(description: "line \(line): bad range \(rest)") }
      matrixTimes = (.epoch + start, .epoch + end, step)
    default: throw ScriptFault(description: "line \(line): unknown expectation \(text)")
    }
  }

  private static func test(_ text: String) -> TextTest {
    if text.hasPrefix("msg:") { return .equals(text.dropFirst(4).trimmingBlanks) }
    if text.hasPrefix("regex:") { return .matches(text.dropFirst(6).trimmingBlanks) }
    return .any
  }
}

extension SeriesLine {
  init(text: String) throws {
    // The label set ends at the brace that is not inside quotes, or at the first blank.
    var inBraces = false
    var quote: Character?
    var isEscaped = false
    var end = text.endIndex
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open != "`" {
          isEscaped = true
        } else if character == open {
          quote = nil
        }
        continue
      }
      if character == "\"" || character == "'" || character == "`" { quote = character }
      if character == "{" { inBraces = true }
      if character == "}" { inBraces = false }
      if !inBraces, character == " " || character == "\t" {
        end = index
        break
      }
    }
    try self.init(labels: String(text[..<end]), values: text[end...].trimmingBlanks)
  }

  private init(labels text: String, values: String) throws {
    let notation = try SeriesNotation(series: text, values: values)
    self.init(labels: notation.labels, values: notation.values)
  }

  /// Reads a label set in any notation of a selector.
  static func labels(_ text: String) throws -> LabelSet { try SeriesNotation.labels(text) }
}

extension StringProtocol {
  /// The text without blanks and tabs at both ends.
  var trimmingBlanks: String {
    let front = drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    let back = front.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    return String(back.reversed())
  }
}
