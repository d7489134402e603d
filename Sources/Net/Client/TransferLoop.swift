// SPDX-License-Identifier: MIT
import CCurl
import Glibc
import Synchronization

/// The client's thread: one libcurl multi handle and all its transfers.
///
/// Every member is used on that thread alone; other threads know the mailbox only.
final class TransferLoop {
  /// Handles beyond this number are not kept for the next transfer.
  private static let spareHandleLimit = 32
  /// The thread sleeps at most so long; the mailbox and the sockets wake it.
  private static let pollMilliseconds: Int32 = 3_600_000
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  let userAgent: String
  let kept = KeptConnections()
  private let mailbox: TransferMailbox
  private var live: [ObjectIdentifier: Transfer] = [:]
  private var spareHandles: [UnsafeMutableRawPointer] = []

  private init(mailbox: TransferMailbox, userAgent: String) {
    self.mailbox = mailbox
    self.userAgent = userAgent
  }

  /// Starts a loop on its own thread; nil when libcurl or the system cannot.
  static func start(userAgent: String, maxIdleConnections: Int) -> TransferMailbox? {
    guard isLibraryReady, let pointer = curl_multi_init() else { return nil }
    hv_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, max(1, maxIdleConnections))
    let mailbox = TransferMailbox(multi: MultiHandle(pointer: pointer))
    let hasStarted = Thread.start {
      TransferLoop(mailbox: mailbox, userAgent: userAgent).run()
    }
    guard hasStarted else {
      curl_multi_cleanup(pointer)
      return nil
    }
    return mailbox
  }

  private func run() {
    while true {
      let delivery = mailbox.take()
      if delivery.isClosing {
        finish(unstarted: delivery.commands)
        return
      }
      for command in delivery.commands {
        switch command {
        case .start(let ticket, let continuation): begin(ticket, continuation)
        case .cancel(let ticket): live[ObjectIdentifier(ticket)].map { end($0, .cancelled) }
        }
      }
      var running: Int32 = 0
      let performed = curl_multi_perform(mailbox.multi.pointer, &running)
      collectFinished()
      let (polled, closed) = kept.poll(mailbox.multi, milliseconds: Self.pollMilliseconds)
      for onIdleClose in closed { onIdleClose() }
      if performed != CURLM_OK || polled != CURLM_OK {
        // Out of memory or of file descriptors: no busy loop on top of that.
        usleep(10_000)
      }
    }
  }

  private func begin(_ ticket: Ticket, _ continuation: CheckedContinuation<Outcome, Never>) {
    if ticket.isCancelled.load(ordering: .acquiring) {
      resume(continuation, .failure(.cancelled))
      return
    }
    guard let easy = spareHandles.popLast() ?? curl_easy_init() else {
      resume(continuation, .failure(.internalFailure(reason: "no memory for a transfer")))
      return
    }
    let transfer = Transfer(ticket: ticket, continuation: continuation, easy: easy, loop: self)
    live[ObjectIdentifier(ticket)] = transfer
    let options = transfer.setOptions()
    guard options == CURLE_OK else {
      end(transfer, .internalFailure(reason: String(cString: curl_easy_strerror(options))))
      return
    }
    let added = curl_multi_add_handle(mailbox.multi.pointer, easy)
    guard added == CURLM_OK else {
      end(transfer, .internalFailure(reason: String(cString: curl_multi_strerror(added))))
      return
    }
  }

  private func collectFinished() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(mailbox.multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE,
        let context = hv_curl_get_private(message.pointee.easy_handle)
      else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      let outcome = transfer.outcome(code: hv_curl_message_result(message))
      finish(transfer, outcome)
    }
  }

  private func end(_ transfer: Transfer, _ error: HTTPClientError) {
    finish(transfer, .failure(error))
  }

  /// Takes a transfer out of libcurl, which closes a connection in mid-exchange, and answers.
  private func finish(_ transfer: Transfer, _ outcome: Outcome) {
    live[ObjectIdentifier(transfer.ticket)] = nil
    curl_multi_remove_handle(mailbox.multi.pointer, transfer.easy)
    if spareHandles.count < Self.spareHandleLimit {
      curl_easy_reset(transfer.easy)
      spareHandles.append(transfer.easy)
    } else {
      curl_easy_cleanup(transfer.easy)
    }
    guard let continuation = transfer.continuation else { return }
    transfer.continuation = nil
    resume(continuation, outcome)
  }

  private func resume(_ continuation: CheckedContinuation<Outcome, Never>, _ outcome: Outcome) {
    mailbox.exchangeEnded()
    continuation.resume(returning: outcome)
  }

  private func finish(unstarted commands: [TransferMailbox.Command]) {
    kept.removeAll()
    for case .start(_, let continuation) in commands {
      resume(continuation, .failure(.clientClosed))
    }
    for transfer in Array(live.values) { end(transfer, .clientClosed) }
    for easy in spareHandles { curl_easy_cleanup(easy) }
    mailbox.stopWaking()
    curl_multi_cleanup(mailbox.multi.pointer)
    mailbox.end()
  }
}
