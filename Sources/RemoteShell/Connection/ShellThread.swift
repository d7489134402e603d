// SPDX-License-Identifier: MIT
import CSpawn
import Glibc
import Net
import Synchronization

/// The one thread that all connections belong to, and its inbox.
final class ShellThread: Sendable {
  enum Message: Sendable {
    case hold(SSHDestination, UInt64)
    case ask(AskedQuestion)
    case cancel(UInt64)
    case release(SSHDestination, UInt64)
  }

  private struct State {
    var inbox: [Message] = []
    var isRunning = false
    var isStopping = false
    var nextID: UInt64 = 0
    var stopWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let plan: ChannelPlan
  private let bell: Bell

  /// Makes the inbox; the thread starts with the first message.
  ///
  /// Nil when the system has no descriptors left.
  init?(_ plan: ChannelPlan) {
    guard let bell = Bell() else { return nil }
    self.plan = plan
    self.bell = bell
  }

  /// A number that was not given before.
  func nextID() -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
  }

  func post(_ message: Message) {
    let (refused, starts) = state.withLock { state -> (AskedQuestion?, Bool) in
      // Seen under the lock: a cancellation comes before this, and is seen, or after it, and finds
      // the question in the inbox.
      if case .ask(let question) = message, state.isStopping || Task.isCancelled {
        return (question, false)
      }
      guard !state.isStopping else { return (nil, false) }
      state.inbox.append(message)
      defer { state.isRunning = true }
      return (nil, !state.isRunning)
    }
    if let refused {
      let isStopping = state.withLock(\.isStopping)
      refused.continuation.resume(returning: .failure(isStopping ? .closed : .cancelled))
    }
    if starts { start() } else { bell.ring() }
  }

  /// Fails all questions, ends all processes, and returns when they are gone.
  func stop() async {
    await withCheckedContinuation { continuation in
      let isRunning = state.withLock { state in
        state.isStopping = true
        if state.isRunning { state.stopWaiters.append(continuation) }
        return state.isRunning
      }
      if isRunning { bell.ring() } else { continuation.resume() }
    }
  }

  /// Makes it stop by itself, with nobody waiting for it.
  func abandon() {
    state.withLock { $0.isStopping = true }
    bell.ring()
  }

  private func start() {
    let hasStarted = Thread.start { [self] in run() }
    precondition(hasStarted, "the system starts a thread for ssh connections")
  }

  private func run() {
    var table = ChannelTable(plan)
    while true {
      let (messages, isStopping) = state.withLock { state in
        defer { state.inbox = [] }
        return (state.inbox, state.isStopping)
      }
      let now = Self.uptime
      for message in messages { table.take(message, now: now) }
      if isStopping { table.stop(now: now) }
      table.advance(now: now)
      if isStopping, table.isEmpty {
        let waiters = state.withLock { state in
          state.isRunning = false
          defer { state.stopWaiters = [] }
          return state.stopWaiters
        }
        for waiter in waiters { waiter.resume() }
        return
      }
      table.wait(bell: bell.descriptor)
      bell.hush()
    }
  }

  static var uptime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

/// Wakes a thread that waits in `poll`.
private final class Bell: Sendable {
  let descriptor: Int32
  private let writing: Int32

  init?() {
    var ends: [Int32] = [-1, -1]
    guard hv_pipe(&ends) == 0 else { return nil }
    descriptor = ends[0]
    writing = ends[1]
  }

  deinit {
    close(descriptor)
    close(writing)
  }

  func ring() {
    var byte: UInt8 = 1
    // A full pipe rings already.
    _ = write(writing, &byte, 1)
  }

  func hush() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) > 0 {}
  }
}
