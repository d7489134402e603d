// SPDX-License-Identifier: MIT
package import MetricModel

/// One settled poll, as the scheduler hands it on.
package struct PollRecord: Sendable {
  /// Whose poll it was.
  package let target: Target
  /// The timestamp of its samples.
  package let time: Timestamp
  /// When the target was asked: the time, or a little later when that is the poll's slot.
  package let began: Timestamp
  /// Somebody waits for it: it answers a question of ``PollScheduler/ask(_:)``.
  package let isAsked: Bool
  /// How long the peer took.
  package let duration: Duration
  /// What was found, or why nothing was.
  package let outcome: Result<Collection, CollectionError>
  /// The target's counts up to this poll.
  package let counts: PollCounts

  /// Describes a poll; one that names no beginning began at its time.
  package init(
    target: Target,
    time: Timestamp,
    began: Timestamp? = nil,
    isAsked: Bool = false,
    duration: Duration,
    outcome: Result<Collection, CollectionError>,
    counts: PollCounts
  ) {
    self.target = target
    self.time = time
    self.began = began ?? time
    self.isAsked = isAsked
    self.duration = duration
    self.outcome = outcome
    self.counts = counts
  }
}

/// What the polls of one target came to since the daemon began to poll it.
package struct PollCounts: Equatable, Sendable {
  /// All polls, confirmations included.
  package var polls = 0
  /// Failed polls by ``CollectionError/kind``.
  package var failures: [String: Int] = [:]
  /// Polls made at once because a held connection was closed by the peer.
  package var connectionsClosed = 0

  /// Makes zeros.
  package init() {}
}

/// Where the scheduler hands settled polls.
package protocol PollRecording: Sendable {
  /// Takes a settled poll; returns at once.
  func record(_ record: PollRecord)

  /// A working target failed a first time at `time`, which is held back until it is confirmed.
  ///
  /// Returns at once. A recorder that does not care need not say so.
  func doubt(_ target: Target, at time: Timestamp)

  /// The targets of these keys are polled no more: their series end at `time`.
  func forget(targets keys: [String], at time: Timestamp)
}

extension PollRecording {
  package func doubt(_ target: Target, at time: Timestamp) {}
}
