// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import PromQL

/// Runs scripts against the engine.
struct ScriptRunner {
  private(set) var passed = 0
  private(set) var failures: [String] = []
  private(set) var unsupported: [(place: String, reason: String)] = []
  private(set) var expressions: [String] = []
  private var store = MemorySeries()
  var engine = QueryEngine()

  mutating func run(_ script: TestScript, name: String) {
    store = MemorySeries()
    for command in script.commands {
      switch command {
      case .clear: store = MemorySeries()
      case .load(let step, let lines):
        for line in lines {
          var samples: [Sample] = []
          for (index, value) in line.values.enumerated() {
            guard let value else { continue }
            let time = Timestamp.epoch + step * index
            samples.append(Sample(time, value))
          }
          store.append(line.labels, samples)
        }
      case .evaluate(let evaluation): run(evaluation, name: "\(name):\(evaluation.line)")
      }
    }
  }

  /// Evaluations whose data needs native histograms, which the scripts here have lost.
  private static let withoutData = [
    #"histogram_quantiles({__name__=~"request_duration_seconds\\d*"}, "q", 0.99)"#
  ]

  private mutating func run(_ evaluation: ScriptEvaluation, name: String) {
    if Self.withoutData.contains(evaluation.expression) {
      unsupported.append((name, "native histograms"))
      return
    }
    expressions.append(evaluation.expression)
    do {
      let expression = try PromQLParser.parse(evaluation.expression)
      let result = try evaluate(expression, evaluation)
      if evaluation.failure != nil {
        failures.append("\(name): \(evaluation.expression): must fail, gave \(result.value)")
        return
      }
      var faults = check(result, evaluation)
      if faults.isEmpty { faults = checkAsRange(expression, evaluation, result) }
      if faults.isEmpty { faults = checkAnchored(expression, evaluation, result) }
      if faults.isEmpty {
        passed += 1
      } else {
        failures.append("\(name): \(evaluation.expression): \(faults.joined(separator: "; "))")
      }
    } catch QueryError.unsupported(let function) {
      unsupported.append((name, function))
    } catch {
      check(error, evaluation, name)
    }
  }

  private mutating func check(_ error: any Error, _ evaluation: ScriptEvaluation, _ name: String) {
    let text = (error as? PromQLParseError)?.message ?? "\(error)"
    if text.contains("not supported") {
      unsupported.append((name, text))
      return
    }
    guard let test = evaluation.failure else {
      failures.append("\(name): \(evaluation.expression): \(error)")
      return
    }
    if test.accepts(text) {
      passed += 1
    } else {
      failures.append("\(name): \(evaluation.expression): wrong error \(text), want \(test)")
    }
  }

  private func evaluate(
    _ expression: Expression,
    _ evaluation: ScriptEvaluation
  ) throws -> QueryResult {
    switch evaluation.times {
    case .instant(let time): try engine.instant(expression, at: time, reading: store)
    case .range(let start, let end, let step):
      try engine.range(expression, from: start, through: end, step: step, reading: store)
    }
  }

  private func check(_ result: QueryResult, _ evaluation: ScriptEvaluation) -> [String] {
    var faults = Self.check(
      result.warnings,
      evaluation.warnings,
      forbidden: evaluation.forbidsWarnings
    )
    faults += Self.check(result.infos, evaluation.infos, forbidden: evaluation.forbidsInfos)
    if let string = evaluation.string {
      return result.value == .string(string) ? faults : faults + ["got \(result.value)"]
    }
    if let scalar = evaluation.scalar {
      guard case .scalar(let value) = result.value, value.isAlmost(scalar) else {
        return faults + ["got \(result.value), want \(scalar)"]
      }
      return faults
    }
    switch (result.value, evaluation.times) {
    case (.vector(let samples), .instant):
      let got = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
      return faults + Self.compare(got, evaluation.series, isOrdered: evaluation.isOrdered)
    case (.matrix(let series), .range(let start, let end, let step)):
      let got = series.map { SeriesLine($0, start, end, step) }
      return faults + Self.compare(got, evaluation.series, isOrdered: false)
    case (.matrix(let series), .instant):
      guard let times = evaluation.matrixTimes else { return faults + ["got a matrix"] }
      let got = series.map { SeriesLine($0, times.start, times.end, times.step) }
      return faults + Self.compare(got, evaluation.series, isOrdered: false)
    default: return faults + ["got \(result.value)"]
    }
  }

