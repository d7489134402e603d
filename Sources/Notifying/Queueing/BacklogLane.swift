// SPDX-License-Identifier: MIT
import MetricModel

/// What waits for one integration: groups in the order of their oldest notification.
///
/// Looking for the next one costs the logarithm of the number of groups, so that thousands that wait
/// for a slow service cost no more each than a few.
struct BacklogLane: Sendable {
  private(set) var groups: [String: [QueuedNotification]] = [:]
  /// Groups whose oldest notification may be tried, by its id.
  private var ready = LeastFirst<Head>()
  /// Groups whose oldest notification rests, by the end of its rest.
  private var resting = LeastFirst<Rest>()

  /// The oldest notification of a group; one that is no longer so is passed over when it comes up.
  private struct Head: Comparable, Sendable {
    let id: Int64
    let group: String

    static func < (left: Head, right: Head) -> Bool { left.id < right.id }
  }

  private struct Rest: Comparable, Sendable {
    let until: Timestamp
    let head: Head

    static func < (left: Rest, right: Rest) -> Bool {
      (left.until, left.head) < (right.until, right.head)
    }
  }

  var isEmpty: Bool { groups.isEmpty }

  /// Everything that waits for one group, oldest first.
  subscript(group: String) -> [QueuedNotification] { groups[group] ?? [] }

  /// Puts other notifications in the place of all of a group's.
  mutating func replace(_ group: String, with waiting: [QueuedNotification]) {
    groups[group] = waiting.isEmpty ? nil : waiting
    guard let first = waiting.first else { return }
    enlist(Head(id: first.id, group: group), notBefore: first.notBefore)
    // What is no longer so leaves when it comes up; when nothing comes up, here.
    if ready.count + resting.count > 4 * groups.count + 64 { rebuild() }
  }

  /// What to deliver next, of the notifications up to an id.
  mutating func next(now: Timestamp, through last: Int64) -> NextDelivery {
    while let rest = resting.first, rest.until <= now || !isCurrent(rest) {
      _ = resting.popFirst()
      if isCurrent(rest) { ready.insert(rest.head) }
    }
    while let head = ready.first {
      guard let first = groups[head.group]?.first, first.id == head.id, first.notBefore <= now
      else {
        _ = ready.popFirst()
        // The clock was set back, or it was postponed since.
        if let first = groups[head.group]?.first, first.id == head.id {
          resting.insert(Rest(until: first.notBefore, head: head))
        }
        continue
      }
      guard head.id <= last else { break }
      return .ready(Array((groups[head.group] ?? []).prefix { $0.id <= last }))
    }
    return resting.first.map { .waiting(until: $0.until) } ?? .nothing
  }

  private func isCurrent(_ rest: Rest) -> Bool {
    guard let first = groups[rest.head.group]?.first else { return false }
    return first.id == rest.head.id && first.notBefore == rest.until
  }

  private mutating func enlist(_ head: Head, notBefore: Timestamp) {
    // Whether a rest is over is decided by who asks, for only they know the time.
    if notBefore == .distantPast {
      ready.insert(head)
    } else {
      resting.insert(Rest(until: notBefore, head: head))
    }
  }

  private mutating func rebuild() {
    (ready, resting) = (LeastFirst(), LeastFirst())
    for (group, waiting) in groups {
      guard let first = waiting.first else { continue }
      enlist(Head(id: first.id, group: group), notBefore: first.notBefore)
    }
  }
}
