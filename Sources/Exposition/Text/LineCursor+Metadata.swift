// SPDX-License-Identifier: MIT
import MetricModel

/// Lines that begin with a number sign.
extension LineCursor {
  /// What such a line is.
  enum Remark {
    /// OpenMetrics' last line.
    case end
    /// Words for people.
    case comment
    case metadata(ExpositionMetadata)
  }

  /// Reads the line from its number sign.
  mutating func remark() throws(LineFault) -> Remark {
    isOpenMetrics ? try openMetricsRemark() : try textRemark()
  }

  private mutating func openMetricsRemark() throws(LineFault) -> Remark {
    guard pass("#"), pass(" ") else { throw LineFault("OpenMetrics has no comments") }
    let keyword = Keyword(word())
    if keyword == .end, isAtEnd { return .end }
    guard let keyword, keyword != .end else { throw LineFault("OpenMetrics has no such line") }
    guard pass(" ") else { throw LineFault("the line has no metric name") }
    let family = try familyName()
    guard pass(" ") else { throw LineFault("the line says nothing about \(family)") }
    return .metadata(ExpositionMetadata(family: family, fact: try fact(keyword, of: family)))
  }

  private mutating func textRemark() throws(LineFault) -> Remark {
    guard pass("#") else { return .comment }
    passBlanks()
    guard let keyword = Keyword(word()), keyword == .help || keyword == .type else {
      return .comment
    }
    passBlanks()
    if isAtEnd { return .comment }
    let family = try familyName()
    guard passSeparator() || isAtEnd else {
      throw LineFault("a character does not belong into the metric name \(family)")
    }
    return .metadata(ExpositionMetadata(family: family, fact: try fact(keyword, of: family)))
  }

  private enum Keyword: CaseIterable {
    case help
    case type
    case unit
    case end

    init?(_ word: Bytes) {
      guard let known = Self.allCases.first(where: { word.elementsEqual($0.text.utf8) }) else {
        return nil
      }
      self = known
    }

    private var text: String {
      switch self {
      case .help: "HELP"
      case .type: "TYPE"
      case .unit: "UNIT"
      case .end: "EOF"
      }
    }
  }

  private mutating func familyName() throws(LineFault) -> String {
    if next == UInt8(ascii: "\"") { return try quoted(limitBytes: rules.labelBytesMax) }
    let name = bareName(allowsColon: true)
    guard !name.isEmpty else { throw LineFault("the line has no valid metric name") }
    return String(decoding: name, as: UTF8.self)
  }

  private mutating func fact(
    _ keyword: Keyword,
    of family: String
  ) throws(LineFault) -> ExpositionMetadata.Fact {
    switch keyword {
    case .help: return .help(try help())
    case .unit: return .unit(try Self.text(rest))
    case .type, .end:
      var word = rest
      if !isOpenMetrics {
        word = self.word()
        passBlanks()
        guard isAtEnd else { throw LineFault("there is more behind the type of \(family)") }
      }
      guard let known = MetricType.allCases.first(where: { word.elementsEqual($0.rawValue.utf8) }),
        known.isKnown(to: rules)
      else { throw LineFault("the type of \(family) is none of the format") }
      return .type(known.rawValue)
    }
  }

  /// The rest of the line without its escapes.
  private mutating func help() throws(LineFault) -> String {
    let text = try Self.text(rest)
    guard rules.wantsMetadata, text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var help = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch scalar {
        case "n": help.unicodeScalars.append("\n")
        case "\\": help.unicodeScalars.append("\\")
        case "\"" where isOpenMetrics: help.unicodeScalars.append("\"")
        default: help.unicodeScalars.append(contentsOf: ["\\", scalar])
        }
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        help.unicodeScalars.append(scalar)
      }
    }
    return isEscaped ? help + "\\" : help
  }
}

/// A type of metric as `TYPE` names it.
enum MetricType: String, CaseIterable {
  case counter, gauge, histogram, summary, untyped, unknown, info, stateset, gaugehistogram

  /// A scraper of the text format also takes the words of OpenMetrics.
  func isKnown(to rules: ExpositionRules) -> Bool {
    switch (rules.format, self) {
    case (.openMetrics, .untyped): false
    case (.text, .unknown), (.text, .info), (.text, .stateset), (.text, .gaugehistogram):
      !rules.isStrict
    default: true
    }
  }

  /// What OpenMetrics puts behind a family's name; empty for the name itself.
  var sampleSuffixes: [String] {
    switch self {
    case .counter: ["_total", "_created"]
    case .histogram: ["_bucket", "_count", "_sum", "_created"]
    case .gaugehistogram: ["_bucket", "_gcount", "_gsum"]
    case .summary: ["", "_count", "_sum", "_created"]
    case .info: ["_info"]
    case .gauge, .stateset, .unknown, .untyped: [""]
    }
  }
}
