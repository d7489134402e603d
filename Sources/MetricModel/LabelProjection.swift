// SPDX-License-Identifier: MIT

/// The labels of a few names in one label set after the other.
///
/// Series of one metric mostly have a label in the same place; there it is looked for first.
package struct LabelProjection {
  /// Sorted bytewise, as label sets are.
  private let names: [String]
  /// Where the last set that had a label of the name had it.
  private var places: [Int]
  /// Which names the last set had a label of.
  private var isPresent: [Bool]

  /// Looks at the labels of these names.
  package init(_ names: Set<String>) {
    self.names = names.sorted { $0.order(to: $1) < 0 }
    places = Array(repeating: 0, count: names.count)
    isPresent = Array(repeating: false, count: names.count)
  }

  /// Goes on to another set.
  ///
  /// - Returns: A hash of the labels of the names, which ``equals(_:in:)`` is to confirm.
  package mutating func digest(of set: LabelSet) -> UInt64 {
    var digest = TextDigest()
    for index in names.indices {
      let place = set.place(of: names[index], hint: places[index])
      isPresent[index] = place != nil
      guard let place else {
        digest.add("")
        continue
      }
      places[index] = place
      digest.add(set.labels[place].value)
    }
    return digest.state
  }

  /// Whether the labels of the names are all that another set has, and as it has them.
  ///
  /// - Parameters:
  ///   - other: A set with labels of these names only.
  ///   - set: The set that ``digest(of:)`` was asked of last.
  /// - Returns: True when they are the same, byte for byte.
  package func equals(_ other: LabelSet, in set: LabelSet) -> Bool {
    var next = 0
    for index in names.indices where isPresent[index] {
      guard next < other.labels.count, other.labels[next] == set.labels[places[index]] else {
        return false
      }
      next += 1
    }
    return next == other.labels.count
  }
}

extension LabelSet {
  /// The place of the label called `name`, looked for at `hint` first; nil when it is absent.
  fileprivate func place(of name: String, hint: Int) -> Int? {
    if hint < labels.count, labels[hint].name.hasSameBytes(as: name) { return hint }
    return labels.firstIndex { $0.name.hasSameBytes(as: name) }
  }
}
