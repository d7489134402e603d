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

  package static func < (left: Label, right: Label) -> Bool {
    if !left.name.hasSameBytes(as: right.name) { return left.name.utf8Precedes(right.name) }
    return left.value.utf8Precedes(right.value)
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
    setting([Label(name, value)])
  }

  /// A copy with these few pairs in place of those of the same names; the last of equal names wins, and
  /// its empty value removes the label.
  package func setting(_ pairs: [Label]) -> LabelSet {
    var copy: [Label] = []
    copy.reserveCapacity(labels.count + pairs.count)
    for label in labels where !pairs.contains(where: { $0.name.hasSameBytes(as: label.name) }) {
      copy.append(label)
    }
    for (place, pair) in pairs.enumerated() where !pair.value.isEmpty {
      let isLast = !pairs[(place + 1)...].contains { $0.name.hasSameBytes(as: pair.name) }
      if isLast { copy.insert(pair, at: copy.firstIndex { pair < $0 } ?? copy.endIndex) }
    }
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

  /// A hash of the labels of these names, as ``keeping(_:)`` has them.
  package func digest(ofThose names: [String]) -> UInt64 {
    var digest = LabelDigest()
    for label in labels where names.contains(where: label.name.hasSameBytes) {
      digest.add(label.name)
      digest.add(label.value)
    }
    return digest.state
  }

  /// Whether the labels of these names are all that another set has, and as it has them.
  package func hasThose(_ names: [String], of other: LabelSet) -> Bool {
    var place = 0
    for label in labels where names.contains(where: label.name.hasSameBytes) {
      guard place < other.labels.count, other.labels[place] == label else { return false }
      place += 1
    }
    return place == other.labels.count
  }

  package func hash(into hasher: inout Hasher) {
    var digest = LabelDigest()
    for label in labels {
      digest.add(label.name)
      digest.add(label.value)
    }
    hasher.combine(digest.state)
  }

  package func makeIterator() -> IndexingIterator<[Label]> { labels.makeIterator() }

  /// Orders by walking the pairs: name, then value, bytewise; a prefix sorts first.
  package static func < (left: LabelSet, right: LabelSet) -> Bool {
    for (mine, other) in zip(left.labels, right.labels) where mine != other { return mine < other }
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

/// A hash of texts by their bytes, several times as fast as the standard one, which takes them apart
/// into characters that mean the same.
private struct LabelDigest {
  /// Chosen anew by each process, so that nobody can make many labels that meet in one place.
  private static let seed = UInt64.random(in: .min ... .max)

  private(set) var state = Self.seed

  mutating func add(_ text: String) {
    mix(UInt64(truncatingIfNeeded: text.utf8.count))
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      add(UnsafeRawBufferPointer(bytes))
    }
    // Text that came from elsewhere than Swift lies in pieces.
    if isDone == nil { Array(text.utf8).withUnsafeBytes { add($0) } }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place + 8 <= bytes.count {
      mix(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    guard place < bytes.count else { return }
    var rest: UInt64 = 0
    for byte in bytes[place...] { rest = rest << 8 | UInt64(byte) }
    mix(rest)
  }

  private mutating func mix(_ word: UInt64) {
    let product = (state ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    state = product.high ^ product.low &+ 0xd1b5_4a32_d192_ed03
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

  /// Bytewise order of the UTF-8 text: `<` on `String` orders by canonical equivalence instead.
  fileprivate func utf8Precedes(_ other: String) -> Bool {
    withBytes(of: other) { left, right in
      let common = Swift.min(left.count, right.count)
      let place = Self.firstDifference(left, right, in: common)
      guard place < common else { return left.count < right.count }
      return left[place] < right[place]
    }
  }

  /// Equality of the UTF-8 text.
  fileprivate func hasSameBytes(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    return withBytes(of: other) { left, right in
      Self.firstDifference(left, right, in: left.count) == left.count
    }
  }

  private func withBytes(
    of other: String,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    let result = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        body(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
      }
    }
    if let result = result.flatMap({ $0 }) { return result }
    // Text that came from elsewhere than Swift lies in pieces.
    return Array(utf8).withUnsafeBytes { left in
      Array(other.utf8).withUnsafeBytes { right in body(left, right) }
    }
  }

  /// The first of `count` bytes that differs, or `count`; eight at a time.
  private static func firstDifference(
    _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer,
    in count: Int
  ) -> Int {
    var place = 0
    while place + 8 <= count {
      let difference =
        left.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
        ^ right.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
      if difference != 0 { return place + difference.trailingZeroBitCount / 8 }
      place += 8
    }
    while place < count, left[place] == right[place] { place += 1 }
    return place
  }
}

extension [Label] {
  fileprivate var isStrictlySortedByName: Bool {
    for index in indices.dropFirst()
    where !self[index - 1].name.utf8.lexicographicallyPrecedes(self[index].name.utf8) {
      return false
    }
    return true
  }

  /// The pairs sorted by name, of equal names the last.
  fileprivate func sortedByName() -> [Label] {
    let ordered = enumerated().sorted { left, right in
      left.element.name.hasSameBytes(as: right.element.name)
        ? left.offset < right.offset : left.element.name.utf8Precedes(right.element.name)
    }
    var latest: [Label] = []
    for (_, label) in ordered {
      if latest.last?.name.hasSameBytes(as: label.name) == true { latest.removeLast() }
      latest.append(label)
    }
    return latest
  }
}
