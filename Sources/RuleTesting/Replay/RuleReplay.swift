// SPDX-License-Identifier: MIT
package import MetricModel
import PromQL
package import Rules

/// Evaluates rules over history, one rule after the other over the whole span.
///
/// A rule sees what rules before it record, not what later ones do. Alerts whose target did not
/// answer are kept, as the daemon keeps them, by what `up` says.
package struct RuleReplay {
  /// The distance of evaluations of a group that names none.
  package static let intervalStandard = Duration.seconds(60)
  /// So many evaluations are one query; fewer where that would read too many samples.
  private static let chunkSteps = 4_000
  private static let chunkStepsMin = 50
  /// Recorded series begin at most so long before the span.
  private static let runUpMax = Duration.seconds(2 * 86_400)

  private let rules: RuleSet
  private let span: ClosedRange<Timestamp>
  private let step: Duration?
  private let templateValues: RuleTemplateValues
  private let clock: () -> Duration
  private let recorded = TrialSeries()
  private let reading: LayeredSeries
  private let engine = QueryEngine()
  private let readsAlerts: Bool
  private let runUp: Duration

  /// Describes a replay.
  ///
  /// - Parameters:
  ///   - rules: The rules.
  ///   - span: What is looked at.
  ///   - step: The distance of evaluations; nil takes each group's interval.
  ///   - history: The samples.
  ///   - templateValues: What templates are given.
  ///   - clock: A monotonic clock, by which the cost of rules is told.
  package init(
    _ rules: RuleSet,
    over span: ClosedRange<Timestamp>,
    step: Duration? = nil,
    reading history: any SeriesReading,
    templateValues: RuleTemplateValues = RuleTemplateValues(),
    clock: @escaping () -> Duration = { .zero }
  ) {
    self.rules = rules
    self.span = span
    self.step = step
    self.templateValues = templateValues
    self.clock = clock
    let all = rules.groups.flatMap(\.rules)
    let alertSeries: Set<String> = ["ALERTS", "ALERTS_FOR_STATE"]
    let uses = all.flatMap(\.expression.selectorUses)
    readsAlerts = uses.contains { use in
      use.selector.metricName.map { alertSeries.contains($0) } ?? true
    }
    let written = all.compactMap { rule in
      if case .recording(let recording) = rule { recording.name } else { nil }
    }
    reading = LayeredSeries(
      below: history,
      above: recorded,
      names: Set(written).union(alertSeries)
    )
    let longest = uses.compactMap(\.lookBack).max() ?? .zero
    runUp = min(longest + .seconds(300), Self.runUpMax)
  }

  /// Evaluates everything.
  package func run() -> ReplayedRules {
    var outcome = ReplayedRules(span: span)
    var silent: [Duration: [Timestamp: UnreachableTargets]] = [:]
    for group in rules.groups {
      let step = step ?? group.interval ?? Self.intervalStandard
      let unreachable = silent[step] ?? unreachableTargets(step: step)
      silent[step] = unreachable
      for rule in group.rules {
        let started = clock()
        var report: ReplayedRule
        switch rule {
        case .recording(let recording):
          report = record(recording, group, step)
        case .alerting(let alerting):
          var alerts: [ReplayedAlert]
          (report, alerts) = watch(alerting, group, step, unreachable)
          alerts.sort { ($0.firedAt, $0.labels) < ($1.firedAt, $1.labels) }
          outcome.alerts += alerts
        }
        report.took = clock() - started
        outcome.rules.append(report)
      }
    }
    outcome.alerts.sort { ($0.firedAt, $0.labels) < ($1.firedAt, $1.labels) }
    return outcome
  }

  /// The result at each step from a time on, in order; stops with the reason of a failure.
  private func walk(
    _ expression: Expression,
    from: Timestamp,
    step: Duration,
    offset: Duration,
    _ visit: (Timestamp, [VectorSample]) -> Void
  ) -> String? {
    let millis = max(step.wholeMilliseconds, 1)
    // Multiples of the step, as the slots of groups are, whatever the moment of the replay.
    var next = (from.unixMilliseconds + millis - 1).floorDivided(by: millis).quotient * millis
    var count = Self.chunkSteps
    while next <= span.upperBound.unixMilliseconds {
      let last = min(
        next + Int64(count - 1) * millis,
        next + (span.upperBound.unixMilliseconds - next) / millis * millis
      )
      do throws(QueryError) {
        let result = try engine.range(
          expression,
          from: Timestamp(unixMilliseconds: next) - offset,
          through: Timestamp(unixMilliseconds: last) - offset,
          step: step,
          reading: reading
        )
        guard case .matrix(let series) = result.value else { return "the result is not a vector" }
        var buckets = [[VectorSample]](repeating: [], count: Int((last - next) / millis) + 1)
        for one in series {
          for sample in one.samples {
            let time = sample.timestamp + offset
            buckets[Int((time.unixMilliseconds - next) / millis)].append(
              VectorSample(labels: one.labels, timestamp: time, value: sample.value)
            )
          }
        }
        for (index, samples) in buckets.enumerated() {
          visit(Timestamp(unixMilliseconds: next + Int64(index) * millis), samples)
        }
        next = last + millis
      } catch {
        guard case .tooManySamples = error, count > Self.chunkStepsMin else {
          return error.description
        }
        count /= 4
      }
    }
    return nil
  }

  private func record(_ rule: RecordingRule, _ group: RuleGroup, _ step: Duration) -> ReplayedRule {
    var report = ReplayedRule(group: group.name, name: rule.name, isAlerting: false)
    var written: Set<LabelSet> = []
    var failure: String?
    let start = span.lowerBound - runUp
    let stop = walk(rule.expression, from: start, step: step, offset: group.queryOffset) {
      time,
      samples in
      report.evaluationCount += 1
      report.sampleCount += samples.count
      do throws(RuleError) {
        let values = try rule.values(of: samples, limit: group.limit)
        for value in values { recorded.add(value.labels, value.value, at: time) }
        let now = Set(values.map(\.labels))
        for ended in written.subtracting(now) { recorded.add(ended, .stalenessMarker, at: time) }
        written = now
      } catch {
        failure = error.description
      }
    }
    report.failure = stop ?? failure
    return report
  }

  private func watch(
    _ rule: AlertingRule,
    _ group: RuleGroup,
    _ step: Duration,
    _ unreachable: [Timestamp: UnreachableTargets]
  ) -> (ReplayedRule, [ReplayedAlert]) {
    let querying = StoredSeriesQuerying(engine: engine, reading: reading)
    var watch = AlertWatch(rule, group: group.name, span: span)
    // What began before the span fires in it from the first evaluation on.
    let start = span.lowerBound - rule.holdDuration
    var sampleCount = 0
    var evaluationCount = 0
    let stop = walk(rule.expression, from: start, step: step, offset: group.queryOffset) {
      time,
      samples in
      evaluationCount += 1
      sampleCount += samples.count
      let values = watch.step(
        samples,
        at: time,
        templateValues,
        using: querying,
        isUnreachable: { unreachable[time]?.contains($0) ?? false }
      )
      guard readsAlerts else { return }
      for value in values { recorded.add(value.labels, value.value, at: time) }
    }
    var report = watch.report(failure: stop)
    report.sampleCount = sampleCount
    report.evaluationCount = evaluationCount
    return (report, watch.alerts)
  }

  private func unreachableTargets(step: Duration) -> [Timestamp: UnreachableTargets] {
    var targets: [Timestamp: UnreachableTargets] = [:]
    do throws(PromQLParseError) {
      let down = try PromQLParser.parse("up == 0")
      let start = span.lowerBound - runUp
      // Without an answer no target counts as silent; the rules' own failures tell why.
      _ = walk(down, from: start, step: step, offset: .zero) { time, samples in
        guard !samples.isEmpty else { return }
        targets[time] = UnreachableTargets(samples.map(\.labels))
      }
    } catch {
      preconditionFailure("`up == 0` is an expression")
    }
    return targets
  }
}
