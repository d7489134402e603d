// SPDX-License-Identifier: MIT
import MetricModel
package import Patterns

/// While some alert fires, others are not told: one of the settings' `inhibit_rules`.
package struct InhibitRule: Sendable {
  /// What people call it.
  package let name: String
  /// An alert that satisfies all of these inhibits.
  package let sources: [CompiledMatcher]
  /// An alert that satisfies all of these is inhibited.
  package let targets: [CompiledMatcher]
  /// The labels in which both must have the same value; absent is the empty value.
  package let equal: [String]

  /// Describes a rule.
  package init(
    name: String,
    sources: [CompiledMatcher],
    targets: [CompiledMatcher],
    equal: [String] = []
  ) {
    self.name = name
    self.sources = sources
    self.targets = targets
    self.equal = equal
  }
}

/// Which alerts the rules keep quiet while others fire; pure, Alertmanager's meaning.
struct RuleInhibition: Sendable {
  private let rules: [(rule: InhibitRule, sources: [[String]: Sources])]

  /// The first alerts in the order of label sets.
  private struct Sources: Sendable {
    var any: LabelSet
    /// One that is not a target itself: only such a one inhibits an alert that is both.
    var pure: LabelSet?
  }

  /// Finds what inhibits among the alerts that fire; costs one look at each alert a rule.
  init(_ rules: [InhibitRule], firing: some Collection<LabelSet>) {
    self.rules = rules.map { rule in
      var sources: [[String]: Sources] = [:]
      for labels in firing where rule.sources.allSatisfy({ $0.matches(labels) }) {
        let isPure = !rule.targets.allSatisfy { $0.matches(labels) }
        let values = rule.values(of: labels)
        guard var known = sources[values] else {
          sources[values] = Sources(any: labels, pure: isPure ? labels : nil)
          continue
        }
        if labels < known.any { known.any = labels }
        if isPure, known.pure.map({ labels < $0 }) ?? true { known.pure = labels }
        sources[values] = known
      }
      return (rule, sources)
    }
  }

  /// No rule finds an alert that inhibits.
  var isIdle: Bool { rules.allSatisfy { $0.sources.isEmpty } }

  /// The rules that keep an alert with these labels quiet, each with one alert that meets it.
  func inhibitors(of labels: LabelSet) -> [Inhibitor] {
    rules.compactMap { rule, sources in
      guard !sources.isEmpty, rule.targets.allSatisfy({ $0.matches(labels) }),
        let found = sources[rule.values(of: labels)]
      else { return nil }
      let isBoth = rule.sources.allSatisfy { $0.matches(labels) }
      return (isBoth ? found.pure : found.any).map { Inhibitor(rule: rule.name, source: $0) }
    }
  }
}

extension InhibitRule {
  fileprivate func values(of labels: LabelSet) -> [String] { equal.map { labels[$0] ?? "" } }
}
