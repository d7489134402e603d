// SPDX-License-Identifier: MIT

/// How a member describes itself, in words that need no login.
package struct HelloReply: Equatable, Sendable {
  /// What a member is by its own account.
  package enum Role: Equatable, Sendable {
    /// Takes writes.
    case primary
    /// Follows the primary; hidden and delayed members too.
    case secondary
    /// Votes and holds no data: it has no users to log in as.
    case arbiter
    /// In the set and neither: recovering, in its first sync, or rolling back.
    case other
    /// Started with a set's name and not in a set: not initiated, starting, or removed.
    case ghost
    /// Without a replica set.
    case standalone
    /// A router of a sharded cluster.
    case router
  }

  /// Which state of a process a reply describes; to wait for the next one.
  package struct TopologyVersion: Equatable, Sendable {
    /// Another one means that the process is another one.
    package let processID: BSONObjectID
    /// Counts the changes of the process.
    package let counter: Int64

    init?(_ value: BSONValue?) {
      guard let document = value?.document, let process = document["processId"]?.objectID,
        let counter = document["counter"]?.integer
      else { return nil }
      processID = process
      self.counter = counter
    }

    var value: BSONValue { ["processId": .objectID(processID), "counter": .int64(counter)] }
  }

  /// The whole reply.
  package let document: BSONDocument
  /// What the member is.
  package let role: Role
  /// The name of its replica set.
  package let setName: String?
  /// Nil on servers that cannot be waited on (before 4.4).
  package let topologyVersion: TopologyVersion?

  /// Reads a reply to `hello` or `isMaster`.
  package init(_ document: BSONDocument) {
    self.document = document
    setName = document["setName"]?.text
    topologyVersion = TopologyVersion(document["topologyVersion"])
    role = Self.role(document)
  }

  /// `source/server-discovery-and-monitoring` of mongodb/specifications, its table of types, but
  /// that a hidden member stays what it is.
  private static func role(_ document: BSONDocument) -> Role {
    func isTrue(_ key: String) -> Bool { document[key]?.truth ?? false }
    if document["msg"]?.text == "isdbgrid" { return .router }
    if isTrue("isreplicaset") { return .ghost }
    guard document["setName"]?.text != nil else { return .standalone }
    if isTrue("isWritablePrimary") || isTrue("ismaster") { return .primary }
    if isTrue("secondary") { return .secondary }
    return isTrue("arbiterOnly") ? .arbiter : .other
  }

  /// The member's own name in the set's configuration, in lower case.
  package var name: String? { document["me"]?.text?.lowercased() }

  /// The member that this one takes for the primary, in lower case; nil when it knows none.
  package var primary: String? { document["primary"]?.text?.lowercased() }

  /// Who may become primary, or hold data, or vote; names in lower case.
  package var members: [String] {
    ["hosts", "passives", "arbiters"].flatMap { key in
      document[key]?.array?.compactMap { $0.text?.lowercased() } ?? []
    }
  }

  /// Asking again with this may wait until something changed.
  package var canBeAwaited: Bool { topologyVersion != nil }

  /// The mechanisms that the server says a user has; nil when it says nothing.
  var mechanisms: [String]? { document["saslSupportedMechs"]?.array?.compactMap(\.text) }

  /// The newest wire version that the server speaks.
  var maxWireVersion: Int? { document["maxWireVersion"]?.integer.flatMap { Int(exactly: $0) } }
}
