// SPDX-License-Identifier: MIT
import Synchronization

/// Opens TCP and TLS connections for protocols that are not HTTP.
///
/// One thread carries all streams of a connector; it starts with the first and sleeps while nothing
/// happens. A connector that goes away closes its streams.
package final class StreamConnector: Sendable {
  private let mailbox = Mutex<StreamMailbox?>(nil)
  private let streamLimit: Int

  /// Makes a connector; no thread yet.
  ///
  /// - Parameter streamLimit: How many streams may be open or opening at once.
  package init(streamLimit: Int = 1_024) {
    self.streamLimit = streamLimit
  }

  deinit {
    mailbox.withLock { $0?.close() }
  }

  /// Connects, and shakes hands if the endpoint has TLS.
  ///
  /// - Parameters:
  ///   - endpoint: Where to.
  ///   - limit: How long name lookup, connection and handshake may take in all.
  /// - Returns: A stream that nothing was sent on yet.
  /// - Throws: ``StreamError``; cancelling the task ends the attempt at once.
  package func connect(
    to endpoint: StreamEndpoint,
    within limit: Duration
  ) async throws(StreamError) -> ByteStream {
    let checked = try CheckedEndpoint(endpoint, within: limit)
    guard let mailbox = running() else {
      throw .internalFailure(reason: "it could not start its thread")
    }
    let stream = ByteStream(peer: endpoint.authority, mailbox: mailbox)
    let step = StreamStep(.open(checked), stream: stream.id, within: limit)
    _ = try await mailbox.run(step)
    return stream
  }

  /// Closes every stream and returns when the thread is gone; later steps fail with
  /// ``StreamError/closed``.
  package func close() async {
    let mailbox = mailbox.withLock { $0 }
    mailbox?.close()
    await mailbox?.waitForEnd()
  }

  private func running() -> StreamMailbox? {
    mailbox.withLock { mailbox in
      if mailbox == nil { mailbox = StreamLoop.start(limit: streamLimit) }
      return mailbox
    }
  }
}

/// One connection: bytes out, bytes in, and a word when the peer closes.
///
/// At most one send and one receive at a time. A stream that goes away is closed.
package final class ByteStream: Sendable {
  /// `name:port` of the other end.
  package let peer: String
  let id = StreamID()
  private let mailbox: StreamMailbox

  init(peer: String, mailbox: StreamMailbox) {
    self.peer = peer
    self.mailbox = mailbox
  }

  deinit {
    close()
  }

  /// What the peer showed in the TLS handshake; nil for plain TCP.
  package var certificate: ServerCertificate? { id.certificate }

  /// Hands all bytes to the system, in order.
  ///
  /// - Parameters:
  ///   - bytes: What to send; none is fine.
  ///   - limit: How long the peer may keep from taking them.
  /// - Throws: ``StreamError``; the peer may have got a part.
  package func send(_ bytes: [UInt8], within limit: Duration) async throws(StreamError) {
    _ = try await mailbox.run(StreamStep(.send(bytes), stream: id, within: limit))
  }

  /// Waits for bytes.
  ///
  /// - Parameters:
  ///   - count: How many bytes at most: 1 to 1 MiB; more are cut to that.
  ///   - limit: How long to wait for the first.
  /// - Returns: At least one byte, as many as are there.
  /// - Throws: ``StreamError/closedByPeer(peer:)`` at the end of the stream too.
  package func receive(
    upTo count: Int,
    within limit: Duration
  ) async throws(StreamError) -> [UInt8] {
    let count = min(max(count, 1), 1 << 20)
    return try await mailbox.run(StreamStep(.receive(count), stream: id, within: limit))
  }

  /// Calls back once, at once, when the peer closes while this side waits for nothing.
  ///
  /// A byte that nobody asked for counts as a close; it is kept for the next receive. The next send
  /// or receive ends the watch. It runs on the connector's thread and must not block.
  package func watchIdle(_ onClose: @escaping @Sendable () -> Void) {
    mailbox.post(.watch(id, onClose))
  }

  /// Closes the connection at once; steps under way fail with ``StreamError/closed``.
  package func close() {
    mailbox.post(.close(id))
  }
}
