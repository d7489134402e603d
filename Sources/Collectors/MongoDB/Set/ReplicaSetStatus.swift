// SPDX-License-Identifier: MIT
import MongoWire
import Polling

/// One member's view of its replica set: its reply to `replSetGetStatus`.
///
/// Every number may come in any type and every field may be missing; what is needed to make sense
/// of the rest is not.
struct ReplicaSetStatus: Equatable, Sendable {
  /// The numbers of the states; the texts beside them lie for members that are down.
  enum State {
    static let startup = 0
    static let primary = 1
    static let startup2 = 5
    static let arbiter = 7
    static let down = 8
    static let removed = 10
  }

  /// What the view says of one member.
  struct Member: Equatable, Sendable {
    /// As in the configuration, in lower case.
    let name: String
    let state: Int
    /// Nil when the view does not say; a member never doubts itself.
    let isHealthy: Bool?
    let uptimeSeconds: Double?
    /// How far it has applied the oplog; nil for members that have or show none.
    let optime: BSONTimestamp?
    let pingMilliseconds: Double?
    let configVersion: Double?
    let configTerm: Double?
    let isSelf: Bool
  }

  /// More members than a replica set can have are not looked at (50 in MongoDB 8).
  private static let memberLimit = 100

  let set: String
  let myState: Int
  /// The highest term that the member knows.
  let term: Int64?
  /// The member's clock when it answered.
  let unixMilliseconds: Int64?
  /// How many votes elect a primary.
  let majority: Int?
  /// How many members vote.
  let voters: Int?
  let applied: BSONTimestamp?
  /// How far a majority has come.
  let committed: BSONTimestamp?
  /// How much of a first sync is done, 0 to 1.
  let initialSyncRatio: Double?
  /// It fell behind every oplog and has to be synced anew.
  let isTooStale: Bool
  /// When the running primary was elected, by its own clock.
  let electionSeconds: UInt32?
  let members: [Member]

  init(_ reply: BSONDocument) throws(CollectionError) {
    guard let state = reply["myState"]?.integer, (0...100).contains(state) else {
      throw .malformedReply(path: "replSetGetStatus.myState", reason: "no number of a state")
    }
    guard let entries = reply["members"]?.array, entries.count <= Self.memberLimit else {
      throw .malformedReply(path: "replSetGetStatus.members", reason: "no list of members")
    }
    set = reply["set"]?.text ?? ""
    myState = Int(state)
    term = reply["term"]?.integer
    unixMilliseconds = reply["date"]?.unixMilliseconds
    majority = Self.count(reply["majorityVoteCount"])
    voters = Self.count(reply["votingMembersCount"])
    applied = Self.optime(reply[path: "optimes", "appliedOpTime"])
    committed = Self.optime(reply[path: "optimes", "lastCommittedOpTime"])
    initialSyncRatio = Self.initialSyncRatio(reply["initialSyncStatus"]?.document)
    isTooStale = reply["tooStale"]?.truth ?? false
    members = entries.compactMap { $0.document.flatMap(Self.member) }
    let primary = entries.first { $0.document?["state"]?.integer == Int64(State.primary) }
    electionSeconds = primary?.document?["electionTime"]?.timestamp?.seconds
  }

  /// The member's entry about itself; nil when it is not in the configuration any more.
  var own: Member? { members.first(where: \.isSelf) }

  private static func member(_ entry: BSONDocument) -> Member? {
    guard let name = entry["name"]?.text, !name.isEmpty, name.utf8.count <= 300,
      let state = entry["state"]?.integer, (0...100).contains(state)
    else { return nil }
    let isSelf = entry["self"]?.truth ?? false
    return Member(
      name: name.lowercased(),
      state: Int(state),
      isHealthy: entry["health"]?.number.map { $0 == 1 } ?? (isSelf ? true : nil),
      uptimeSeconds: entry["uptime"]?.number,
      optime: optime(entry["optime"]),
      pingMilliseconds: entry["pingMs"]?.number,
      configVersion: entry["configVersion"]?.number,
      configTerm: entry["configTerm"]?.number,
      isSelf: isSelf
    )
  }

  /// A member that is down, in its first sync or an arbiter shows 0, which is no time.
  private static func optime(_ value: BSONValue?) -> BSONTimestamp? {
    guard let moment = value?.document?["ts"]?.timestamp ?? value?.timestamp, moment.seconds > 0
    else { return nil }
    return moment
  }

  private static func count(_ value: BSONValue?) -> Int? {
    guard let number = value?.integer, (1...Int64(memberLimit)).contains(number) else { return nil }
    return Int(number)
  }

  private static func initialSyncRatio(_ status: BSONDocument?) -> Double? {
    guard let size = status?["approxTotalDataSize"]?.number, size > 0,
      let copied = status?["approxTotalBytesCopied"]?.number, copied >= 0
    else { return nil }
    return min(copied / size, 1)
  }
}

/// What the configuration says of members and their views do not.
struct ReplicaSetConfig: Equatable, Sendable {
  /// Seconds that a member is meant to stay behind, by its name in lower case.
  var delaySeconds: [String: Double] = [:]
  /// Votes by name.
  var votes: [String: Int] = [:]

  /// Knows nothing.
  init() {}

  init(_ reply: BSONDocument) {
    for entry in reply[path: "config", "members"]?.array?.prefix(100) ?? [] {
      guard let member = entry.document, let name = member["host"]?.text?.lowercased() else {
        continue
      }
      // It was called slaveDelay before 5.0.
      let delay = (member["secondaryDelaySecs"] ?? member["slaveDelay"])?.number ?? 0
      if delay > 0 { delaySeconds[name] = delay }
      votes[name] = member["votes"]?.integer.flatMap { Int(exactly: $0) } ?? 1
    }
  }
}
