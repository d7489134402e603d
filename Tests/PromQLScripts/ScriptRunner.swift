// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
package import PromQL

/// Runs scripts against the engine and counts.
package struct ScriptRunner {
  /// How many evaluations gave what they should.
  package private(set) var passed = 0
  /// Each with file, line, expression and what is wrong.
  package private(set) var failures: [String] = []
  /// Evaluations that need what is left out on purpose, each with file and line.
  package private(set) var unsupported: [(place: String, reason: String)] = []
  /// All expressions met so far.
  package private(set) var expressions: [String] = []
  /// What evaluates.
  package var engine: QueryEngine
  private var store = MemorySeries()
  /// The series that have native histograms, which the store has not.
  private var histograms: Set<LabelSet> = []

  /// Makes a runner that has run nothing.
  package init(engine: QueryEngine = QueryEngine()) {
    self.engine = engine
  }

  /// Runs a script; `name` stands before the line in what is said of it.
  package mutating func run(_ script: TestScript, name: String) {
    clear()
    for fault in script.faults { failures.append("\(name):\(fault.line): \(fault.reason)") }
    for command in script.commands {
      switch command {
      case .clear: clear()
      case .load(let step, let lines, let makesHistograms):
        for line in lines { load(line, step, makesHistograms: makesHistograms) }
      case .evaluate(let evaluation): run(evaluation, name: "\(name):\(evaluation.line)")
      }
    }
  }

  // MARK: Data

  private mutating func clear() {
    store = MemorySeries()
    histograms = []
  }

  private mutating func load(_ line: SeriesLine, _ step: Duration, makesHistograms: Bool) {
    if line.hasHistograms { histograms.insert(line.labels) }
    if makesHistograms, let name = line.labels.metricName, name.hasSuffix("_bucket") {
      let base = String(name.dropLast("_bucket".count))
      histograms.insert(
        line.labels.setting(LabelSet.metricNameLabel, to: base).setting("le", to: "")
      )
    }
    var samples: [Sample] = []
    for (index, value) in line.values.enumerated() {
      guard let value else { continue }
      samples.append(Sample(.epoch + step * index, value))
    }
    if !samples.isEmpty { store.append(line.labels, samples) }
  }

  // MARK: Evaluations

  private mutating func run(_ evaluation: ScriptEvaluation, name: String) {
    expressions.append(evaluation.expression)
    if let reason = Unsupported.reason(for: evaluation, histograms: histograms) {
      unsupported.append((name, reason))
      return
    }
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
      unsupported.append((name, "\(function)()"))
    } catch {
      check(error, evaluation, name)
    }
  }

  private mutating func check(_ error: any Error, _ evaluation: ScriptEvaluation, _ name: String) {
    let text = (error as? PromQLParseError)?.message ?? "\(error)"
    guard let test = evaluation.failure else {
      failures.append("\(name): \(evaluation.expression): \(error)")
      return
    }
    // Scripts write faults of the syntax with their place or without.
    if test.accepts(text) || test.accepts("\(error)") {
      passed += 1
    } else {
      failures.append("\(name): \(evaluation.expression): wrong error \(error), want \(test)")
    }
  }

  private func evaluate(
    _ expression: Expression,
    _ evaluation: ScriptEvaluation
  ) throws -> QueryResult {
    switch evaluation.times {
    case .instant(let time):
      // A range vector is asked for at the end of what is expected of it.
      try engine.instant(expression, at: evaluation.matrixTimes?.end ?? time, reading: store)
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
      return faults
        + ResultComparison.faults(got, evaluation.series, isOrdered: evaluation.isOrdered)
    case (.matrix(let series), .range(let start, let end, let step)):
      let got = series.map { SeriesLine($0, start, end, step) }
      return faults + ResultComparison.faults(got, evaluation.series, isOrdered: false)
    case (.matrix(let series), .instant):
      guard let times = evaluation.matrixTimes else { return faults + ["got a matrix"] }
      let got = series.map { SeriesLine($0, times.start, times.end, times.step) }
      return faults + ResultComparison.faults(got, evaluation.series, isOrdered: false)
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
      !["start()", "end()", "step()", "range()"].contains(where: evaluation.mentions)
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
      return ResultComparison.faults(got, want, isOrdered: false).map { "as range: \($0)" }
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
      !timeDependent.contains(where: evaluation.mentions)
    else { return [] }
    let anchored = expression.anchored(at: time)
    let want = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
    for factor in [-10.0, 0, 0.2, 1, 10] {
      let other = Timestamp(unixSeconds: time.unixSeconds * factor)
      do {
        let again = try engine.instant(anchored, at: other, reading: store)
        guard case .vector(let samples) = again.value else { return ["no vector"] }
        let got = samples.map { SeriesLine(labels: $0.labels, values: [$0.value]) }
        let faults = ResultComparison.faults(got, want, isOrdered: evaluation.isOrdered)
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
}

extension ScriptEvaluation {
  /// The expression holds a piece of text, whatever its letter case.
  fileprivate func mentions(_ piece: String) -> Bool { expression.lowercased().contains(piece) }
}
