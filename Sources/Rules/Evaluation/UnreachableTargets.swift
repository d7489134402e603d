// SPDX-License-Identifier: MIT
package import MetricModel

/// The targets, or parts of targets, that cannot be asked now or were not asked yet.
///
/// Made anew from the latest polls before each evaluation; answers what
/// ``RuleEvaluationContext/isUnreachable`` asks.
package struct UnreachableTargets: Sendable {
  private struct Silent {
    var targets: [LabelSet] = []
    var parts: [LabelSet] = []
    var series: [LabelSet] = []
  }

  private let byInstance: [String: Silent]

  /// Names what cannot be asked by the labels that ingest gives series; what has no `instance` is
  /// left out.
  ///
  /// - Parameters:
  ///   - targets: Such as `cluster`, `job`, `instance`.
  ///   - parts: The labels of a target that answers, and further ones, such as `node`, that say of
  ///     which part of it nothing is known.
  ///   - series: All labels of series that ended because nobody could ask for them.
  package init(
    _ targets: some Sequence<LabelSet>,
    parts: some Sequence<LabelSet> = [],
    series: some Sequence<LabelSet> = []
  ) {
    var byInstance: [String: Silent] = [:]
    func add(_ sets: some Sequence<LabelSet>, to list: WritableKeyPath<Silent, [LabelSet]>) {
      for labels in sets {
        guard let instance = labels["instance"] else { continue }
        byInstance[instance, default: Silent()][keyPath: list].append(labels.withoutMetricName)
      }
    }
    add(targets, to: \.targets)
    add(parts, to: \.parts)
    add(series, to: \.series)
    self.byInstance = byInstance
  }

  /// A sample with these labels is about what cannot be asked.
  ///
  /// - Of a target, when it has the target's `instance` and no label of the target has another
  ///   value in it; labels that an aggregation took away count as agreeing.
  /// - Of a part of a target, when it has all labels of the part: a sample that does not say which
  ///   part it is about may be about one that was asked.
  /// - Of a series, when the series has all labels of the sample.
  package func contains(_ labels: LabelSet) -> Bool {
    guard !byInstance.isEmpty, let instance = labels["instance"],
      let silent = byInstance[instance]
    else { return false }
    return silent.targets.contains { target in
      target.allSatisfy { label in labels[label.name].map { $0 == label.value } ?? true }
    }
      || silent.parts.contains { Self.isPart($0, of: labels) }
      || silent.series.contains { Self.isPart(labels.withoutMetricName, of: $0) }
  }

  private static func isPart(_ few: LabelSet, of many: LabelSet) -> Bool {
    few.allSatisfy { many[$0.name] == $0.value }
  }
}
