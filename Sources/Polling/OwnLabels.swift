// SPDX-License-Identifier: MIT
import MetricModel

extension [String: String] {
  /// A sample's own labels without empty ones; those that its target sets too are renamed
  /// `exported_…`.
  ///
  /// Source: Prometheus, `honor_labels: false`.
  func clearing(_ target: LabelSet) -> [String: String] {
    guard !allSatisfy({ !$0.value.isEmpty && target[$0.key] == nil }) else { return self }
    var cleared = filter { !$0.value.isEmpty && target[$0.key] == nil }
    for (name, value) in self.sorted(by: { $0.key < $1.key })
    where !value.isEmpty && target[name] != nil {
      var free = "exported_\(name)"
      while target[free] != nil || cleared[free] != nil { free = "exported_\(free)" }
      cleared[free] = value
    }
    return cleared
  }
}
