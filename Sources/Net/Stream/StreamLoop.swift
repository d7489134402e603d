// SPDX-License-Identifier: MIT
import CCurl
import Glibc
import Synchronization

/// The connector's thread: one libcurl multi handle, which connects, and all open streams.
///
/// Every member is used on that thread alone; other threads know the mailbox only. One turn costs
/// what happened in it, however many streams are open: libcurl, which looks at all of them, is asked
/// only while one of them is opening.
final class StreamLoop {
  /// The thread sleeps at most so long; the mailbox and the sockets wake it.
  private static let longestSleep = Duration.seconds(3_600)
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private let mailbox: StreamMailbox
  private let multi: MultiHandle
  private let clock = ContinuousClock()
  private var streams: [ObjectIdentifier: OpenStream] = [:]
  private var numbered: [UInt64: OpenStream] = [:]
  private var lastNumber: UInt64 = 0
  /// Those of which libcurl has told the socket.
  private var connected: [curl_socket_t: OpenStream] = [:]
  /// Those that libcurl connects.
  private var opening: Set<UInt64> = []
  /// Those to which something happened in this turn.
  private var touched: Set<UInt64> = []
  private var deadlines = DeadlineQueue<UInt64, ContinuousClock.Instant>()

  private let limit: Int

  private init(mailbox: StreamMailbox, multi: MultiHandle, limit: Int) {
    self.mailbox = mailbox
    self.multi = multi
    self.limit = limit
  }

  /// Starts a loop on its own thread; nil when libcurl or the system cannot.
  static func start(limit: Int) -> StreamMailbox? {
    guard isLibraryReady, let ready = ReadySet(), let pointer = curl_multi_init() else {
      return nil
    }
    // libcurl must not close one stream to make room for another.
    hv_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, limit * 2)
    let mailbox = StreamMailbox(ready: ready)
    let multi = MultiHandle(pointer: pointer)
    guard Thread.start({ StreamLoop(mailbox: mailbox, multi: multi, limit: limit).run() }) else {
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
      let isConnecting = connect()
      let now = clock.now
      for number in deadlines.takeDue(at: now) {
        touched.insert(number)
        numbered[number]?.expire(now)
      }
      settle()
      if !isConnecting || !wait() {
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
      } else if let stream = stream(step.stream) {
        stream.begin(pending)
      } else {
        continuation.resume(returning: .failure(.closed))
      }
    case .cancel(let step): stream(step.stream)?.cancel(step)
    case .watch(let id, let onClose):
      if let stream = stream(id) { stream.watch(onClose) } else { onClose() }
    case .close(let id):
      guard let stream = stream(id) else { return }
      stream.end(.closed)
      remove(stream)
    }
  }

  /// The stream that something happens to now.
  private func stream(_ id: StreamID) -> OpenStream? {
    let stream = streams[ObjectIdentifier(id)]
    if let stream { touched.insert(stream.number) }
    return stream
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
    lastNumber += 1
    let stream = OpenStream(pending, endpoint, number: lastNumber, easy: easy)
    streams[ObjectIdentifier(stream.id)] = stream
    numbered[stream.number] = stream
    touched.insert(stream.number)
    let options = stream.setOptions(self)
    guard options == CURLE_OK else {
      stream.finishOpening(options)
      return
    }
    let added = curl_multi_add_handle(multi.pointer, easy)
    if added == CURLM_OK {
      opening.insert(stream.number)
    } else {
      stream.end(.internalFailure(reason: String(cString: curl_multi_strerror(added))))
    }
  }

  /// libcurl closes what it finds dead when the next connection is made.
  func willClose(_ socket: curl_socket_t) {
    guard let stream = connected.removeValue(forKey: socket) else { return }
    stream.willClose()
    touched.insert(stream.number)
  }

  /// Has libcurl go on with connecting.
  ///
  /// - Returns: Whether it could.
  private func connect() -> Bool {
    guard !opening.isEmpty else { return true }
    var running: Int32 = 0
    let performed = curl_multi_perform(multi.pointer, &running)
    collectConnected()
    return performed == CURLM_OK
  }

  private func collectConnected() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi.pointer, &left) {
      guard message.pointee.msg == CURLMSG_DONE,
        let context = hv_curl_get_private(message.pointee.easy_handle)
      else { continue }
      let stream = Unmanaged<OpenStream>.fromOpaque(context).takeUnretainedValue()
      stream.finishOpening(hv_curl_message_result(message))
      if stream.socket >= 0 { connected[stream.socket] = stream }
      touched.insert(stream.number)
    }
  }

  /// Takes note of how those stand to which something happened.
  private func settle() {
    // Removing one may touch another.
    while let number = touched.popFirst() {
      guard let stream = numbered[number] else { continue }
      if stream.opening == nil { opening.remove(number) }
      if !stream.watch(with: mailbox.ready) {
        stream.end(.internalFailure(reason: "no memory to wait for it"))
      }
      if stream.hasEnded, stream.opening == nil {
        stream.end(.closedByPeer(peer: stream.name))
        remove(stream)
      } else {
        deadlines.set(number, to: stream.nearestDeadline)
      }
    }
  }

  /// Waits until a stream can go on, libcurl has work, the mailbox rings, or time is over.
  ///
  /// - Returns: Whether waiting was possible.
  private func wait() -> Bool {
    let limit = deadlines.next.map { clock.now.duration(to: $0) }
    if opening.isEmpty {
      mailbox.ready.wait(atMost: limit, found: goOn)
      return true
    }
    let sleep = max(.zero, min(limit ?? Self.longestSleep, Self.longestSleep))
    let milliseconds = Int32(sleep.wholeMilliseconds)
    let events = Int16(CURL_WAIT_POLLIN)
    var others = curl_waitfd(fd: mailbox.ready.descriptor, events: events, revents: 0)
    let code = curl_multi_poll(multi.pointer, &others, 1, milliseconds, nil)
    guard code == CURLM_OK else { return false }
    if others.revents != 0 { mailbox.ready.wait(atMost: .zero, found: goOn) }
    return true
  }

  private func goOn(_ number: UInt64) {
    guard let stream = numbered[number] else { return }
    touched.insert(number)
    stream.advance()
  }

  /// Takes a stream out of libcurl, which closes its socket.
  private func remove(_ stream: OpenStream) {
    // Of one that has ended nothing is awaited.
    _ = stream.watch(with: mailbox.ready)
    streams[ObjectIdentifier(stream.id)] = nil
    numbered[stream.number] = nil
    connected[stream.socket] = nil
    opening.remove(stream.number)
    deadlines.set(stream.number, to: nil)
    curl_multi_remove_handle(multi.pointer, stream.easy)
  }

  private func finish() {
    for stream in Array(streams.values) {
      stream.end(.closed)
      remove(stream)
    }
    mailbox.stopListening()
    // What was posted before that and not taken.
    for case .step(_, let continuation) in mailbox.take().commands {
      continuation.resume(returning: .failure(.closed))
    }
    curl_multi_cleanup(multi.pointer)
    mailbox.end()
  }
}
