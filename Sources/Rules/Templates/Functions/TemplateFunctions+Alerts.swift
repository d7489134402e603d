// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Patterns

extension TemplateFunctionSet {
  /// The functions of alert templates.
  ///
  /// Source: the Prometheus documentation, "Template reference".
  static let alertFunctions: [String: Function] =
    numberFunctions
    .merging(textFunctions) { $1 }
    .merging(queryFunctions) { $1 }
    .merging(linkFunctions) { $1 }

  private static let numberFunctions: [String: Function] = [
    "humanize": { call throws(TemplateFault) in .text(HumanText.metric(try onlyNumber(call))) },
    "humanize1024": { call throws(TemplateFault) in
      .text(HumanText.binary(try onlyNumber(call)))
    },
    "humanizeDuration": { call throws(TemplateFault) in
      .text(HumanText.span(seconds: try onlyNumber(call)))
    },
    "humanizePercentage": { call throws(TemplateFault) in
      .text(HumanText.percentage(try onlyNumber(call)))
    },
    "humanizeTimestamp": { call throws(TemplateFault) in
      .text(try HumanText.timestamp(try onlyNumber(call)))
    },
    "toTime": { call throws(TemplateFault) in
      .instant(try HumanText.instant(try onlyNumber(call)))
    },
    "toDuration": { call throws(TemplateFault) in
      let seconds = try onlyNumber(call)
      guard seconds.isFinite, abs(seconds) < 9.223372036e9 else {
        throw TemplateFault("\(NumberText.shortest(seconds)) is not a span that can be represented")
      }
      return .span(.nanoseconds(Int64(seconds * 1e9)))
    },
    "now": { call throws(TemplateFault) in
      try call.expect(0)
      return .number(call.context.now.unixSeconds)
    },
    "parseDuration": { call throws(TemplateFault) in
      try call.expect(1)
      let text = try call.text(0)
      let isNegative = text.hasPrefix("-")
      guard let span = QuantityText.span(isNegative ? String(text.dropFirst()) : text) else {
        throw TemplateFault(
          "not a valid duration string: \(text.prefix(100).description.quotedForPromQL)"
        )
      }
      return .number(isNegative ? -span.inSeconds : span.inSeconds)
    },
  ]

  private static func onlyNumber(_ call: TemplateCall) throws(TemplateFault) -> Double {
    try call.expect(1)
    return try call.number(0)
  }

  private static let textFunctions: [String: Function] = [
    "title": { call throws(TemplateFault) in .text(titled(try onlyText(call))) },
    "toUpper": { call throws(TemplateFault) in .text(try onlyText(call).uppercased()) },
    "toLower": { call throws(TemplateFault) in .text(try onlyText(call).lowercased()) },
    "stripPort": { call throws(TemplateFault) in
      let text = try onlyText(call)
      return .text(HostPort(text)?.host ?? text)
    },
    "stripDomain": { call throws(TemplateFault) in
      .text(HostPort.withoutDomain(try onlyText(call)))
    },
    "urlQueryEscape": { call throws(TemplateFault) in
      .text(EscapedText.query(try onlyText(call)))
    },
    "safeHtml": { call throws(TemplateFault) in .text(try onlyText(call)) },
    "match": { call throws(TemplateFault) in
      try call.expect(2)
      return .flag(try pattern(try call.text(0)).isFound(in: try call.text(1)))
    },
    "reReplaceAll": { call throws(TemplateFault) in
      try call.expect(3)
      let pattern = try pattern(try call.text(0))
      let limit = TemplateEvaluator.outputBytesMax
      let template = try call.text(1)
      guard let text = pattern.replacing(in: try call.text(2), with: template, bytesMax: limit)
      else { throw TemplateFault("the text would be longer than \(limit) bytes") }
      return .text(text)
    },
    "args": { call in
      let named = call.arguments.enumerated().map { ("arg\($0)", $1) }
      return .map(Dictionary(uniqueKeysWithValues: named))
    },
  ]

  private static func onlyText(_ call: TemplateCall) throws(TemplateFault) -> String {
    try call.expect(1)
    return try call.text(0)
  }

  private static func pattern(_ text: String) throws(TemplateFault) -> SearchPattern {
    do throws(PatternError) {
      return try SearchPattern(text)
    } catch {
      throw TemplateFault(error.description)
    }
  }

  /// Each word with its first letter in upper case.
  private static func titled(_ text: String) -> String {
    var titled = ""
    var isInWord = false
    for character in text {
      let isWordCharacter =
        character.isLetter || character.isNumber || character == "_" || character == "'"
      titled += isWordCharacter && !isInWord ? character.uppercased() : String(character)
      isInWord = isWordCharacter
    }
    return titled
  }

  private static let queryFunctions: [String: Function] = [
    "query": { call throws(TemplateFault) in
      try call.expect(1)
      guard let query = call.context.query else { throw TemplateFault("no queries here") }
      return .list(try query(try call.text(0)))
    },
    "first": { call throws(TemplateFault) in
      try call.expect(1)
      guard let first = try call.list(0).first else {
        throw TemplateFault("first() called on vector with no elements")
      }
      return first
    },
    "value": { call throws(TemplateFault) in
      try call.expect(1)
      guard let value = field("Value", of: call.arguments[0]) else {
        throw TemplateFault("expected a sample; got \(call.arguments[0].typeName)")
      }
      return value
    },
    "label": { call throws(TemplateFault) in
      try call.expect(2)
      return .text(try label(try call.text(0), of: call.arguments[1]))
    },
    "strvalue": { call throws(TemplateFault) in
      try call.expect(1)
      return .text(try label("__value__", of: call.arguments[0]))
    },
    "sortByLabel": { call throws(TemplateFault) in
      try call.expect(2)
      let name = try call.text(0)
      var keyed: [(key: String, index: Int, item: TemplateValue)] = []
      for (index, item) in try call.list(1).enumerated() {
        keyed.append((try label(name, of: item), index, item))
      }
      keyed.sort { left, right in
        left.key == right.key
          ? left.index < right.index : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
      }
      return .list(keyed.map(\.item))
    },
  ]

  private static func field(_ name: String, of value: TemplateValue) -> TemplateValue? {
    if case .record(let fields) = value { fields[name] } else { nil }
  }

  private static func label(
    _ name: String,
    of sample: TemplateValue
  ) throws(TemplateFault) -> String {
    guard case .map(let labels)? = field("Labels", of: sample) else {
      throw TemplateFault("expected a sample; got \(sample.typeName)")
    }
    return labels[name]?.printed ?? ""
  }

  private static let linkFunctions: [String: Function] = [
    "graphLink": { call throws(TemplateFault) in
      .text("/graph?g0.expr=\(EscapedText.query(try onlyText(call)))&g0.tab=0")
    },
    "tableLink": { call throws(TemplateFault) in
      .text("/graph?g0.expr=\(EscapedText.query(try onlyText(call)))&g0.tab=1")
    },
    "externalURL": { call throws(TemplateFault) in
      try call.expect(0)
      return .text(call.context.externalURL)
    },
    "pathPrefix": { call throws(TemplateFault) in
      try call.expect(0)
      return .text(HostPort.path(ofURL: call.context.externalURL))
    },
  ]
}
