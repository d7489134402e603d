// SPDX-License-Identifier: MIT

/// One name and value pair that helps to identify a series.
package struct Label: Hashable, Comparable, Sendable {
  /// The label's name, such as `instance`.
  package let name: String
  /// The label's value; any text.
  package let value: String

  /// Pairs a name with a value.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Compares bytes: `==` on `String` would take two spellings of one character for the same.
  package static func == (left: Label, right: Label) -> Bool {
    left.name.hasSameBytes(as: right.name) && left.value.hasSameBytes(as: right.value)
  }

  package static func < (left: Label, right: Label) -> Bool { left.order(to: right) < 0 }

  /// Below zero when this pair comes before another one, zero when they are the same.
  fileprivate func order(to other: Label) -> Int {
    let order = name.order(to: other.name)
    return order == 0 ? value.order(to: other.value) : order
  }
}

/// The label pairs that identify one series, the metric name included as `__name__`.
///
/// Sorted by name bytewise; no name twice; no empty value.
package struct LabelSet: Hashable, Comparable, Sendable, Sequence {
  /// The reserved label that holds the metric name.
  package static let metricNameLabel = "__name__"

  /// The pairs, sorted by name.
  package let labels: [Label]

  /// The set without labels.
  package static let empty = LabelSet(sorted: [])

  /// Makes a set of these pairs in any order; the last of equal names wins, empty values vanish.
  package init(_ pairs: some Sequence<Label>) {
    var sorted = Array(pairs)
    if !sorted.isStrictlySortedByName { sorted = sorted.sortedByName() }
    if sorted.contains(where: { $0.value.isEmpty }) { sorted.removeAll { $0.value.isEmpty } }
    labels = sorted
  }

  /// Makes a set of a metric name and these pairs; empty values vanish.
  package init(metric name: String, _ pairs: [String: String] = [:]) {
    self.init([Label(Self.metricNameLabel, name)] + pairs.map { Label($0.key, $0.value) })
  }

  /// Makes a set of these pairs; empty values vanish.
  package init(_ pairs: [String: String]) {
    self.init(pairs.map { Label($0.key, $0.value) })
  }

  private init(sorted: [Label]) {
    labels = sorted
  }

  /// The value of the label called `name`, or nil when it is absent.
  package subscript(name: String) -> String? {
    for label in labels where label.name.hasSameBytes(as: name) { return label.value }
    return nil
  }

  /// The metric name, or nil when the set has none.
  package var metricName: String? { self[Self.metricNameLabel] }

  /// The set has no label at all.
  package var isEmpty: Bool { labels.isEmpty }

  /// A copy in which `name` has `value`; the empty value removes the label.
  package func setting(_ name: String, to value: String) -> LabelSet {
    setting(sorted: [Label(name, value)])
  }

  /// A copy with these pairs in place of those of the same names; the last of equal names wins, and its
  /// empty value removes the label.
  package func setting(_ pairs: [Label]) -> LabelSet {
    setting(sorted: pairs.isStrictlySortedByName ? pairs : pairs.sortedByName())
  }

  /// The same with pairs that are sorted by name, no name twice.
  package func setting(sorted pairs: [Label]) -> LabelSet {
    var copy: [Label] = []
    copy.reserveCapacity(labels.count + pairs.count)
    var next = 0
    for pair in pairs {
      while next < labels.count {
        let order = labels[next].name.order(to: pair.name)
        if order > 0 { break }
        if order < 0 { copy.append(labels[next]) }
        next += 1
      }
      if !pair.value.isEmpty { copy.append(pair) }
    }
    copy.append(contentsOf: labels[next...])
    return LabelSet(sorted: copy)
  }

  /// A copy without the labels of these names.
  package func removing(_ names: Set<String>) -> LabelSet {
    LabelSet(sorted: labels.filter { !names.hasText($0.name) })
  }

  /// A copy with only the labels of these names.
  package func keeping(_ names: Set<String>) -> LabelSet {
    LabelSet(sorted: labels.filter { names.hasText($0.name) })
  }

  /// A copy without the metric name.
  package var withoutMetricName: LabelSet {
    LabelSet(sorted: labels.filter { $0.name != Self.metricNameLabel })
  }

  /// A copy with all labels of `other`, which win over equal names.
  package func merging(_ other: LabelSet) -> LabelSet {
    other.isEmpty ? self : LabelSet(labels + other.labels)
  }

  package func hash(into hasher: inout Hasher) {
    var digest = TextDigest()
    for label in labels {
      digest.add(label.name)
      digest.add(label.value)
    }
    hasher.combine(digest.state)
  }

  package func makeIterator() -> IndexingIterator<[Label]> { labels.makeIterator() }

  /// Orders by walking the pairs: name, then value, bytewise; a prefix sorts first.
  package static func < (left: LabelSet, right: LabelSet) -> Bool {
    for place in 0..<Swift.min(left.labels.count, right.labels.count) {
      let order = left.labels[place].order(to: right.labels[place])
      if order != 0 { return order < 0 }
    }
    return left.labels.count < right.labels.count
  }
}

extension LabelSet: CustomStringConvertible {
  /// The set in PromQL's notation, such as `up{job="nginx"}`; `{}` when it is empty.
  package var description: String {
    let name = metricName ?? ""
    let pairs = labels.filter { $0.name != Self.metricNameLabel }
      .map { "\($0.name)=\($0.value.quotedForPromQL)" }
    guard !pairs.isEmpty else { return name.isEmpty ? "{}" : name }
    return "\(name){\(pairs.joined(separator: ", "))}"
  }
}

extension Set<String> {
  /// Whether one of the few names has these bytes.
  fileprivate func hasText(_ name: String) -> Bool {
    // A look at each of a few costs less than the hash.
    count > 4 ? contains(name) : contains { $0.hasSameBytes(as: name) }
  }
}

extension String {
  /// The text in double quotes with backslash, quote and line feed escaped.
  package var quotedForPromQL: String {
    var quoted = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension [Label] {
  fileprivate var isStrictlySortedByName: Bool {
    for index in indices.dropFirst() where self[index - 1].name.order(to: self[index].name) >= 0 {
      return false
    }
    return true
  }

  /// The pairs sorted by name, of equal names the last.
  fileprivate func sortedByName() -> [Label] {
    let ordered = enumerated().sorted { left, right in
      left.element.name.hasSameBytes(as: right.element.name)
        ? left.offset < right.offset : left.element.name.order(to: right.element.name) < 0
    }
    var latest: [Label] = []
    for (_, label) in ordered {
      if latest.last?.name.hasSameBytes(as: label.name) == true { latest.removeLast() }
      latest.append(label)
    }
    return latest
  }
}
