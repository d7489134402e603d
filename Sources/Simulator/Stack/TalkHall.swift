// SPDX-License-Identifier: MIT
import Glibc
import Net

/// The doors and the visitors of a ``TalkServer``; it belongs to the server's thread.
struct TalkHall {
  /// A place that takes connections.
  struct Door {
    let index: Int
    let socket: LoopbackSocket
  }

  private struct Visitor {
    let door: Int
    let socket: LoopbackSocket
    var talk: any Talk
    var outbox: [UInt8] = []
    var isGone = false
  }

  /// More connections are closed at once.
  static let visitorsMax = 1_024
  /// A client that takes no more answers than this is closed.
  static let outboxMax = 4 << 20
  /// How late somebody who waits is told.
  private static let pace: Int32 = 50

  var doors: [Door]
  private let makeTalk: @Sendable (Int, Int32) -> any Talk
  private var visitors: [Visitor] = []
  private var visitorsSoFar: Int32 = 0
  /// Without descriptors nobody is accepted for a moment.
  private var isFull = false

  init(_ doors: [Door], _ makeTalk: @escaping @Sendable (Int, Int32) -> any Talk) {
    self.doors = doors
    self.makeTalk = makeTalk
  }

  /// The places of the doors.
  var open: Set<Int> { Set(doors.map(\.index)) }

  /// Closes doors, and the connections of who came through them.
  mutating func close(allBut wanted: Set<Int>) {
    for door in doors where !wanted.contains(door.index) { door.socket.end() }
    doors.removeAll { !wanted.contains($0.index) }
    for index in visitors.indices where !wanted.contains(visitors[index].door) {
      visitors[index].isGone = true
    }
    sweep()
  }

  /// Waits until something happens, and does what is to be done about it.
  mutating func turn(bell: Int32) {
    let openDoors = isFull ? [] : doors
    var places = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
    places += openDoors.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
    places += visitors.map { visitor in
      let events = visitor.outbox.isEmpty ? POLLIN : POLLOUT
      return pollfd(fd: visitor.socket.descriptor, events: Int16(events), revents: 0)
    }
    let isPressing = isFull || visitors.contains { $0.talk.isWaiting }
    guard poll(&places, nfds_t(places.count), isPressing ? Self.pace : -1) >= 0 else { return }
    isFull = false
    for (offset, index) in visitors.indices.enumerated() {
      serve(index, isReady: places[1 + openDoors.count + offset].revents != 0)
    }
    for (offset, door) in openDoors.enumerated() where places[1 + offset].revents != 0 {
      admit(through: door)
    }
    sweep()
  }

  private mutating func serve(_ index: Int, isReady: Bool) {
    if isReady, visitors[index].outbox.isEmpty {
      switch visitors[index].socket.read() {
      case .bytes(let bytes): visitors[index].outbox += visitors[index].talk.take(bytes)
      case .nothing: break
      case .end: visitors[index].isGone = true
      }
    }
    if visitors[index].talk.isWaiting { visitors[index].outbox += visitors[index].talk.advance() }
    if !visitors[index].outbox.isEmpty {
      if let count = visitors[index].socket.write(visitors[index].outbox) {
        visitors[index].outbox.removeFirst(count)
      } else {
        visitors[index].isGone = true
      }
    }
    let isDone = visitors[index].talk.isOver && visitors[index].outbox.isEmpty
    if isDone || visitors[index].outbox.count > Self.outboxMax { visitors[index].isGone = true }
  }

  private mutating func admit(through door: Door) {
    do throws(HTTPServerError) {
      while let socket = try door.socket.accepted() {
        guard visitors.count < Self.visitorsMax else {
          socket.end()
          continue
        }
        visitorsSoFar &+= 1
        visitors.append(
          Visitor(door: door.index, socket: socket, talk: makeTalk(door.index, visitorsSoFar))
        )
      }
    } catch {
      isFull = true
    }
  }

  private mutating func sweep() {
    for visitor in visitors where visitor.isGone { visitor.socket.end() }
    visitors.removeAll { $0.isGone }
  }
}
