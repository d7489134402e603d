// SPDX-License-Identifier: MIT
import Synchronization

/// How one step on a stream ended; opening and sending give no bytes.
typealias StreamOutcome = Result<[UInt8], StreamError>

/// The identity of one stream, and what its handshake found.
final class StreamID: Sendable {
  private let found = Mutex<ServerCertificate?>(nil)

  var certificate: ServerCertificate? {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }
}

/// One thing to be done on a stream, as the caller's task and the loop's thread both know it.
final class StreamStep: Sendable {
  enum Kind: Sendable {
    case open(CheckedEndpoint)
    case send([UInt8])
    case receive(Int)
  }

  let kind: Kind
  let stream: StreamID
  let limit: Duration
  let deadline: ContinuousClock.Instant
  /// Set before the cancel is posted, so that the order in which step and cancel arrive does not
  /// matter.
  let isCancelled = Atomic(false)

  init(_ kind: Kind, stream: StreamID, within limit: Duration) {
    self.kind = kind
    self.stream = stream
    self.limit = min(limit, .seconds(86_400))
    deadline = ContinuousClock().now.advanced(by: self.limit)
  }
}

/// The one place where other threads meet the loop's thread.
final class StreamMailbox: Sendable {
  enum Command {
    case step(StreamStep, CheckedContinuation<StreamOutcome, Never>)
    case cancel(StreamStep)
    case watch(StreamID, @Sendable () -> Void)
    case close(StreamID)
  }

  /// Everything the loop has to do now.
  struct Delivery {
    var commands: [Command] = []
    var isClosing = false
  }

  private struct State {
    var commands: [Command] = []
    var isClosing = false
    /// Nobody takes what is posted any more.
    var isDeaf = false
    /// The thread has let go of everything.
    var hasEnded = false
    var endWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  /// What the loop waits with.
  let ready: ReadySet

  init(ready: ReadySet) {
    self.ready = ready
  }

  /// Has the loop carry out a step, and waits for it.
  func run(_ step: StreamStep) async throws(StreamError) -> [UInt8] {
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isTaken = post(.step(step, continuation))
        if !isTaken { continuation.resume(returning: .failure(.closed)) }
      }
    } onCancel: {
      step.isCancelled.store(true, ordering: .releasing)
      post(.cancel(step))
    }
    return try outcome.get()
  }

  /// Hands a command to the loop.
  ///
  /// - Returns: Whether the loop will see it.
  @discardableResult
  func post(_ command: Command) -> Bool {
    state.withLock { state in
      guard !state.isClosing, !state.isDeaf else { return false }
      state.commands.append(command)
      // The first command has woken the loop, which takes all at once.
      if state.commands.count == 1 { ready.ring() }
      return true
    }
  }

  /// Refuses further steps and asks the loop to end.
  func close() {
    state.withLock { state in
      guard !state.isClosing else { return }
      state.isClosing = true
      ready.ring()
    }
  }

  /// Returns when the loop's thread has let go of everything.
  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: The loop's side

  func take() -> Delivery {
    state.withLock { state in
      defer { state.commands.removeAll(keepingCapacity: true) }
      return Delivery(commands: state.commands, isClosing: state.isClosing)
    }
  }

  /// Refuses what is posted from here on.
  func stopListening() {
    state.withLock { $0.isDeaf = true }
  }

  /// Says that the thread has let go of everything.
  func end() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
