// SPDX-License-Identifier: MIT
import Glibc
import Net
import Synchronization

/// The one thread that all connections belong to, and its inbox.
final class ShellThread: Sendable {
  enum Message: Sendable {
    case hold(SSHDestination, UInt64)
    case ask(AskedQuestion)
    case cancel(SSHDestination, UInt64)
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
  private let ready: ReadySet

  /// Makes the inbox; the thread starts with the first message.
  ///
  /// Nil when the system has no descriptors left.
  init?(_ plan: ChannelPlan) {
    guard let ready = ReadySet() else { return nil }
    self.plan = plan
    self.ready = ready
  }

  /// A number that was not given before.
  func nextID() -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
  }

  func post(_ message: Message) {
    let (refused, starts, rings) = state.withLock { state -> (AskedQuestion?, Bool, Bool) in
      // Seen under the lock: a cancellation comes before this, and is seen, or after it, and finds
      // the question in the inbox.
      if case .ask(let question) = message, state.isStopping || Task.isCancelled {
        return (question, false, false)
      }
      guard !state.isStopping else { return (nil, false, false) }
      state.inbox.append(message)
      defer { state.isRunning = true }
      // Whoever left the first message has rung, or is about to.
      return (nil, !state.isRunning, state.inbox.count == 1)
    }
    if let refused {
      let isStopping = state.withLock(\.isStopping)
      refused.continuation.resume(returning: .failure(isStopping ? .closed : .cancelled))
    }
    if starts { start() } else if rings { ready.ring() }
  }

  /// Fails all questions, ends all processes, and returns when they are gone.
  func stop() async {
    await withCheckedContinuation { continuation in
      let isRunning = state.withLock { state in
        state.isStopping = true
        if state.isRunning { state.stopWaiters.append(continuation) }
        return state.isRunning
      }
      if isRunning { ready.ring() } else { continuation.resume() }
    }
  }

  /// Makes it stop by itself, with nobody waiting for it.
  func abandon() {
    state.withLock { $0.isStopping = true }
    ready.ring()
  }

  private func start() {
    let hasStarted = Thread.start { [self] in run() }
    precondition(hasStarted, "the system starts a thread for ssh connections")
  }

  private func run() {
    var table = ChannelTable(plan, ready)
    var hasStopped = false
    while true {
      let (messages, isStopping) = state.withLock { state in
        defer { state.inbox = [] }
        return (state.inbox, state.isStopping)
      }
      let now = Self.uptime
      for message in messages { table.take(message, now: now) }
      // Nobody can post any more.
      if isStopping, !hasStopped { table.stop(now: now) }
      hasStopped = isStopping
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
      table.wait()
    }
  }

  static var uptime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
