// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// The MongoDB server of each database of a cluster, all on one port.
package final class DatabaseServers: Sendable {
  /// The databases by number.
  package let guests: [ClusterPlan.Guest]
  /// Who may ask.
  package let user: MongoUser
  private let server: TalkServer

  /// What answers one connection: the member as it is when it is asked.
  private struct MemberTalk: Talk {
    let guest: ClusterPlan.Guest
    let port: UInt16
    let world: @Sendable () -> SimulatedWorld
    let clock: any TimeSource
    var talk: MongoTalk

    private var face: MongoFace? {
      MongoFace(guest, in: world(), port: port, now: clock.now)
    }

    var isWaiting: Bool { talk.isWaiting }
    var isOver: Bool { talk.isOver }
    mutating func take(_ bytes: [UInt8]) -> [UInt8] { talk.take(bytes, face) }
    mutating func advance() -> [UInt8] { talk.advance(face) }
  }

  /// Starts all of them.
  init(
    _ plan: ClusterPlan,
    seed: UInt64,
    clock: any TimeSource,
    world: @escaping @Sendable () -> SimulatedWorld
  ) throws(HTTPServerError) {
    let guests = plan.databases
    let user = MongoUser(seed: seed)
    self.guests = guests
    self.user = user
    server = try TalkServer(guests.map(\.address)) { place, port, connection in
      MemberTalk(
        guest: guests[place],
        port: port,
        world: world,
        clock: clock,
        talk: MongoTalk(user: user, number: connection, seed: seed)
      )
    }
  }

  deinit {
    server.abandon()
  }

  /// The port of every member.
  package var port: UInt16 { server.port }

  /// The databases that take connections.
  package var running: [ClusterPlan.Guest] {
    let open = server.open
    return guests.indices.filter { open.contains($0) }.map { guests[$0] }
  }

  /// Lets just these take connections.
  func run(only isUp: (ClusterPlan.Guest) -> Bool) async {
    await server.open(only: Set(guests.indices.filter { isUp(guests[$0]) }))
  }

  /// Stops all of them for good.
  func stop() async {
    await server.stop()
  }
}
