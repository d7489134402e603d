// SPDX-License-Identifier: MIT

/// Where one target stands between its first failure and the verdict.
///
/// Pure: it is told the outcome of each poll and says what to do with it.
package struct Settlement: Equatable, Sendable {
  /// What is known of the target.
  package enum State: Equatable, Sendable {
    /// Not polled yet.
    case unknown
    case working
    /// Failed this many times in a row, fewer than count as down.
    case doubted(failures: Int)
    case failed
  }

  /// What to do with the outcome of a poll.
  package enum Step: Equatable, Sendable {
    /// Publish it; the next poll is at the target's next slot.
    case publish
    /// Keep what was published last and ask again after the confirmation interval.
    case holdBack
  }

  /// What is known of the target.
  package private(set) var state = State.unknown
  private let failuresToFail: Int

  /// Starts knowing nothing; a target counts as failed after `failuresToFail` failures in a row.
  package init(failuresToFail: Int) {
    self.failuresToFail = failuresToFail
  }

  /// The poll found a working target.
  package mutating func succeeded() -> Step {
    state = .working
    return .publish
  }

  /// The poll failed, or found a target that does not work.
  package mutating func failed() -> Step {
    let failures =
      switch state {
      case .failed: failuresToFail
      case .doubted(let failures): failures + 1
      case .unknown, .working: 1
      }
    state = failures >= failuresToFail ? .failed : .doubted(failures: failures)
    return state == .failed ? .publish : .holdBack
  }
}
