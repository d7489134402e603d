// SPDX-License-Identifier: MIT

/// Values of which the least is at hand; a binary heap.
struct LeastFirst<Element: Comparable & Sendable>: Sendable {
  private var elements: [Element] = []

  /// The number of values.
  var count: Int { elements.count }

  /// The least value; nil when there is none.
  var first: Element? { elements.first }

  /// Adds a value; equal ones are kept apart.
  mutating func insert(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the least value out.
  mutating func popFirst() -> Element? {
    guard let least = elements.first, let last = elements.popLast() else { return nil }
    guard !elements.isEmpty else { return least }
    elements[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < elements.count && elements[child] < elements[least] {
        least = child
      }
      guard least != parent else { break }
      elements.swapAt(parent, least)
      parent = least
    }
    return least
  }
}
