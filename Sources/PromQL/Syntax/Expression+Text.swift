// SPDX-License-Identifier: MIT
import MetricModel

extension Expression: CustomStringConvertible {
  /// The expression as PromQL in one line, which parses to an equal expression.
  package var description: String {
    switch form {
    case .number(let literal): literal.value.sampleValueText
    case .string(let text): text.quotedForPromQL
    case .selector(let selector): selector.description
    case .range(let range):
      "\(range.selector.body)[\(range.range.text)]\(range.selector.modifiers)"
    case .subquery(let subquery):
      "\(subquery.expression)[\(subquery.range.text)"
        + ":\(subquery.step?.text ?? "")]\(subquery.shift.text)"
    case .unary(let sign, let operand): "\(sign.rawValue)\(operand)"
    case .parentheses(let inner): "(\(inner))"
    case .binary(let binary): binary.text
    case .aggregation(let aggregation): aggregation.text
    case .call(let call):
      "\(call.function.rawValue)(\(call.arguments.map(\.description).joined(separator: ", ")))"
    }
  }
}

extension VectorSelector: CustomStringConvertible {
  /// The selector as PromQL, with the metric name in front of the braces where that is possible.
  package var description: String { body + modifiers }

  /// What stands behind the braces and the range.
  fileprivate var modifiers: String {
    edges == .plain ? shift.text : " \(edges.rawValue)\(shift.text)"
  }

  /// The selector without its modifiers.
  fileprivate var body: String {
    let isNameFixedTwice = matchers.dropFirst().contains(where: \.fixesMetricName)
    guard let name = metricName, !isNameFixedTwice else {
      return "{\(Self.text(of: matchers[...]))}"
    }
    let rest = Self.text(of: matchers.dropFirst())
    let isPlain =
      CharacterClass.isMetricName(name) && !Parser.reservedWords.contains(name.lowercased())
    if isPlain { return rest.isEmpty ? name : "\(name){\(rest)}" }
    // An empty quoted name would read as no name at all.
    guard !name.isEmpty else { return "{\(Self.text(of: matchers[...]))}" }
    return "{\(name.quotedForPromQL)\(rest.isEmpty ? "" : ", \(rest)")}"
  }

  private static func text(of matchers: ArraySlice<LabelMatcher>) -> String {
    matchers.map { matcher in
      "\(matcher.name.asLabelName)\(matcher.operation.rawValue)\(matcher.value.quotedForPromQL)"
    }.joined(separator: ", ")
  }
}

extension String {
  /// The label name as it stands in braces and lists: quoted when it is not a plain identifier.
  fileprivate var asLabelName: String {
    CharacterClass.isLabelName(self) ? self : quotedForPromQL
  }
}

extension Span {
  fileprivate var text: String {
    switch self {
    case .fixed(let duration): DurationText.text(of: duration)
    case .formula(let formula): formula.description
    }
  }
}

extension TimeShift {
  fileprivate var text: String {
    var text = ""
    switch anchor {
    case .at(let instant): text += " @ \(instant.secondsText)"
    case .start: text += " @ start()"
    case .end: text += " @ end()"
    case nil: break
    }
    switch offset {
    case .fixed(.zero): break
    case .fixed(let duration):
      text += " offset \(duration < .zero ? "-" : "")\(DurationText.text(of: duration))"
    case .formula(let formula): text += " offset (\(formula))"
    }
    return text
  }
}

extension [String] {
  fileprivate var asLabelList: String {
    "(\(map(\.asLabelName).joined(separator: ", ")))"
  }
}

extension BinaryExpression {
  fileprivate var text: String {
    var text = "\(left) \(operation.rawValue) "
    if returnsBool { text += "bool " }
    if let matching { text += matching.text }
    return "\(text)\(right)"
  }
}

extension VectorMatching {
  fileprivate var text: String {
    var text = ""
    // Fill values may stand alone; `ignoring ()` says the same as nothing.
    let isWritten = isOn || !labels.isEmpty || (leftFill == nil && rightFill == nil)
    if isWritten || cardinality != .oneToOne {
      text += "\(isOn ? "on" : "ignoring") \(labels.asLabelList) "
    }
    switch cardinality {
    case .oneToOne: break
    case .manyToOne(let including): text += "group_left \(including.asLabelList) "
    case .oneToMany(let including): text += "group_right \(including.asLabelList) "
    }
    if let leftFill { text += "fill_left (\(leftFill.value.sampleValueText)) " }
    if let rightFill { text += "fill_right (\(rightFill.value.sampleValueText)) " }
    return text
  }
}

extension Aggregation {
  fileprivate var text: String {
    var text = aggregator.rawValue
    switch grouping {
    case .by(let labels): if !labels.isEmpty { text += " by \(labels.asLabelList) " }
    case .without(let labels): text += " without \(labels.asLabelList) "
    }
    return "\(text)(\(parameter.map { "\($0), " } ?? "")\(operand))"
  }
}
