// SPDX-License-Identifier: MIT
package import MetricModel

/// The targets, or parts of targets, that cannot be asked now or were not asked yet.
///
/// Made anew from the latest polls before each evaluation; answers what
/// ``RuleEvaluationContext/isUnreachable`` asks.
package struct UnreachableTargets: Sendable {
  private let byInstance: [String: [LabelSet]]

  /// Names targets by the labels that ingest gives their series, such as `cluster`, `job`,
  /// `instance`; a part of a target has further labels, such as `node`.
  ///
  /// One without `instance` is left out.
  package init(_ targets: some Sequence<LabelSet>) {
    var byInstance: [String: [LabelSet]] = [:]
    for target in targets {
      guard let instance = target["instance"] else { continue }
      byInstance[instance, default: []].append(target.withoutMetricName)
    }
    self.byInstance = byInstance
  }

  /// A sample with these labels is about one of the targets.
  ///
  /// It has the target's `instance`, and no label of the target has another value in it; labels
  /// that an aggregation took away count as agreeing.
  package func contains(_ labels: LabelSet) -> Bool {
    guard !byInstance.isEmpty, let instance = labels["instance"],
      let targets = byInstance[instance]
    else { return false }
    return targets.contains { target in
      target.allSatisfy { label in labels[label.name].map { $0 == label.value } ?? true }
    }
  }
}
