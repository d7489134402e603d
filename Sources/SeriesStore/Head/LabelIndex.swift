// SPDX-License-Identifier: MIT
import MetricModel

/// Which series have which label: posting lists by name and value.
///
/// A value type: a reader takes a copy under the store's lock and searches it outside.
struct LabelIndex: Sendable {
  /// Series numbers, rising, by label name and value.
  private var postings: [String: [String: [UInt32]]] = [:]
  /// All series numbers, rising.
  private(set) var all: [UInt32] = []

  mutating func insert(_ number: UInt32, _ labels: LabelSet) {
    all.insertSorted(number)
    for label in labels {
      postings[label.name, default: [:]][label.value, default: []].insertSorted(number)
    }
  }

  mutating func remove(_ number: UInt32, _ labels: LabelSet) {
    all.removeSorted(number)
    for label in labels {
      postings[label.name]?[label.value]?.removeSorted(number)
      if postings[label.name]?[label.value]?.isEmpty == true {
        postings[label.name]?[label.value] = nil
      }
      if postings[label.name]?.isEmpty == true { postings[label.name] = nil }
    }
  }

  /// The series that pass every test, rising.
  func numbers(passing tests: [LabelTest]) -> [UInt32] {
    // Tests that an absent label fails come first: they narrow, the others only take away.
    var found: [UInt32]?
    for test in tests where !test.matchesEmpty {
      let list = numbers(where: test, isPassed: true)
      found = found.map { $0.intersection(list) } ?? list
      if found?.isEmpty == true { return [] }
    }
    var left = found ?? all
    for test in tests where test.matchesEmpty {
      left = left.subtracting(numbers(where: test, isPassed: false))
    }
    return left
  }

  /// The series that have the test's label, with a value that passes or fails it.
  private func numbers(where test: LabelTest, isPassed: Bool) -> [UInt32] {
    guard let values = postings[test.name] else { return [] }
    var lists: [[UInt32]] = []
    if isPassed, let accepted = test.acceptedValues {
      lists = Set(accepted).compactMap { values[$0] }
    } else {
      for (value, list) in values where test.matches(value) == isPassed { lists.append(list) }
    }
    guard lists.count != 1 else { return lists[0] }
    // No series has two values of one label: the lists have nothing in common.
    return lists.flatMap { $0 }.sorted()
  }
}

extension [UInt32] {
  private func position(of number: UInt32) -> Int {
    // New series have the highest number: the end is the usual place.
    guard let last, number <= last else { return count }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  fileprivate mutating func insertSorted(_ number: UInt32) {
    let position = position(of: number)
    if position < count, self[position] == number { return }
    insert(number, at: position)
  }

  fileprivate mutating func removeSorted(_ number: UInt32) {
    let position = position(of: number)
    if position < count, self[position] == number { remove(at: position) }
  }

  /// The numbers in both rising lists.
  fileprivate func intersection(_ other: [UInt32]) -> [UInt32] {
    merging(other) { isInOther in isInOther }
  }

  /// The numbers of this rising list that the other lacks.
  fileprivate func subtracting(_ other: [UInt32]) -> [UInt32] {
    merging(other) { isInOther in !isInOther }
  }

  private func merging(_ other: [UInt32], _ keep: (Bool) -> Bool) -> [UInt32] {
    var kept: [UInt32] = []
    var place = 0
    for number in self {
      while place < other.count, other[place] < number { place += 1 }
      if keep(place < other.count && other[place] == number) { kept.append(number) }
    }
    return kept
  }
}
