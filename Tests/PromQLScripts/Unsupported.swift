// SPDX-License-Identifier: MIT
import MetricModel
import Patterns
import PromQL

/// Which evaluations need native histograms, which hvsmon leaves out.
enum Unsupported {
  /// Why an evaluation cannot be run, or nil when it can; `histograms` are the series that have
  /// native histograms.
  static func reason(for evaluation: ScriptEvaluation, histograms: Set<LabelSet>) -> String? {
    if evaluation.wantsHistograms { return "expects native histograms" }
    if knownGaps.contains(evaluation.expression) { return "the data are native histograms" }
    guard let expression = try? PromQLParser.parse(evaluation.expression) else {
      return usesTrimOperator(evaluation) ? "trims native histograms" : nil
    }
    if !histograms.isEmpty, readsAny(of: histograms, expression) {
      return "selects native histograms"
    }
    return nil
  }

  /// Evaluations whose data the conformance scripts have lost with all native histograms.
  private static let knownGaps: Set<String> = [
    #"histogram_quantiles({__name__=~"request_duration_seconds\\d*"}, "q", 0.99)"#
  ]

  private static func usesTrimOperator(_ evaluation: ScriptEvaluation) -> Bool {
    evaluation.expression.contains("</") || evaluation.expression.contains(">/")
  }

  private static func readsAny(of histograms: Set<LabelSet>, _ expression: Expression) -> Bool {
    expression.selectorUses.contains { use in
      let matchers = use.selector.matchers.compactMap { try? CompiledMatcher($0) }
      return histograms.contains { labels in matchers.allSatisfy { $0.matches(labels) } }
    }
  }
}
