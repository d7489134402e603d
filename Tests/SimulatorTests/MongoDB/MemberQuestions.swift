// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Simulator

/// A world that begins on that Tuesday, and questions to its databases without a socket.
struct MemberQuestions {
  static let user = MongoUser(seed: 7)

  var world = SimulatedWorld(plan: .reference, seed: 7, start: tuesday)

  var course: ReplicaSetCourse { world.courses[0] }

  func face(_ vmID: Int, at instant: Timestamp) -> MongoFace? {
    world.plan.guest(vmID).flatMap { MongoFace($0, in: world, port: 27_017, now: instant) }
  }

  /// The answer to a command of somebody who has logged in.
  func ask(
    _ command: MongoDocument,
    of vmID: Int,
    database: String = "admin",
    isKnown: Bool = true,
    at instant: Timestamp
  ) throws -> MongoDocument {
    let member = try #require(face(vmID, at: instant), "its process is gone")
    let name = try #require(command.fields.first?.name)
    return member.answer(name, command, database: database, isKnown: isKnown)
  }

  /// How a member sees the set.
  func status(of vmID: Int, at instant: Timestamp) throws -> MongoDocument {
    try ask(["replSetGetStatus": 1], of: vmID, at: instant)
  }

  /// A member's number of its own state; nil while it does not tell.
  func state(of vmID: Int, at instant: Timestamp) -> Int? {
    guard let face = face(vmID, at: instant) else { return nil }
    let reply = face.answer("replSetGetStatus", [:], database: "admin", isKnown: true)
    return reply["myState"]?.number.map { Int($0) }
  }

  /// What one member says of another.
  func entry(of vmID: Int, by viewer: Int, at instant: Timestamp) throws -> MongoDocument {
    let guest = try #require(world.plan.guest(vmID))
    let status = try status(of: viewer, at: instant)
    guard case .list(let members)? = status["members"] else { return [:] }
    return try #require(
      members.compactMap(\.document).first { $0["name"] == .text("\(guest.address):27017") }
    )
  }

  /// The seconds of a member's newest entry.
  func newest(of vmID: Int, at instant: Timestamp) -> Int64 {
    Int64(course.opTime(of: vmID, at: instant).seconds)
  }
}

extension MongoDocument {
  var isGood: Bool { self["ok"] == 1.0 }
  var code: Int? { self["code"]?.number.map { Int($0) } }

  /// A value inside documents inside it.
  subscript(path path: String...) -> MongoValue? {
    var value: MongoValue? = .document(self)
    for name in path { value = value?.document?[name] }
    return value
  }

  /// The message that asks this.
  func message(
    id: Int32 = 1,
    flags: UInt32 = 0,
    database: String = "admin"
  ) -> [UInt8] {
    MongoFrame.reply(
      self + ["$db": .text(database)],
      id: id,
      to: 0,
      as: .message,
      flags: flags
    )
  }
}

/// The messages in a run of bytes.
func frames(_ bytes: [UInt8]) throws -> [MongoFrame] {
  var rest = bytes[...]
  var frames: [MongoFrame] = []
  while let size = try MongoFrame.size(rest) {
    frames.append(try MongoFrame(rest.prefix(size)))
    rest = rest.dropFirst(size)
  }
  return frames
}
