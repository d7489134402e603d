// SPDX-License-Identifier: MIT
package import MetricModel

/// What one instance says to another: what it has that the other lacks, and how far it has heard.
package struct PeerMessage: Equatable, Sendable {
  /// The form of these messages; another one is refused.
  package static let form = 1
  /// The most things in one message; more follow in the next.
  package static let itemsMax = 1_000

  /// How much of the other's changes was taken.
  package struct Receipt: Equatable, Sendable {
    /// The life of the other that this is about.
    package var epoch: String
    /// The last revision that was taken.
    package var revision: Int64

    /// Describes how much was taken.
    package init(epoch: String = "", revision: Int64 = 0) {
      self.epoch = epoch
      self.revision = revision
    }
  }

  /// Whether a thing has room in a message.
  package enum Room: Sendable {
    case enough
    /// It goes into the next message.
    case next
    /// No message can hold it.
    case never
  }

  /// The cluster that the sender watches.
  package var cluster: String
  /// The sender.
  package var from: String
  /// Whom it is for.
  package var to: String
  /// Another one after each start of the sender.
  package var epoch: String
  /// The sender's time.
  package var sentAt: Timestamp
  /// What the sender has of the other.
  package var received: Receipt
  /// What changed, oldest first.
  package var items: [SharedItem] = []
  /// The revision of the last of these changes.
  package var revision: Int64
  /// No further changes follow.
  package var isWhole: Bool
  /// The sender tells people; one without receivers does not.
  package var isTelling: Bool
  /// Places for which messages wait at the sender and to which the latest was delivered.
  package var steady: [IntegrationID] = []

  /// Describes a message.
  package init(
    cluster: String,
    from: String,
    to: String,
    epoch: String,
    sentAt: Timestamp,
    received: Receipt = Receipt(),
    items: [SharedItem] = [],
    revision: Int64 = 0,
    isWhole: Bool = true,
    isTelling: Bool = true,
    steady: [IntegrationID] = []
  ) {
    self.cluster = cluster
    self.from = from
    self.to = to
    self.epoch = epoch
    self.sentAt = sentAt
    self.received = received
    self.items = items
    self.revision = revision
    self.isWhole = isWhole
    self.isTelling = isTelling
    self.steady = steady
  }
}

/// Why a message of another instance is not taken; nothing has changed then.
package enum PeerRefusal: Error, Equatable, Sendable {
  /// It is no message.
  case malformed(String)
  /// It is of another version of hvsmon, which speaks differently.
  case otherForm(Int)
  /// It is about another cluster.
  case otherCluster(theirs: String, ours: String)
  /// Its sender is not among the instances of the settings.
  case unknownSender(String)
  /// It is meant for another instance.
  case otherAddressee(theirs: String, ours: String)
}

extension PeerRefusal: CustomStringConvertible {
  /// A sentence that says what to do.
  package var description: String {
    switch self {
    case .malformed(let reason): "this is no message of an hvsmon: \(reason)"
    case .otherForm(let form):
      "messages of form \(form) are not understood here, only \(PeerMessage.form): run the same "
        + "version of hvsmon everywhere"
    case .otherCluster(let theirs, let ours):
      "it watches the cluster \(quoted(theirs)), this one \(quoted(ours)): give both the same "
        + "cluster.name, or take it out of peers.instances"
    case .unknownSender(let name):
      "there is no other instance \(quoted(name)) here: name it in peers.instances"
    case .otherAddressee(let theirs, let ours):
      "it was sent to \(quoted(theirs)), but this is \(quoted(ours)): look at the names and "
        + "addresses in peers.instances"
    }
  }

  private func quoted(_ text: String) -> String { "\"\(text.prefix(100))\"" }
}
