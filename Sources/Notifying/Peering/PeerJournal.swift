// SPDX-License-Identifier: MIT

/// Names something that instances share.
package enum SharedKey: Hashable, Sendable {
  /// What a place was told about a group.
  case told(ToldKey)
  /// The silence of that id.
  case silence(String)
  /// The acknowledgement of something.
  case acknowledgement(Acknowledgement.Subject)
}

/// Something that instances share.
package enum SharedItem: Equatable, Sendable {
  /// What a place was told about a group.
  case told(ToldKey, ToldGroup)
  /// A silence.
  case silence(Silence)
  /// An acknowledgement, or that one was taken back.
  case acknowledgement(Acknowledgement)
}

/// In which order shared things changed here, so that another instance can be given what it lacks.
struct PeerJournal: Sendable {
  /// Rises with every change.
  private(set) var revision: Int64 = 0
  private var revisions: [SharedKey: Int64] = [:]

  mutating func note(_ key: SharedKey) {
    revision += 1
    revisions[key] = revision
  }

  mutating func remove(_ key: SharedKey) { revisions[key] = nil }

  /// What changed after a revision, oldest first.
  func changes(after given: Int64) -> [(key: SharedKey, revision: Int64)] {
    guard given < revision else { return [] }
    return revisions.filter { $0.value > given }.map { (key: $0.key, revision: $0.value) }
      .sorted { $0.revision < $1.revision }
  }
}
