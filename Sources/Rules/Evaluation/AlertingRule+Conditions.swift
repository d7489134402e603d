// SPDX-License-Identifier: MIT
package import MetricModel
package import PromQL

/// What templates are given besides the sample.
package struct RuleTemplateValues: Sendable {
  /// The variable `$externalLabels`.
  package let externalLabels: LabelSet
  /// The variable `$externalURL`: where hvsmon is reached from outside.
  package let externalURL: String

  /// Describes the values.
  package init(externalLabels: LabelSet = .empty, externalURL: String = "") {
    self.externalLabels = externalLabels
    self.externalURL = externalURL
  }
}

extension AlertingRule {
  /// The variables that templates of alert rules may use, without the dollar.
  package static let templateVariables = ["labels", "value", "externalLabels", "externalURL"]

  /// The conditions of a result: labels and annotations expanded for each sample.
  ///
  /// A template that fails expands to `<error expanding template: …>`.
  package func conditions(
    of samples: [VectorSample],
    at time: Timestamp,
    _ values: RuleTemplateValues,
    using querying: some RuleQuerying
  ) -> [AlertCondition] {
    samples.map { sample in
      let labels = TemplateValue(labels: sample.labels)
      let externalLabels = TemplateValue(labels: values.externalLabels)
      let value = TemplateValue.number(sample.value)
      let externalURL = TemplateValue.text(values.externalURL)
      let context = TemplateContext(
        data: .record([
          "Labels": labels, "ExternalLabels": externalLabels, "ExternalURL": externalURL,
          "Value": value,
        ]),
        variables: [
          "labels": labels, "value": value, "externalLabels": externalLabels,
          "externalURL": externalURL,
        ],
        now: time,
        externalURL: values.externalURL
      ) { text throws(TemplateFault) in
        try Self.query(text, at: time, using: querying)
      }
      return condition(of: sample, in: context)
    }
  }

  private func condition(of sample: VectorSample, in context: TemplateContext) -> AlertCondition {
    let sampleLabels = sample.labels.withoutMetricName
    var pairs = sampleLabels.labels
    for field in labels { pairs.append(Label(field.name, Self.text(of: field, in: context))) }
    pairs.append(Label("alertname", name))
    return AlertCondition(
      labels: LabelSet(pairs),
      sampleLabels: sampleLabels,
      annotations: annotations.map { Label($0.name, Self.text(of: $0, in: context)) },
      value: sample.value
    )
  }

  private static func text(of field: Field, in context: TemplateContext) -> String {
    do throws(TemplateError) {
      return try field.template.expand(in: context)
    } catch {
      return "<error expanding template: \(error.description)>"
    }
  }

  private static func query(
    _ text: String,
    at time: Timestamp,
    using querying: some RuleQuerying
  ) throws(TemplateFault) -> [TemplateValue] {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      throw TemplateFault(error.description)
    }
    do throws(RuleError) {
      return try querying.instant(expression, at: time).map {
        TemplateValue(sample: $0.labels, $0.value)
      }
    } catch {
      throw TemplateFault(error.description)
    }
  }
}
