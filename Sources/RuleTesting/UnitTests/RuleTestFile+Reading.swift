// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import PromQL
import YAML

extension RuleTestFile {
  /// Reads a test file.
  ///
  /// - Parameters:
  ///   - text: Its bytes.
  ///   - file: Its name for messages.
  ///   - ignoringUnknownKeys: Keys that promtool does not know are left out, not faults.
  /// - Throws: ``RuleTestFaults`` with everything that is wrong in it.
  package init(
    reading text: [UInt8],
    file: String,
    ignoringUnknownKeys: Bool = false
  ) throws(RuleTestFaults) {
    let tree = SettingsTree(
      parsing: text,
      file: file,
      dialect: .prometheus(ignoresUnknownKeys: ignoringUnknownKeys)
    )
    let root = tree.root
    self.file = file
    ruleFiles = root.texts("rule_files").map(\.text)
    evaluationInterval = root.span(
      "evaluation_interval",
      default: .seconds(60),
      in: RuleTestReader.intervals
    )
    var order: [String] = []
    for (name, mark) in root.texts("group_eval_order") {
      if order.contains(name) {
        root.report(
          "group_eval_order",
          at: mark,
          "group name repeated in evaluation order: \(name)"
        )
      }
      order.append(name)
    }
    groupOrder = order
    comparesFuzzily = root.flag("fuzzy_compare", default: false)
    let reader = RuleTestReader(interval: evaluationInterval)
    tests = root.sections("tests").map(reader.test)
    warnings = tree.warnings
    let issues = tree.issues
    guard issues.isEmpty else { throw RuleTestFaults(issues: issues) }
  }
}

/// Reads the tests of one file.
struct RuleTestReader {
  static let spans = Duration.zero...Duration.seconds(10 * 365 * 86_400)
  static let intervals = Duration.milliseconds(1)...Duration.seconds(365 * 86_400)
  /// The most evaluations of one test.
  static let evaluationsMax = 1_000_000

  let interval: Duration

  func test(_ section: SettingsSection) -> RuleTest {
    let test = RuleTest(
      name: section.text("name") ?? "",
      interval: section.span("interval", default: interval, in: Self.intervals),
      start: start(of: section),
      series: section.sections("input_series").compactMap(series),
      externalLabels: labels("external_labels", of: section),
      externalURL: section.text("external_url") ?? "",
      alertChecks: section.sections("alert_rule_test").map(alertCheck),
      expressionChecks: section.sections("promql_expr_test").compactMap(expressionCheck)
    )
    if test.length / interval > Double(Self.evaluationsMax) {
      section.report("", "the test would take more than \(Self.evaluationsMax) evaluations")
    }
    return test
  }

  private func start(of section: SettingsSection) -> Timestamp {
    guard let text = section.text("start_timestamp") else { return .epoch }
    if let seconds = SeriesNotation.number(text), abs(seconds) < 1e11 {
      return Timestamp(unixSeconds: seconds)
    }
    if let time = Timestamp(rfc3339: text) { return time }
    section.report("start_timestamp", "must be RFC 3339 or Unix seconds, not \"\(text)\"")
    return .epoch
  }

  private func series(_ section: SettingsSection) -> SeriesNotation? {
    let name = section.requiredText("series", "the labels of a series, such as up{job=\"a\"}")
    let values = section.text("values") ?? ""
    guard !name.isEmpty else { return nil }
    do throws(SeriesNotationFault) {
      _ = try SeriesNotation.labels(name)
    } catch {
      section.report("series", error.description)
      return nil
    }
    do throws(SeriesNotationFault) {
      return try SeriesNotation(series: name, values: values)
    } catch {
      section.report("values", error.description)
      return nil
    }
  }

  private func labels(_ key: String, of section: SettingsSection) -> LabelSet {
    LabelSet(section.textMap(key).map { Label($0.name, $0.text) })
  }

  private func time(of section: SettingsSection) -> Duration {
    section.span("eval_time", default: .zero, in: Self.spans)
  }

  private func alertCheck(_ section: SettingsSection) -> RuleTest.AlertCheck {
    let name = section.requiredText("alertname", "the alert that is tested")
    return RuleTest.AlertCheck(
      time: time(of: section),
      alertname: name,
      expected: section.sections("exp_alerts").map { alert in
        TestedAlert(
          labels: labels("exp_labels", of: alert).setting("alertname", to: name),
          annotations: labels("exp_annotations", of: alert)
        )
      }.sorted()
    )
  }

  private func expressionCheck(_ section: SettingsSection) -> RuleTest.ExpressionCheck? {
    let text = section.requiredText("expr", "a PromQL expression")
    let time = time(of: section)
    let expected = section.sections("exp_samples").compactMap(sample)
    guard !text.isEmpty else { return nil }
    do throws(PromQLParseError) {
      let expression = try PromQLParser.parse(text)
      return RuleTest.ExpressionCheck(
        time: time,
        text: text,
        expression: expression,
        expected: expected.sorted { $0.labels < $1.labels }
      )
    } catch {
      section.report("expr", "could not parse expression: \(error.description)")
      return nil
    }
  }

  private func sample(_ section: SettingsSection) -> TestedSample? {
    let text = section.text("value") ?? "0"
    let labels = section.text("labels") ?? ""
    // YAML writes these with a dot.
    let plain = text.replacing(".inf", with: "inf").replacing(".Inf", with: "inf")
      .replacing(".INF", with: "inf").replacing(".nan", with: "nan").replacing(".NaN", with: "nan")
    guard let value = SeriesNotation.number(plain) else {
      section.report("value", "must be a number, not \"\(text)\"")
      return nil
    }
    do throws(SeriesNotationFault) {
      return TestedSample(try SeriesNotation.labels(labels), value)
    } catch {
      section.report("labels", error.description)
      return nil
    }
  }
}

extension TestedAlert: Comparable {
  package static func < (left: TestedAlert, right: TestedAlert) -> Bool {
    left.labels == right.labels ? left.annotations < right.annotations : left.labels < right.labels
  }
}
