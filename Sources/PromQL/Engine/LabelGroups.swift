// SPDX-License-Identifier: MIT
import MetricModel

/// Numbers label sets by those of their labels that matter, in the order in which they are met.
struct LabelGroups {
  /// The labels of each group.
  private(set) var labels: [LabelSet] = []
  private let names: Set<String>
  private let areKept: Bool
  /// Looks at few labels that are kept; then no key is made of a member of a known group.
  private var projection: LabelProjection?
  private var groupOfDigest: [UInt64: Int] = [:]
  /// Groups that have no digest, and those whose digest another one had before.
  private var groupOfKey: [LabelSet: Int] = [:]

  private static let fewMax = 4

  /// Groups in which the labels of these names are equal.
  init(by names: [String]) {
    self.names = Set(names)
    areKept = true
    projection = self.names.count <= Self.fewMax ? LabelProjection(self.names) : nil
  }

  /// Groups in which all labels but the metric name and those of these names are equal.
  init(without names: [String]) {
    self.names = Set(names).union([LabelSet.metricNameLabel])
    areKept = false
    projection = nil
  }

  var count: Int { labels.count }

  mutating func number(of member: LabelSet) -> Int {
    guard let digest = projection?.digest(of: member) else {
      return number(ofKey: areKept ? member.keeping(names) : member.removing(names))
    }
    guard let group = groupOfDigest[digest] else {
      groupOfDigest[digest] = labels.count
      return add(member.keeping(names))
    }
    if projection?.equals(labels[group], in: member) == true { return group }
    return number(ofKey: member.keeping(names))
  }

  private mutating func number(ofKey key: LabelSet) -> Int {
    if let group = groupOfKey[key] { return group }
    groupOfKey[key] = labels.count
    return add(key)
  }

  private mutating func add(_ key: LabelSet) -> Int {
    labels.append(key)
    return labels.count - 1
  }
}

extension LabelGroups {
  /// Groups of which each side of an operator may have a sample.
  init(_ matching: VectorMatching) {
    // `ignoring` never looks at the metric name, `on` does when it is listed.
    self = matching.isOn ? Self(by: matching.labels) : Self(without: matching.labels)
  }
}
