// SPDX-License-Identifier: MIT

/// What a host answered.
package struct RemoteAnswer: Equatable, Sendable {
  /// The host's own clock, in seconds since the Unix epoch.
  package let unixSeconds: Int64
  /// One section for each command, in the order of the question.
  package let sections: [RemoteSection]
}

/// One section of an answer.
package struct RemoteSection: Equatable, Sendable {
  /// What a section's status says.
  package enum Outcome: Equatable, Sendable {
    case good
    /// The host's facts.sh does not know the section or its argument: an older version.
    case refused
    /// What was asked about does not run.
    case notRunning
    /// What was found is not understood.
    case notUnderstood
    /// It took too long.
    case timedOut
    /// The account may not see it.
    case notPermitted
    /// The program or file is not there.
    case missing
    /// The program failed with this status.
    case failed(status: Int)
  }

  /// How it went; the output of a section that failed may be anything.
  package let outcome: Outcome
  /// What was printed.
  package let output: [UInt8]
  /// The output reached the far side's limit, and the rest was cut off.
  package let isTruncated: Bool

  /// Makes a section from what the markers say.
  ///
  /// - Parameters:
  ///   - status: The exit status by the table in `deploy/facts.sh`.
  ///   - output: What stood between the markers.
  ///   - limit: The bytes the far side lets through.
  init(status: Int, output: [UInt8], limit: Int) {
    outcome =
      switch status {
      case 0: .good
      case 64: .refused
      case 69: .notRunning
      case 70: .notUnderstood
      case 124, 137, 143: .timedOut
      case 126: .notPermitted
      case 127: .missing
      default: .failed(status: status)
      }
    self.output = output
    isTruncated = output.count >= limit
  }
}
