// SPDX-License-Identifier: MIT
import MetricModel

/// The name and labels of a line.
extension LineCursor {
  /// Moves behind the name and labels without checking them; false when the line ends before.
  mutating func passSeriesText() -> Bool {
    while let byte = next, byte != UInt8(ascii: "{"), byte != UInt8(ascii: " "),
      byte != UInt8(ascii: "\t")
    {
      position += 1
    }
    let end = position
    passBlanks()
    guard pass("{") else {
      position = end
      return true
    }
    var isQuoted = false
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\") where isQuoted: position = min(position + 1, line.count)
      case UInt8(ascii: "}") where !isQuoted: return true
      default: break
      }
    }
    return false
  }

  /// Reads the name and labels at the position.
  mutating func series() throws(LineFault) -> LabelSet {
    var name = String(decoding: bareName(allowsColon: true), as: UTF8.self)
    let end = position
    passBlanks()
    guard pass("{") else {
      position = end
      guard !name.isEmpty else { throw LineFault("the line begins with no metric name") }
      guard let byte = next else { throw LineFault("the value is missing") }
      guard byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") else {
        throw LineFault("a character does not belong into the metric name \(name)")
      }
      return LabelSet(metric: name)
    }
    let found = try labels(mayHaveName: name.isEmpty)
    name = found.name ?? name
    guard !name.isEmpty else { throw LineFault("the series has no metric name") }
    return LabelSet([Label(LabelSet.metricNameLabel, name)] + found.pairs)
  }

  /// Reads labels up to and with the closing brace; a text in quotes without a value may be the
  /// metric's name, as in the newer notation.
  mutating func labels(mayHaveName: Bool) throws(LineFault) -> (name: String?, pairs: [Label]) {
    var found: (name: String?, pairs: [Label]) = (nil, [])
    passBlanks()
    if pass("}") { return found }
    while true {
      let isQuoted = next == UInt8(ascii: "\"")
      let name = isQuoted ? try quoted(limitBytes: rules.labelBytesMax) : bareLabelName()
      guard !name.isEmpty else { throw LineFault("a label has no name") }
      passBlanks()
      if isQuoted, mayHaveName, found.name == nil, next != UInt8(ascii: "=") {
        found.name = name
      } else {
        try add(name, to: &found.pairs)
      }
      passBlanks()
      if pass("}") { return found }
      guard !isAtEnd else { throw LineFault("the labels have no closing brace") }
      guard pass(",") else { throw LineFault("a comma is missing between labels") }
      passBlanks()
      // The text format has it, and scrapers take it in OpenMetrics as well.
      if !isOpenMetrics || !rules.isStrict, pass("}") { return found }
    }
  }

  private mutating func bareLabelName() -> String {
    String(decoding: bareName(allowsColon: false), as: UTF8.self)
  }

  /// Reads the value of the label called `name`.
  private mutating func add(_ name: String, to pairs: inout [Label]) throws(LineFault) {
    guard pass("=") else {
      throw LineFault("an equals sign is missing behind the label name \(name)")
    }
    passBlanks()
    let value = try quoted(limitBytes: rules.labelBytesMax)
    guard name != LabelSet.metricNameLabel else {
      throw LineFault("the label \(name) is not one that may be written")
    }
    guard !pairs.contains(where: { $0.name == name }) else {
      throw LineFault("the label \(name) is written twice")
    }
    guard pairs.count < rules.labelsMax else {
      throw LineFault("more than \(rules.labelsMax) labels")
    }
    pairs.append(Label(name, value))
  }
}
