// SPDX-License-Identifier: MIT

/// Which of many is due first; a change costs the logarithm of their number.
package struct DeadlineQueue<Key: Hashable, Instant: Comparable> {
  private struct Entry {
    let key: Key
    var instant: Instant
  }

  /// None is due before the one at half its place.
  private var heap: [Entry] = []
  private var places: [Key: Int] = [:]

  /// Makes a queue in which nothing is due.
  package init() {}

  /// When the first is due; nil when none ever is.
  package var next: Instant? { heap.first?.instant }

  /// Says when `key` is due, in the place of what was said before; nil means never.
  package mutating func set(_ key: Key, to instant: Instant?) {
    guard let instant else {
      remove(key)
      return
    }
    if let place = places[key] {
      guard heap[place].instant != instant else { return }
      heap[place].instant = instant
      order(place)
    } else {
      heap.append(Entry(key: key, instant: instant))
      places[key] = heap.count - 1
      order(heap.count - 1)
    }
  }

  /// Takes out all that are due at `now`.
  ///
  /// - Returns: The earliest first.
  package mutating func takeDue(at now: Instant) -> [Key] {
    var due: [Key] = []
    while let first = heap.first, first.instant <= now {
      due.append(first.key)
      remove(first.key)
    }
    return due
  }

  private mutating func remove(_ key: Key) {
    guard let place = places.removeValue(forKey: key) else { return }
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.key] = place
    order(place)
  }

  /// Moves the entry at `start`, the only one that may be wrong, to where it belongs.
  private mutating func order(_ start: Int) {
    var place = start
    while place > 0, heap[place].instant < heap[(place - 1) / 2].instant {
      exchange(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
    while let child = earlierChild(of: place), heap[child].instant < heap[place].instant {
      exchange(place, child)
      place = child
    }
  }

  private func earlierChild(of place: Int) -> Int? {
    let left = 2 * place + 1
    guard left < heap.count else { return nil }
    let right = left + 1
    return right < heap.count && heap[right].instant < heap[left].instant ? right : left
  }

  private mutating func exchange(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    places[heap[one].key] = one
    places[heap[other].key] = other
  }
}
