// SPDX-License-Identifier: MIT
import CCurl

/// Sends HTTP requests and keeps connections for the next ones.
///
/// One thread carries every exchange; it sleeps while nothing happens. A client that goes away
/// unclosed ends its thread by itself; ``close()`` waits for that.
package final class HTTPClient: Sendable {
  private let mailbox: TransferMailbox?

  /// Starts the client's thread.
  ///
  /// - Parameters:
  ///   - userAgent: What requests say in User-Agent unless they have a field of that name.
  ///   - maxIdleConnections: How many connections are kept open in all; the longest idle one makes
  ///     room.
  package init(userAgent: String, maxIdleConnections: Int = 64) {
    mailbox = TransferLoop.start(userAgent: userAgent, maxIdleConnections: maxIdleConnections)
  }

  deinit {
    mailbox?.close()
  }

  /// Sends a request and returns the complete reply, whatever its status.
  ///
  /// Cancelling the task ends the exchange at once with ``HTTPClientError/cancelled``.
  package func send(_ request: HTTPRequest) async throws(HTTPClientError) -> HTTPResponse {
    guard let mailbox else { throw .internalFailure(reason: "it could not start its thread") }
    let ticket = Ticket(try CheckedRequest(request))
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { mailbox.start(ticket, $0) }
    } onCancel: {
      mailbox.cancel(ticket)
    }
    return try outcome.get()
  }

  /// Ends every exchange with ``HTTPClientError/clientClosed``, closes the connections and returns
  /// when the thread is gone; later requests fail at once.
  package func close() async {
    guard let mailbox else { return }
    mailbox.close()
    await mailbox.waitForEnd()
  }
}
