// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import PromQL

/// Looks for what an expression asks for in vain: metrics and labels that do not exist, and sides of
/// an operator that can never match.
struct ExpressionReview {
  /// Something that is hardly meant.
  struct Remark: Equatable {
    let position: SourcePosition
    let text: String
  }

  let metrics: MetricKnowledge
  /// What rules of the same files record.
  let recorded: [String: KnownLabels]
  private(set) var remarks: [Remark] = []
  private var unknown: Set<String> = []

  init(metrics: MetricKnowledge, recorded: [String: KnownLabels]) {
    self.metrics = metrics
    self.recorded = recorded
  }

  /// Reviews an expression; gives what is known of the labels of its result.
  mutating func labels(of expression: Expression) -> KnownLabels {
    switch expression.form {
    case .number, .string: return KnownLabels(possible: [])
    case .selector(let selector): return labels(of: selector, at: expression.position)
    case .range(let range): return labels(of: range.selector, at: expression.position)
    case .subquery(let subquery): return labels(of: subquery.expression)
    case .unary(_, let operand), .parentheses(let operand): return labels(of: operand)
    case .binary(let binary): return labels(of: binary, at: expression.position)
    case .aggregation(let aggregation): return labels(of: aggregation, at: expression.position)
    case .call(let call): return labels(of: call)
    }
  }

  private mutating func remark(_ position: SourcePosition, _ text: String) {
    let remark = Remark(position: position, text: text)
    if !remarks.contains(remark) { remarks.append(remark) }
  }

  private mutating func labels(
    of selector: VectorSelector,
    at position: SourcePosition
  ) -> KnownLabels {
    let matched = selector.matchers.filter { $0.name != LabelSet.metricNameLabel }
    let certain = matched.filter { $0.operation == .equal && !$0.value.isEmpty }.map(\.name)
    guard let name = selector.metricName else {
      return KnownLabels(possible: nil, certain: Set(certain))
    }
    var known = KnownLabels.any
    if let own = recorded[name] {
      known = own
    } else if metrics.contains(name) {
      known = metrics.series(of: name)
    } else if unknown.insert(name).inserted {
      let hint = nearestName(to: name, among: Array(metrics.names) + recorded.keys)
      remark(
        position,
        "hvsmon collects no metric \"\(name)\", and no rule here records it\(Self.hint(hint))"
      )
    }
    for matcher in matched where known.lacks(matcher.name) {
      remark(position, Self.lack(matcher.name, "the metric \"\(name)\"", known))
    }
    known.certain.formUnion(certain)
    return known
  }

  private static func hint(_ name: String?) -> String {
    name.map { "; did you mean \"\($0)\"?" } ?? ""
  }

  private static func lack(_ label: String, _ subject: String, _ known: KnownLabels) -> String {
    let nearest = nearestName(to: label, among: known.possible ?? [])
    return "\(subject) has no label \"\(label)\"\(hint(nearest))"
  }

  private mutating func labels(
    of aggregation: Aggregation,
    at position: SourcePosition
  ) -> KnownLabels {
    let operand = labels(of: aggregation.operand)
    if let parameter = aggregation.parameter { _ = labels(of: parameter) }
    var known: KnownLabels
    switch aggregation.grouping {
    case .by(let names):
      for name in names where operand.lacks(name) {
        remark(position, Self.lack(name, "what is aggregated by (\(name))", operand))
      }
      known = operand.keeping(names)
    case .without(let names): known = operand.removing(names)
    }
    switch aggregation.aggregator {
    case .topk, .bottomk, .limitk, .limitRatio: known = operand
    case .countValues:
      if case .string(let name)? = aggregation.parameter?.unwrapped.form {
        known = known.adding([name])
      }
    default: break
    }
    return known
  }

  private mutating func labels(of call: FunctionCall) -> KnownLabels {
    let arguments = call.arguments.map { labels(of: $0) }
    switch call.function {
    case .labelReplace, .labelJoin:
      guard call.arguments.count > 1, case .string(let name) = call.arguments[1].unwrapped.form
      else { return .any }
      return KnownLabels(
        possible: arguments[0].possible?.union([name]),
        certain: arguments[0].certain
      )
    case .absent, .absentOverTime:
      return KnownLabels(
        possible: arguments.first?.certain,
        certain: arguments.first?.certain ?? []
      )
    case .info: return .any
    case .histogramQuantile, .histogramFraction: return (arguments.last ?? .any).removing(["le"])
    case .histogramQuantiles: return .any
    case .scalar, .time, .vector, .pi: return KnownLabels(possible: [])
    default:
      let vector = call.arguments.firstIndex { $0.type != .scalar && $0.type != .string }
      return vector.map { arguments[$0] } ?? KnownLabels(possible: [])
    }
  }

  private mutating func labels(
    of binary: BinaryExpression,
    at position: SourcePosition
  ) -> KnownLabels {
    let left = labels(of: binary.left)
    let right = labels(of: binary.right)
    guard binary.left.type != .scalar else { return right }
    guard binary.right.type != .scalar else { return left }
    let matching = binary.matching ?? VectorMatching()
    if matching.isOn {
      checkOn(matching.labels, binary.operation, left, right, at: position)
    } else if binary.operation != .or {
      checkAll(binary.operation, left, right, ignoring: matching.labels, at: position)
    }
    if binary.operation == .or { return left.union(right) }
    if binary.operation.isSetOperator { return left }
    switch matching.cardinality {
    case .oneToOne:
      if matching.isOn { return left.keeping(matching.labels) }
      return left.removing(matching.labels)
    case .manyToOne(let included): return including(included, of: right, in: left, at: position)
    case .oneToMany(let included): return including(included, of: left, in: right, at: position)
    }
  }

  private mutating func including(
    _ names: [String],
    of one: KnownLabels,
    in many: KnownLabels,
    at position: SourcePosition
  ) -> KnownLabels {
    for name in names where one.lacks(name) {
      remark(position, Self.lack(name, "the side that a label is taken from", one))
    }
    return KnownLabels(possible: many.possible?.union(names), certain: many.certain)
  }

  private mutating func checkOn(
    _ names: [String],
    _ operation: BinaryOperator,
    _ left: KnownLabels,
    _ right: KnownLabels,
    at position: SourcePosition
  ) {
    for name in names {
      let sides = [(left, "left"), (right, "right")].filter { $0.0.lacks(name) }
      guard let side = sides.first else { continue }
      let subject = sides.count == 2 ? "each" : "the \(side.1)"
      let known = sides.count == 2 ? left.union(right) : side.0
      var text = Self.lack(name, "\(subject) side of \(operation.rawValue)", known)
      if sides.count == 1 { text += ": with on (\(name)) nothing can match" }
      remark(position, text)
    }
  }

  /// Without `on`, a label that only one side carries keeps all from matching.
  private mutating func checkAll(
    _ operation: BinaryOperator,
    _ left: KnownLabels,
    _ right: KnownLabels,
    ignoring: [String],
    at position: SourcePosition
  ) {
    for (here, there, side, other) in [
      (left, right, "left", "right"), (right, left, "right", "left"),
    ] {
      let alone = here.certain.filter { there.lacks($0) }.subtracting(ignoring).sorted()
      guard !alone.isEmpty else { continue }
      let names = alone.map { "\"\($0)\"" }.joined(separator: ", ")
      remark(
        position,
        "the \(side) side of \(operation.rawValue) has \(names), the \(other) side has not:"
          + " nothing can match without on (…) or ignoring (…)"
      )
    }
  }
}
