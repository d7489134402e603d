// SPDX-License-Identifier: MIT
import Glibc
import Net
import Synchronization

/// One side of a connection, without the connection: bytes in, bytes out.
protocol Talk: Sendable {
  /// ``advance()`` has to be called again soon although nothing arrives.
  var isWaiting: Bool { get }
  /// The connection is to be closed once everything is sent.
  var isOver: Bool { get }

  /// Takes what arrived; what to send.
  mutating func take(_ bytes: [UInt8]) -> [UInt8]

  /// What to send because time has passed.
  mutating func advance() -> [UInt8]
}

/// TCP servers on one port of several loopback addresses, each of which can be opened and closed.
///
/// All of them have one thread, which ends with ``stop()``.
final class TalkServer: Sendable {
  /// The port, the same on each address.
  let port: UInt16
  private let addresses: [String]
  private let bell: Bell
  private let state: Mutex<State>

  private struct State {
    /// Which addresses are to be open.
    var wanted: Set<Int>
    var isStopping = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// Which are open by now.
    var open: Set<Int>
    var hasEnded = false
  }

  /// Opens all addresses, on a free port.
  ///
  /// - Parameters:
  ///   - addresses: IPv4 addresses of loopback.
  ///   - makeTalk: Called on the server's thread with the place of the address, the port and the
  ///     number of the connection.
  /// - Throws: ``HTTPServerError`` when there is no port that is free on all of them.
  init(
    _ addresses: [String],
    makeTalk: @escaping @Sendable (_ address: Int, _ port: UInt16, _ connection: Int32) -> any Talk
  ) throws(HTTPServerError) {
    guard let bell = Bell() else { throw .failed(reason: "no descriptors are left") }
    let (doors, port) = try Self.openDoors(addresses)
    self.addresses = addresses
    self.bell = bell
    self.port = port
    let all = Set(addresses.indices)
    state = Mutex(State(wanted: all, open: all))
    let hasStarted = Thread.start { [self] in run(TalkHall(doors) { makeTalk($0, port, $1) }) }
    guard hasStarted else {
      for door in doors { door.socket.end() }
      throw .failed(reason: "no thread can be started")
    }
  }

  private static func openDoors(
    _ addresses: [String]
  ) throws(HTTPServerError) -> (doors: [TalkHall.Door], port: UInt16) {
    var attemptsLeft = 16
    while true {
      var doors: [TalkHall.Door] = []
      var port: UInt16 = 0
      do throws(HTTPServerError) {
        for (index, address) in addresses.enumerated() {
          let listening = try LoopbackSocket.listening(on: address, port: port)
          port = listening.port
          doors.append(TalkHall.Door(index: index, socket: listening.socket))
        }
        return (doors, port)
      } catch {
        for door in doors { door.socket.end() }
        // The port that was free on the first address is taken on another one.
        attemptsLeft -= 1
        guard case .addressInUse = error, attemptsLeft > 0 else { throw error }
      }
    }
  }

  /// Which addresses take connections, by their places.
  var open: Set<Int> { state.withLock { $0.open } }

  /// Closes and opens addresses, so that just these are open, and returns when it is done.
  ///
  /// With an address its connections are closed. An address that cannot be opened because another
  /// process holds the port by now stays closed until the next call.
  func open(only wanted: Set<Int>) async {
    guard open != wanted else { return }
    await change { $0.wanted = wanted }
  }

  /// Closes everything and ends the thread.
  func stop() async {
    await change { state in
      state.wanted = []
      state.isStopping = true
    }
  }

  /// Makes it stop by itself, with nobody waiting for it.
  func abandon() {
    state.withLock { state in
      state.wanted = []
      state.isStopping = true
    }
    bell.ring()
  }

  private func change(_ body: @Sendable (inout State) -> Void) async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        guard !state.hasEnded else { return true }
        body(&state)
        state.waiters.append(continuation)
        return false
      }
      if hasEnded { continuation.resume() } else { bell.ring() }
    }
  }

  // MARK: The thread

  private func run(_ start: TalkHall) {
    var hall = start
    while true {
      let (wanted, isStopping, waiters) = state.withLock { state in
        defer { state.waiters = [] }
        return (state.wanted, state.isStopping, state.waiters)
      }
      hall.close(allBut: wanted)
      for index in wanted.subtracting(hall.open) {
        guard let door = try? LoopbackSocket.listening(on: addresses[index], port: port) else {
          continue
        }
        hall.doors.append(TalkHall.Door(index: index, socket: door.socket))
      }
      state.withLock { state in
        state.open = hall.open
        state.hasEnded = isStopping
      }
      for waiter in waiters { waiter.resume() }
      if isStopping { break }
      hall.turn(bell: bell.descriptor)
      bell.hush()
    }
    let late = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in late { waiter.resume() }
  }
}

/// Wakes a thread that waits in `poll`.
private final class Bell: Sendable {
  let descriptor: Int32
  private let writing: Int32

  init?() {
    var ends: [Int32] = [-1, -1]
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else { return nil }
    (descriptor, writing) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(writing)
  }

  func ring() {
    // One that is full rings already.
    var byte: UInt8 = 1
    _ = send(writing, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  func hush() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while recv(descriptor, &bytes, bytes.count, 0) > 0 {}
  }
}
