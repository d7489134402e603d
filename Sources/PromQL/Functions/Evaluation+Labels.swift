// SPDX-License-Identifier: MIT
import MetricModel
import Patterns

extension Evaluation {
  func labelReplace(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let destination = try string(call.arguments[1])
    let template = try string(call.arguments[2])
    let source = try string(call.arguments[3])
    let expression = try string(call.arguments[4])
    let pattern: AnchoredPattern
    do throws(PatternError) {
      pattern = try AnchoredPattern(expression, capturing: true)
    } catch {
      throw .execution(
        message: "invalid regular expression in label_replace(): \(error.pattern): \(error.reason)"
      )
    }
    guard destination.canNameLabel else {
      throw .execution(
        message: "invalid destination label name in label_replace(): \(destination)"
      )
    }
    // Many series share a value; it is taken apart once.
    var known: [String: String?] = [:]
    return try relabel(call.arguments[0], destination, on: grid) { labels in
      let value = labels[source] ?? ""
      if let text = known[value] { return text }
      let text = pattern.expanding(template, for: value)
      known[value] = .some(text)
      return text
    }
  }

  func labelJoin(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let destination = try string(call.arguments[1])
    let separator = try string(call.arguments[2])
    var sources: [String] = []
    for argument in call.arguments.dropFirst(3) {
      let name = try string(argument)
      guard name.canNameLabel else {
        throw .execution(message: "invalid source label name in label_join(): \(name)")
      }
      sources.append(name)
    }
    guard destination.canNameLabel else {
      throw .execution(message: "invalid destination label name in label_join(): \(destination)")
    }
    return try relabel(call.arguments[0], destination, on: grid) { labels in
      sources.map { labels[$0] ?? "" }.joined(separator: separator)
    }
  }

  /// Sets a label of each series to what `value` says; nil leaves the series as it is.
  private func relabel(
    _ argument: Expression,
    _ destination: String,
    on grid: EvaluationGrid,
    value: (LabelSet) -> String?
  ) throws(QueryError) -> [Column] {
    var columns = try vector(argument, on: grid)
    for index in columns.indices {
      guard let text = value(columns[index].labels) else { continue }
      columns[index].labels = columns[index].labels.setting(destination, to: text)
      // A name that was set on purpose stays.
      if destination == LabelSet.metricNameLabel { columns[index].dropsName = false }
    }
    return try merged(columns)
  }
}

extension String {
  /// A label may be called this: anything that is UTF-8 and not empty.
  ///
  /// U+FFFD stands for bytes of a query's text that are not.
  var canNameLabel: Bool { !isEmpty && !unicodeScalars.contains("\u{fffd}") }
}
