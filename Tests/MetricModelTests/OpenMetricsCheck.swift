// SPDX-License-Identifier: MIT

/// A strict reader of the part of OpenMetrics 1.0 that hvsmon writes: counters, gauges, infos and
/// unknowns, without timestamps and exemplars.
struct OpenMetricsCheck {
  struct Fault: Error, Equatable {
    let line: Int
    let reason: String
  }

  private(set) var samples: [(name: String, labels: [String: String], value: Double)] = []
  private var family = ""
  private var type = "unknown"
  private var hasSamples = false
  private var metadataSeen: Set<String> = []
  private var families: Set<String> = []
  private var series: Set<String> = []

  /// Reads a whole text or throws its first fault.
  init(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard Array(text.utf8) == bytes else { throw Fault(line: 0, reason: "not UTF-8") }
    guard text.unicodeScalars.last == "\n" else { throw Fault(line: 0, reason: "no last LF") }
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String(String.UnicodeScalarView($0)) }
    lines.removeLast()
    guard lines.last == "# EOF" else { throw Fault(line: lines.count, reason: "no # EOF") }
    for (index, line) in lines.dropLast().enumerated() {
      do {
        try read(line)
      } catch let fault as Fault {
        throw Fault(line: index + 1, reason: fault.reason)
      }
    }
  }

  private mutating func read(_ line: String) throws {
    guard !line.isEmpty else { throw fault("an empty line") }
    guard !line.unicodeScalars.contains("\r") else { throw fault("a carriage return") }
    if line.hasPrefix("#") { try readMetadata(line) } else { try readSample(line) }
  }

  private mutating func readMetadata(_ line: String) throws {
    // Scalars throughout: a mark that combines would hide the character before it.
    let words = line.unicodeScalars
      .split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      .map { String($0) }
    guard words.count == 4, words[0] == "#", ["HELP", "TYPE", "UNIT"].contains(words[1]) else {
      throw fault("not a metadata line")
    }
    let name = words[2]
    guard isName(name) else { throw fault("a bad name") }
    if name != family {
      guard families.insert(name).inserted else { throw fault("a family stands twice") }
      family = name
      type = "unknown"
      hasSamples = false
      metadataSeen = []
    }
    guard !hasSamples else { throw fault("metadata after samples") }
    let keyword = words[1]
    guard metadataSeen.insert(keyword).inserted else { throw fault("metadata stands twice") }
    try readMetadata(keyword, words[3])
  }

  private mutating func readMetadata(_ keyword: String, _ text: String) throws {
    switch keyword {
    case "TYPE":
      guard ["counter", "gauge", "info", "unknown"].contains(text) else {
        throw fault("a bad type")
      }
      type = text
    case "UNIT":
      guard type != "info", family.hasSuffix("_\(text)"), !text.isEmpty else {
        throw fault("a bad unit")
      }
    default: _ = try unescaped(text.unicodeScalars[...], endsAtQuote: false)
    }
  }

  private mutating func readSample(_ line: String) throws {
    var rest = line.unicodeScalars[...]
    let name = String(rest.prefix { $0 != "{" && $0 != " " })
    rest = rest.dropFirst(name.unicodeScalars.count)
    guard isName(name) else { throw fault("a bad name") }
    var labels: [String: String] = [:]
    if rest.first == "{" { labels = try readLabels(&rest) }
    guard rest.first == " " else { throw fault("no blank before the value") }
    let number = String(rest.dropFirst())
    let value = try self.value(number)
    try checkBelongs(name, value)
    guard series.insert("\(name) \(labels.sorted { $0.key < $1.key })").inserted else {
      throw fault("a series stands twice")
    }
    hasSamples = true
    samples.append((name, labels, value))
  }

  private func checkBelongs(_ name: String, _ value: Double) throws {
    let suffix = ["counter": "_total", "info": "_info"][type] ?? ""
    guard name == family + suffix else { throw fault("\(name) is not of the family \(family)") }
    if type == "counter", value.isNaN || value < 0 { throw fault("a bad counter value") }
    if type == "info", value != 1 { throw fault("a bad info value") }
  }

  private func readLabels(
    _ rest: inout Substring.UnicodeScalarView
  ) throws -> [String: String] {
    var labels: [String: String] = [:]
    rest.removeFirst()
    while rest.first != "}" {
      if !labels.isEmpty {
        guard rest.popFirst() == "," else { throw fault("no comma between labels") }
      }
      let name = String(rest.prefix { $0 != "=" })
      rest = rest.dropFirst(name.unicodeScalars.count)
      guard isName(name), !name.contains(":") else { throw fault("a bad label name") }
      guard rest.starts(with: "=\"".unicodeScalars) else { throw fault("no quoted label value") }
      rest = rest.dropFirst(2)
      let (value, length) = try unescaped(rest, endsAtQuote: true)
      rest = rest.dropFirst(length + 1)
      guard labels.updateValue(value, forKey: name) == nil else { throw fault("a label twice") }
    }
    rest.removeFirst()
    return labels
  }

  /// The text up to its end or the closing quote, and how many scalars it took.
  private func unescaped(
    _ text: Substring.UnicodeScalarView,
    endsAtQuote: Bool
  ) throws -> (text: String, length: Int) {
    var found = ""
    var isEscaped = false
    var length = 0
    for scalar in text {
      if !isEscaped, scalar == "\"" {
        guard endsAtQuote else { throw fault("a bare quote") }
        return (found, length)
      }
      length += 1
      if !isEscaped, scalar == "\\" {
        isEscaped = true
        continue
      }
      if isEscaped, !["n", "\"", "\\"].contains(scalar) { throw fault("a bad escape") }
      found.unicodeScalars.append(isEscaped && scalar == "n" ? "\n" : scalar)
      isEscaped = false
    }
    guard !endsAtQuote, !isEscaped else { throw fault("text without an end") }
    return (found, length)
  }

  private func value(_ text: String) throws -> Double {
    switch text {
    case "NaN": return .nan
    case "+Inf": return .infinity
    case "-Inf": return -.infinity
    default:
      guard text.utf8.allSatisfy({ "0123456789+-.e".utf8.contains($0) }), let value = Double(text)
      else { throw fault("not a number: \(text)") }
      return value
    }
  }

  private func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (48...58).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
  }

  private func fault(_ reason: String) -> Fault { Fault(line: 0, reason: reason) }
}
