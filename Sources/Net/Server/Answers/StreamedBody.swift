// SPDX-License-Identifier: MIT
import CMicroHTTPD
import Synchronization

/// The body of a reply that is made while it is sent.
///
/// The pump task brings pieces, libmicrohttpd takes them; while there is none the connection is
/// suspended, and counted as such by the server.
final class StreamedBody: Sendable {
  /// How much may wait for a slow reader until the stream is ended.
  private static let pendingLimitBytes = 1 << 20

  private struct State {
    var pending: [UInt8] = []
    var isEnded = false
    var suspended: ConnectionHandle?
  }

  private let connection: ConnectionHandle
  private let core: ServerCore
  private let state = Mutex(State())

  init(connection: ConnectionHandle, core: ServerCore) {
    self.connection = connection
    self.core = core
  }

  /// Sends what the stream brings, until it ends or nobody listens any more.
  func pump(_ pieces: AsyncStream<[UInt8]>) async {
    for await piece in pieces where !piece.isEmpty {
      guard append(piece) else { break }
    }
    end()
    pieces.abandon()
  }

  /// Ends the body after what is pending.
  func end() {
    resume { $0.isEnded = true }
  }

  /// False when the stream is over; a reader that is too slow ends it.
  private func append(_ piece: [UInt8]) -> Bool {
    resume { state in
      guard !state.isEnded else { return }
      if state.pending.count + piece.count > Self.pendingLimitBytes {
        state.isEnded = true
      } else {
        state.pending += piece
      }
    }
    return state.withLock { !$0.isEnded }
  }

  private func resume(after change: (inout State) -> Void) {
    let connection = state.withLock { state in
      change(&state)
      defer { state.suspended = nil }
      return state.suspended
    }
    guard let connection else { return }
    MHD_resume_connection(connection.pointer)
    core.resumed()
  }

  /// Gives libmicrohttpd up to so many bytes; 0 when the connection is suspended until there are
  /// some, negative at the end.
  private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    state.withLock { state in
      if !state.pending.isEmpty {
        let count = min(buffer.count, state.pending.count)
        buffer.copyBytes(from: state.pending[..<count])
        state.pending.removeFirst(count)
        return count
      }
      guard !state.isEnded, core.beginSuspension() else {
        state.isEnded = true
        return -1
      }
      MHD_suspend_connection(connection.pointer)
      state.suspended = connection
      return 0
    }
  }

  /// Makes libmicrohttpd's side of the reply, which holds this body until it is destroyed.
  func makeResponse() -> OpaquePointer? {
    let context = Unmanaged.passRetained(self)
    let response = MHD_create_response_from_callback(
      .max,
      4_096,
      { context, _, buffer, capacity in
        guard let context, let buffer else { return -1 }
        return Unmanaged<StreamedBody>.fromOpaque(context).takeUnretainedValue().read(
          into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
        )
      },
      context.toOpaque(),
      { context in
        guard let context else { return }
        Unmanaged<StreamedBody>.fromOpaque(context).release()
      }
    )
    if response == nil { context.release() }
    return response
  }
}

extension ServerResponse {
  /// Tells the source of a stream that nobody will listen to it.
  func drop() {
    pieces?.abandon()
  }
}

extension AsyncStream where Element: Sendable {
  /// Tells the source that nobody listens any more; without effect on a stream that has ended.
  ///
  /// Neither leaving the loop nor letting go of the stream does that while the source keeps its end.
  fileprivate func abandon() {
    // Ends by itself, as it is cancelled before it waits.
    Task { for await _ in self {} }.cancel()
  }
}