  /// The value of an instant query must also come out of a range query that passes over it.
  private func checkAsRange(
    _ expression: Expression,
    _ evaluation: ScriptEvaluation,
    _ result: QueryResult
  ) -> [String] {
    guard case .instant(let time) = evaluation.times, case .vector(let samples) = result.value,
      // These depend on the range itself.
      !["start()", "end()", "step()", "range()"].contains(where: evaluation.expression.contains)
    else { return [] }
    do {
      let (start, end) = (time - .seconds(60), time + .seconds(60))
      let range = try engine.range(
        expression,
        from: start,
        through: end,
        step: .seconds(60),
        reading: store
      )
      guard case .matrix(let series) = range.value else { return ["no matrix"] }
      let labels = series.map(\.labels)
      if labels != labels.sorted() { return ["range result is not sorted"] }
      let got = series.compactMap { series -> SeriesLine? in
        guard let sample = series.samples.first(where: { $0.timestamp == time }) else { return nil }
        return SeriesLine(labels: series.labels, values: [sample.value])
      }
      let want = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
      return Self.compare(got, want, isOrdered: false).map { "as range: \($0)" }
    } catch QueryError.execution {
      // A neighbouring step may fail where the instant itself does not.
      return []
    } catch {
      return ["as range: \(error)"]
    }
  }

  /// With the time fixed by `@` on each selector, any evaluation time gives the same value.
  private func checkAnchored(
    _ expression: Expression,
    _ evaluation: ScriptEvaluation,
    _ result: QueryResult
  ) -> [String] {
    let timeDependent = [
      "time()", "timestamp", "predict_linear", "start()", "end()", "step()", "range()", "minute(",
      "hour(", "day_of", "days_in", "month(", "year(", "info(",
    ]
    guard case .instant(let time) = evaluation.times, case .vector(let samples) = result.value,
      !timeDependent.contains(where: evaluation.expression.contains)
    else { return [] }
    let anchored = expression.anchored(at: time)
    let want = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
    for factor in [-10.0, 0, 0.2, 1, 10] {
      let other = Timestamp(unixSeconds: time.unixSeconds * factor)
      do {
        let again = try engine.instant(anchored, at: other, reading: store)
        guard case .vector(let samples) = again.value else { return ["no vector"] }
        let got = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
        let faults = Self.compare(got, want, isOrdered: evaluation.isOrdered)
        if let fault = faults.first { return ["\(anchored) at \(other): \(fault)"] }
      } catch {
        return ["\(anchored) at \(other): \(error)"]
      }
    }
    return []
  }

  private static func check(
    _ texts: [String],
    _ tests: [ScriptEvaluation.TextTest],
    forbidden: Bool
  ) -> [String] {
    if forbidden, !texts.isEmpty { return ["unwanted \(texts)"] }
    guard !tests.isEmpty else { return [] }
    var faults: [String] = []
    for test in tests where !texts.contains(where: test.accepts) {
      faults.append("no \(test) in \(texts)")
    }
    for text in texts where !tests.contains(where: { $0.accepts(text) }) {
      faults.append("unexpected \(text)")
    }
    return faults
  }

