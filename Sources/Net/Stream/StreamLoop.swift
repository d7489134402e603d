// SPDX-License-Identifier: MIT
import CCurl
import Glibc
import Synchronization

/// The connector's thread: one libcurl multi handle, which connects, and all open streams.
///
/// Every member is used on that thread alone; other threads know the mailbox only.
final class StreamLoop {
  /// The thread sleeps at most so long; the mailbox and the sockets wake it.
  private static let longestSleep = Duration.seconds(3_600)
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let mailbox: StreamMailbox
  private let clock = ContinuousClock()
  private var streams: [ObjectIdentifier: OpenStream] = [:]

  private let limit: Int

  private init(mailbox: StreamMailbox, limit: Int) {
    self.mailbox = mailbox
    self.limit = limit
  }

  /// Starts a loop on its own thread; nil when libcurl or the system cannot.
  static func start(limit: Int) -> StreamMailbox? {
    guard isLibraryReady, let pointer = curl_multi_init() else { return nil }
    // libcurl must not close one stream to make room for another.
    hv_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, limit * 2)
    let mailbox = StreamMailbox(multi: MultiHandle(pointer: pointer))
    guard Thread.start({ StreamLoop(mailbox: mailbox, limit: limit).run() }) else {
      curl_multi_cleanup(pointer)
      return nil
    }
    return mailbox
  }

  private func run() {
    while true {
      let delivery = mailbox.take()
      for command in delivery.commands { carryOut(command) }
      if delivery.isClosing {
        finish()
        return
      }
      var running: Int32 = 0
      let performed = curl_multi_perform(mailbox.multi.pointer, &running)
      collectConnected()
      let now = clock.now
      for stream in streams.values { stream.expire(now) }
      removeEnded()
      if performed != CURLM_OK || !poll() {
        // Out of memory or of file descriptors: no busy loop on top of that.
        usleep(10_000)
      }
    }
  }

  private func carryOut(_ command: StreamMailbox.Command) {
    switch command {
    case .step(let step, let continuation):
      let pending = OpenStream.Pending(step: step, continuation: continuation)
      if step.isCancelled.load(ordering: .acquiring) {
        continuation.resume(returning: .failure(.cancelled))
      } else if case .open(let endpoint) = step.kind {
        open(pending, endpoint)
      } else if let stream = streams[ObjectIdentifier(step.stream)] {
        stream.begin(pending)
      } else {
        continuation.resume(returning: .failure(.closed))
      }
    case .cancel(let step): streams[ObjectIdentifier(step.stream)]?.cancel(step)
    case .watch(let id, let onClose):
      if let stream = streams[ObjectIdentifier(id)] { stream.watch(onClose) } else { onClose() }
    case .close(let id):
      guard let stream = streams[ObjectIdentifier(id)] else { return }
      stream.end(.closed)
      remove(stream)
    }
  }

  private func open(_ pending: OpenStream.Pending, _ endpoint: CheckedEndpoint) {
    guard streams.count < limit else {
      pending.continuation.resume(returning: .failure(.tooManyStreams(limit: limit)))
      return
    }
    guard let easy = curl_easy_init() else {
      pending.continuation.resume(
        returning: .failure(.internalFailure(reason: "no memory for a stream"))
      )
      return
    }
    let stream = OpenStream(pending, endpoint, easy: easy)
    streams[ObjectIdentifier(stream.id)] = stream
    let options = stream.setOptions(self)
    guard options == CURLE_OK else {
      stream.finishOpening(options)
      return
    }
    let added = curl_multi_add_handle(mailbox.multi.pointer, easy)
    if added != CURLM_OK {
      stream.end(.internalFailure(reason: String(cString: curl_multi_strerror(added))))
    }
  }

  /// libcurl closes what it finds dead when the next connection is made.
  func willClose(_ socket: curl_socket_t) {
    for stream in streams.values { stream.willClose(socket) }
  }

  private func collectConnected() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(mailbox.multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE,
        let context = hv_curl_get_private(message.pointee.easy_handle)
      else { continue }
      let stream = Unmanaged<OpenStream>.fromOpaque(context).takeUnretainedValue()
      stream.finishOpening(hv_curl_message_result(message))
    }
  }

  /// Waits until a stream can go on, libcurl has work, the mailbox wakes it, or time is over.
  ///
  /// - Returns: Whether waiting was possible.
  private func poll() -> Bool {
    var waiting: [OpenStream] = []
    var list: [curl_waitfd] = []
    for stream in streams.values {
      guard let events = stream.pollEvents else { continue }
      waiting.append(stream)
      list.append(curl_waitfd(fd: stream.socket, events: events, revents: 0))
    }
    let nearest = streams.values.compactMap(\.nearestDeadline).min()
    let sleep = nearest.map { max(.zero, min(clock.now.duration(to: $0), Self.longestSleep)) }
    let milliseconds = Int32((sleep ?? Self.longestSleep).wholeMilliseconds)
    let code = list.withUnsafeMutableBufferPointer { list in
      curl_multi_poll(
        mailbox.multi.pointer,
        list.baseAddress,
        UInt32(list.count),
        milliseconds,
        nil
      )
    }
    guard code == CURLM_OK else { return false }
    for (stream, found) in zip(waiting, list) where found.revents != 0 { stream.advance() }
    return true
  }

  private func removeEnded() {
    for stream in streams.values where stream.hasEnded && stream.opening == nil {
      stream.end(.closedByPeer(peer: stream.name))
      remove(stream)
    }
  }

  /// Takes a stream out of libcurl, which closes its socket.
  private func remove(_ stream: OpenStream) {
    streams[ObjectIdentifier(stream.id)] = nil
    curl_multi_remove_handle(mailbox.multi.pointer, stream.easy)
  }

  private func finish() {
    for stream in Array(streams.values) {
      stream.end(.closed)
      remove(stream)
    }
    mailbox.stopWaking()
    // What was posted before that and not taken.
    for case .step(_, let continuation) in mailbox.take().commands {
      continuation.resume(returning: .failure(.closed))
    }
    curl_multi_cleanup(mailbox.multi.pointer)
    mailbox.end()
  }
}
