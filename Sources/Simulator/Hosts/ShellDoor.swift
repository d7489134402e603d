// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import MetricModel
import Net
import Synchronization

/// Where the hosts of a world are reached by ssh: a program with OpenSSH's command line, and the
/// thread that answers on the pipes of its processes.
///
/// The program itself does nothing but say who calls and wait: a connection costs one small process
/// and three descriptors here, however much is asked.
final class ShellDoor: Sendable {
  /// Connections at the same time; more are refused.
  static let sessionsMax = 1_024
  /// A host that dies, or a fault, is noticed within this time.
  private static let pace: Int32 = 100
  /// A process may not be ready to be told when it is told first.
  private static let endPace: Int32 = 5

  private struct State {
    var isEnding = false
    var hasEnded = false
    var sessions = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// The program's path.
  let program: String
  private let world: @Sendable () -> SimulatedWorld
  private let clock: any TimeSource
  /// Callers write to it; this side holds it open, so that it never ends.
  private let door: Int32
  /// Callers wait on it; nothing is ever written.
  private let hall: Int32
  private let state = Mutex(State())

  /// Writes the program into a folder and begins to answer.
  init(
    in folder: String,
    world: @escaping @Sendable () -> SimulatedWorld,
    clock: any TimeSource
  ) throws(SimulatorError) {
    program = "\(folder)/ssh"
    self.world = world
    self.clock = clock
    guard mkfifo("\(program).door", 0o600) == 0, mkfifo("\(program).wait", 0o600) == 0 else {
      throw .shell(path: program, reason: String(cString: strerror(errno)))
    }
    door = open("\(program).door", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    hall = open("\(program).wait", O_RDWR | O_NONBLOCK | O_CLOEXEC)
    do {
      try Data(ShellCall.program.utf8).write(to: URL(fileURLWithPath: program))
    } catch {
      throw .shell(path: program, reason: "\(error)")
    }
    guard door >= 0, hall >= 0, chmod(program, 0o700) == 0, Thread.start({ [self] in run() }) else {
      throw .shell(path: program, reason: String(cString: strerror(errno)))
    }
  }

  deinit {
    close(door)
    close(hall)
  }

  /// Connections there are.
  var sessionCount: Int { state.withLock(\.sessions) }

  /// Ends all connections; returns when their processes were told.
  func stop() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        state.isEnding = true
        if !state.hasEnded { state.waiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  /// Lets it end by itself, with nobody waiting for it.
  func abandon() { state.withLock { $0.isEnding = true } }

  private func run() {
    var lines = LineReader()
    var sessions: [Int32: ShellSession] = [:]
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let isEnding = state.withLock { state in
        state.sessions = sessions.count
        return state.isEnding
      }
      if isEnding {
        for session in sessions.values where !session.isEnding { session.end(.failed) }
        if sessions.isEmpty { break }
      }
      wait(for: sessions, &buffer)
      let now = clock.now
      let world = world()
      for line in lines.read(from: door, &buffer) {
        guard let call = ShellCall(line: line) else { continue }
        sessions[call.processID] = session(of: call, world, now, count: sessions.count)
      }
      for session in sessions.values { advance(session, world, now) }
      sessions = sessions.filter { keeps($0.value) }
    }
    // Whoever calls from now on is told that nobody is here.
    for pipe in ["door", "wait"] { unlink("\(program).\(pipe)") }
    let waiters = state.withLock { state in
      state.sessions = 0
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Waits until there is something to do, and reads and writes what can be.
  private func wait(for sessions: [Int32: ShellSession], _ buffer: inout [UInt8]) {
    var entries = [pollfd(fd: door, events: Int16(POLLIN), revents: 0)]
    var owners: [ShellSession] = []
    for session in sessions.values where session.isRead {
      entries.append(pollfd(fd: session.input, events: Int16(POLLIN), revents: 0))
      owners.append(session)
      guard session.wantsToWrite else { continue }
      entries.append(pollfd(fd: session.output, events: Int16(POLLOUT), revents: 0))
      owners.append(session)
    }
    let pace = sessions.values.contains(where: \.isEnding) ? Self.endPace : Self.pace
    _ = poll(&entries, nfds_t(entries.count), pace)
    let now = clock.now
    let world = world()
    for (entry, session) in zip(entries.dropFirst(), owners) where entry.revents != 0 {
      if entry.events == Int16(POLLOUT) {
        session.writeOn()
      } else {
        session.answer(&buffer) { guest in
          HostFace(world: world, guest: guest, user: session.call.user, now: now)
        }
      }
    }
  }

  private func session(
    of call: ShellCall,
    _ world: SimulatedWorld,
    _ now: Timestamp,
    count: Int
  ) -> ShellSession {
    guard count < Self.sessionsMax else {
      let text = "kex_exchange_identification: Connection closed by remote host"
      return ShellSession(call, stage: .failing(text, at: now))
    }
    switch ShellReception(world: world, now: now).welcome(call) {
    case .failed(let text, let delay):
      return ShellSession(call, stage: .failing(text, at: now + delay))
    case .accepted(let guest):
      let session = ShellSession(call, stage: .open(guest, since: now))
      if session.hasPipes { session.greet() } else { session.end(.failed) }
      return session
    }
  }

  /// Lets time pass for a connection.
  private func advance(_ session: ShellSession, _ world: SimulatedWorld, _ now: Timestamp) {
    switch session.stage {
    case .failing(let text, let instant):
      if now >= instant { session.fail(text) }
    case .open(let guest, let since):
      switch ShellReception(world: world, now: now).standing(of: guest, since: since) {
      case .works: break
      case .silent: session.stage = .silent(until: now + ShellReception.silenceMax)
      case .closed: session.fail(ShellReception.closedText(session.call))
      }
    case .silent(let instant):
      if now >= instant { session.fail(ShellReception.silenceText(session.call)) }
    case .closing, .ended: break
    }
  }

  /// Tells a process that is to end so; false when it is gone or was told often enough.
  private func keeps(_ session: ShellSession) -> Bool {
    guard case .ended(_, let tries) = session.stage else { return true }
    return tries < 40 && session.signal(program)
  }
}

/// Lines that come in pieces.
private struct LineReader {
  /// Nobody's line is longer than what a pipe takes at once.
  private static let bytesMax = 1 << 20
  private var bytes: [UInt8] = []

  mutating func read(from descriptor: Int32, _ buffer: inout [UInt8]) -> [Substring] {
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return [] }
    bytes += buffer[..<count]
    guard let end = bytes.lastIndex(of: 0x0a) else {
      if bytes.count > Self.bytesMax { bytes = [] }
      return []
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n")
    bytes.removeSubrange(...end)
    return lines
  }
}
