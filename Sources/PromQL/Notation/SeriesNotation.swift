// SPDX-License-Identifier: MIT
package import MetricModel

/// A series as test files write it: its labels, and a value or a gap for each step.
///
/// Source: the Prometheus documentation, "Unit testing for rules", section `<series>`.
package struct SeriesNotation: Equatable, Sendable {
  /// The most steps of one series.
  package static let stepsMax = 1_000_000

  /// What identifies the series.
  package let labels: LabelSet
  /// One for each step; nil is a gap, and a staleness marker ends the series.
  package let values: [Double?]

  /// Reads a series such as `up{job="a"}` and values such as `1 _x3 0+5x10 stale`.
  ///
  /// - Throws: ``SeriesNotationFault``, which names the item.
  package init(series: String, values text: String) throws(SeriesNotationFault) {
    labels = try Self.labels(series)
    var values: [Double?] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      try Self.add(word, to: &values)
    }
    self.values = values
  }

  /// Reads a label set in any notation of a selector, with a metric name or without.
  package static func labels(_ text: String) throws(SeriesNotationFault) -> LabelSet {
    let text = text.trimmed
    if text.isEmpty || text == "{}" { return .empty }
    // A selector with empty values alone would be refused.
    let probe = text.hasPrefix("{") ? "{\(probeLabel)=\"x\",\(text.dropFirst())" : text
    let parsed: Expression
    do throws(PromQLParseError) {
      parsed = try PromQLParser.parse(probe)
    } catch {
      throw SeriesNotationFault(item: text, reason: error.message)
    }
    guard case .selector(let selector) = parsed.form, selector.shift == TimeShift(),
      selector.matchers.allSatisfy({ $0.operation == .equal })
    else { throw SeriesNotationFault(item: text, reason: "this is not one series") }
    return LabelSet(
      selector.matchers.filter { $0.name != probeLabel }.map { Label($0.name, $0.value) }
    )
  }

  private static let probeLabel = "__probe__"

  private static func add(
    _ word: Substring,
    to values: inout [Double?]
  ) throws(SeriesNotationFault) {
    if word == "stale" {
      values.append(.stalenessMarker)
      return
    }
    // The mark is the last `x`: no number holds one, as hexadecimal is not read here.
    let mark = word.lastIndex(of: "x")
    let body = mark.map { word[..<$0] } ?? word
    var times = 0
    if let mark {
      guard let count = count(word[word.index(after: mark)...]) else { throw fault(word) }
      times = count
    }
    guard values.count + times < stepsMax else {
      throw SeriesNotationFault(
        item: String(word.prefix(40)),
        reason: "a series has at most \(stepsMax) values"
      )
    }
    if body == "_" {
      values += [Double?](repeating: nil, count: mark == nil ? 1 : times)
    } else if let number = number(body) {
      values += [Double?](repeating: number, count: times + 1)
    } else {
      guard mark != nil, let (first, step) = progression(body) else { throw fault(word) }
      var value = first
      for _ in 0...times {
        values.append(value)
        value += step
      }
    }
  }

  private static func fault(_ word: Substring) -> SeriesNotationFault {
    let reason =
      word.hasPrefix("{{")
      ? "native histograms are not supported"
      : "a value is a number, _, _xN, axN, a+bxN, a-bxN or stale"
    return SeriesNotationFault(item: String(word.prefix(40)), reason: reason)
  }

  private static func count(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 9,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// `a+b` or `a-b`: the sign is the last one that does not belong to an exponent.
  private static func progression(_ text: Substring) -> (first: Double, step: Double)? {
    let sign = text.indices.last { index in
      (text[index] == "+" || text[index] == "-") && index > text.startIndex
        && text[text.index(before: index)] != "e" && text[text.index(before: index)] != "E"
    }
    guard let sign, let first = number(text[..<sign]), let step = number(text[sign...]) else {
      return nil
    }
    return (first, step)
  }

  /// A decimal number, `Inf` or `NaN` in any case; nil for anything else.
  package static func number(_ text: some StringProtocol) -> Double? {
    switch text.lowercased() {
    case "inf", "+inf": return .infinity
    case "-inf": return -.infinity
    case "nan", "+nan", "-nan": return .nan
    default:
      let isPlain = text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
      }
      return isPlain ? Double(text) : nil
    }
  }
}

/// Why text is no series, or no values of one.
package struct SeriesNotationFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The part that cannot be read.
  package let item: String
  /// What is wrong with it.
  package let reason: String

  /// The part in quotes and what is wrong.
  package var description: String { "\(item.quotedForPromQL): \(reason)" }
}

extension String {
  /// The text without white space at both ends.
  fileprivate var trimmed: String {
    let front = drop(while: \.isWhitespace)
    return String(front.reversed().drop(while: \.isWhitespace).reversed())
  }
}