  private static func compare(
    _ got: [SeriesLine],
    _ want: [SeriesLine],
    isOrdered: Bool
  ) -> [String] {
    let trimmed = want.map { SeriesLine(labels: $0.labels, values: $0.values.withoutTail) }
      .filter { !$0.values.isEmpty }
    let order = { (lines: [SeriesLine]) in
      isOrdered ? lines : lines.sorted { $0.labels < $1.labels }
    }
    let (left, right) = (order(got), order(trimmed))
    guard left.map(\.labels) == right.map(\.labels) else {
      return ["got \(left.map(\.labels)), want \(right.map(\.labels))"]
    }
    for (one, other) in zip(left, right) {
      let values = one.values.withoutTail
      guard values.count == other.values.count else {
        return ["\(one.labels): got \(values), want \(other.values)"]
      }
      for (value, wanted) in zip(values, other.values) {
        let isSame =
          switch (value, wanted) {
          case (nil, nil): true
          case (let value?, let wanted?): value.isAlmost(wanted)
          default: false
          }
        if !isSame { return ["\(one.labels): got \(values), want \(other.values)"] }
      }
    }
    return []
  }
}

extension SeriesLine {
  init(_ series: Series, _ start: Timestamp, _ end: Timestamp, _ step: Duration) {
    var found: [Timestamp: Double] = [:]
    for sample in series.samples { found[sample.timestamp] = sample.value }
    var values: [Double?] = []
    var time = start
    while time <= end {
      values.append(found.removeValue(forKey: time))
      time = time + step
    }
    // A sample off the grid must not go unseen.
    for value in found.values { values.append(value) }
    self.init(labels: series.labels, values: values)
  }
}

extension [Double?] {
  /// The values without gaps at the end.
  fileprivate var withoutTail: [Double?] {
    var copy = self
    while let last = copy.last, last == nil { copy.removeLast() }
    return copy
  }
}

extension Double {
  /// Equal but for rounding, as the scripts compare.
  func isAlmost(_ other: Double) -> Bool {
    if isStalenessMarker || other.isStalenessMarker { return false }
    if isNaN || other.isNaN { return isNaN && other.isNaN }
    if self == other { return true }
    let difference = (self - other).magnitude
    let sum = magnitude + other.magnitude
    if self == 0 || other == 0 || sum < .leastNormalMagnitude {
      return difference < 1e-6 * .leastNormalMagnitude
    }
    return difference / Swift.min(sum, .greatestFiniteMagnitude) < 1e-6
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

extension Expression {
  /// The expression with the time of each selector fixed that is not fixed or in a subquery.
  fileprivate func anchored(at time: Timestamp) -> Expression {
    func fixed(_ shift: TimeShift) -> TimeShift {
      TimeShift(offset: shift.offset, anchor: shift.anchor ?? .at(time))
    }
    let form: Form
    switch self.form {
    case .number, .string: form = self.form
    case .selector(var selector):
      selector.shift = fixed(selector.shift)
      form = .selector(selector)
    case .range(var range):
      range.selector.shift = fixed(range.selector.shift)
      form = .range(range)
    case .subquery(var subquery):
      subquery.shift = fixed(subquery.shift)
      form = .subquery(subquery)
    case .unary(let sign, let operand): form = .unary(sign, operand.anchored(at: time))
    case .parentheses(let inner): form = .parentheses(inner.anchored(at: time))
    case .binary(let binary):
      form = .binary(
        BinaryExpression(
          binary.operation,
          binary.left.anchored(at: time),
          binary.right.anchored(at: time),
          returnsBool: binary.returnsBool,
          matching: binary.matching
        )
      )
    case .aggregation(let aggregation):
      form = .aggregation(
        Aggregation(
          aggregation.aggregator,
          parameter: aggregation.parameter?.anchored(at: time),
          of: aggregation.operand.anchored(at: time),
          grouping: aggregation.grouping
        )
      )
    case .call(let call):
      form = .call(FunctionCall(call.function, call.arguments.map { $0.anchored(at: time) }))
    }
    return Expression(form, at: position)
  }
}
