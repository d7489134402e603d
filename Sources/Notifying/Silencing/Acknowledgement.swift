// SPDX-License-Identifier: MIT
package import MetricModel

/// Somebody knows of an alert and works on it: it is not told again until it recovers.
///
/// It holds for what fired when it was made. An alert that recovers and fires again, and one that
/// joins the group later, began after it and calls people as if nobody had said a word.
package struct Acknowledgement: Equatable, Sendable {
  /// What is acknowledged.
  package enum Subject: Hashable, Sendable {
    /// The alert with exactly these labels.
    case alert(LabelSet)
    /// Every alert that fires in the groups of this key, whoever is told of them.
    case group(key: String)
  }

  /// What is acknowledged.
  package let subject: Subject
  /// Who did it.
  package let by: String
  /// When; an alert that began later is not covered.
  package let at: Timestamp
  /// What they said; may be empty.
  package let comment: String
  /// It says that an earlier one was taken back, so that other instances do so too.
  package let isWithdrawn: Bool

  /// Describes an acknowledgement.
  package init(
    _ subject: Subject,
    by: String,
    at: Timestamp,
    comment: String = "",
    isWithdrawn: Bool = false
  ) {
    self.subject = subject
    self.by = by
    self.at = at
    self.comment = comment
    self.isWithdrawn = isWithdrawn
  }
}
