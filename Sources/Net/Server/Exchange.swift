// SPDX-License-Identifier: MIT
import CMicroHTTPD
import Synchronization

/// One request and its reply, from the request line to the last byte sent.
///
/// libmicrohttpd calls it on one thread at a time; the handler's task and the end of the server
/// meet it under the lock.
final class Exchange: Sendable {
  /// What has arrived of a request that goes on, or why it does not.
  struct Incoming {
    let head: Admission.Head
    var verdict: Admission.Verdict
    var body: [UInt8] = []
    /// Bytes of a refused body that were thrown away.
    var discardedBytes = 0
  }

  /// Where the exchange stands; it only moves downwards.
  enum Stage {
    case requestLine(target: String)
    case receiving(Incoming)
    /// libmicrohttpd leaves the connection alone until it is resumed.
    case suspended(ConnectionHandle)
    case answered(ServerResponse)
    case sent
  }

  private struct State {
    var stage: Stage
    var task: Task<Void, Never>?
    /// When a suspended connection has waited too long.
    var deadline: ContinuousClock.Instant?
    var stream: (body: StreamedBody, pump: Task<Void, Never>)?
    /// Nothing may be streamed any more.
    var isStreamEnded = false
  }

  private let state: Mutex<State>

  init(target: String) {
    state = Mutex(State(stage: .requestLine(target: target)))
  }

  /// Takes the stage out, to be put back with ``put(_:)`` by the same libmicrohttpd callback.
  ///
  /// What can grow leaves the state with it, so that appending copies nothing.
  func take() -> Stage {
    state.withLock { state in
      if case .suspended = state.stage { return state.stage }
      var stage = Stage.sent
      swap(&stage, &state.stage)
      return stage
    }
  }

  func put(_ stage: Stage) {
    state.withLock { $0.stage = stage }
  }

  /// Suspends the connection; both at once, so that nobody resumes it before.
  func suspend(_ connection: ConnectionHandle, until deadline: ContinuousClock.Instant) {
    state.withLock { state in
      MHD_suspend_connection(connection.pointer)
      state.stage = .suspended(connection)
      state.deadline = deadline
    }
  }

  /// When it has waited too long for its answer; nil when it does not wait.
  var deadline: ContinuousClock.Instant? { state.withLock { $0.deadline } }

  /// Gives the task that works for this exchange, which ends it when it has its answer.
  func own(_ task: Task<Void, Never>) {
    let isOver = state.withLock { state in
      guard case .suspended = state.stage else { return true }
      state.task = task
      return false
    }
    if isOver { task.cancel() }
  }

  /// Gives a streamed body and the task that fills it, which the exchange ends.
  func own(_ body: StreamedBody, pump: Task<Void, Never>) {
    let isOver = state.withLock { state in
      if !state.isStreamEnded { state.stream = (body, pump) }
      return state.isStreamEnded
    }
    if isOver {
      pump.cancel()
      body.end()
    }
  }

  /// Ends a streamed body, now or as soon as it begins.
  func endStream() {
    let stream = state.withLock { state in
      state.isStreamEnded = true
      defer { state.stream = nil }
      return state.stream
    }
    stream?.pump.cancel()
    stream?.body.end()
  }

  /// Lets go of everything; libmicrohttpd is done with the request.
  func end() {
    endStream()
    if case .answered(let response) = take() { response.drop() }
  }

  /// Stores the reply and resumes the connection, unless there is a reply already.
  ///
  /// - Returns: Whether it did; then the connection is no longer suspended.
  func finish(_ response: ServerResponse) -> Bool {
    let (connection, task) = state.withLock { state -> (ConnectionHandle?, Task<Void, Never>?) in
      guard case .suspended(let connection) = state.stage else { return (nil, nil) }
      defer { state.task = nil }
      state.stage = .answered(response)
      state.deadline = nil
      return (connection, state.task)
    }
    guard let connection else { return false }
    task?.cancel()
    MHD_resume_connection(connection.pointer)
    return true
  }
}

/// A connection of libmicrohttpd.
///
/// `@unchecked`: a task only resumes it, which libmicrohttpd allows on any thread; it lives at
/// least as long as it is suspended.
struct ConnectionHandle: @unchecked Sendable {
  let pointer: OpaquePointer
}
