// SPDX-License-Identifier: MIT
import CMicroHTTPD
import Glibc
import Synchronization

/// The running server: what libmicrohttpd's threads, the handlers' tasks and the stop share.
final class ServerCore: Sendable {
  // `@unchecked`: libmicrohttpd takes it on any thread; `stop` alone ends it, once.
  private struct DaemonHandle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private enum Phase {
    case idle
    case running(DaemonHandle)
    case stopping
    case stopped
  }

  private enum Condition {
    /// No request is under way.
    case inactive
    /// No connection is suspended, so that libmicrohttpd may be stopped.
    case nothingSuspended
    case stopped
  }

  private struct State {
    var phase = Phase.idle
    /// Nobody may suspend any more.
    var isForced = false
    var active: [ObjectIdentifier: Exchange] = [:]
    var suspended = 0
    var requests = 0
    var refusals: [Int: Int] = [:]
    var waiters: [(Condition, CheckedContinuation<Void, Never>)] = []
    /// Looks after the deadlines of all exchanges; a timer for each would cost more than most answers.
    var deadlineWatch: Task<Void, Never>?

    func holds(_ condition: Condition) -> Bool {
      switch condition {
      case .inactive: active.isEmpty
      case .nothingSuspended: suspended == 0
      case .stopped: if case .stopped = phase { true } else { false }
      }
    }

    /// Takes out the waiters whose condition holds now.
    mutating func readyWaiters() -> [CheckedContinuation<Void, Never>] {
      guard !waiters.isEmpty else { return [] }
      let all = waiters
      waiters = all.filter { !holds($0.0) }
      return all.filter { holds($0.0) }.map(\.1)
    }
  }

  let settings: HTTPServerSettings
  let admission: Admission
  private let state = Mutex(State())

  init(settings: HTTPServerSettings, routes: [HTTPRoute]) {
    self.settings = settings
    admission = Admission(settings: settings, routes: routes)
  }

  var isStopping: Bool {
    state.withLock { if case .running = $0.phase { false } else { true } }
  }

  var statistics: HTTPServerStatistics {
    state.withLock {
      HTTPServerStatistics(
        requests: $0.requests,
        activeRequests: $0.active.count,
        refusals: $0.refusals
      )
    }
  }

  // MARK: Start

  /// Hands a listening socket to libmicrohttpd, which owns it from here on.
  func start(socket: Int32) throws(HTTPServerError) {
    let identity = SocketIdentity(socket)
    // Released when the daemon has stopped.
    let context = Unmanaged.passRetained(self)
    var daemonSettings = hv_mhd_settings()
    daemonSettings.listen_socket = socket
    daemonSettings.connections = UInt32(clamping: max(1, settings.maxConnections))
    daemonSettings.threads = settings.maxConnections >= 16 ? 2 : 1
    daemonSettings.connections_per_address = UInt32(
      clamping: settings.maxConnectionsPerAddress ?? 0
    )
    // Above our own limit, so that the refusal can say it, and with room for the list of the fields and
    // the answer's head; not more, as libmicrohttpd clears all of it at every request.
    daemonSettings.connection_memory_bytes = settings.maxHeaderBytes + 16_384
    daemonSettings.timeout_seconds = UInt32(
      clamping: (settings.connectionTimeout.wholeMilliseconds + 999) / 1_000
    )
    daemonSettings.context = context.toOpaque()
    setCallbacks(&daemonSettings)
    let daemon: OpaquePointer?
    if let tls = settings.tls {
      daemon = tls.certificatePEM.withCString { certificate in
        tls.keyPEM.withCString { key in
          daemonSettings.certificate_pem = certificate
          daemonSettings.key_pem = key
          return hv_mhd_start(&daemonSettings)
        }
      }
    } else {
      daemon = hv_mhd_start(&daemonSettings)
    }
    guard let daemon else {
      let code = errno
      identity.closeIfSame()
      context.release()
      if settings.tls != nil { throw .badCertificate }
      throw .failed(reason: String(cString: strerror(code)))
    }
    state.withLock { $0.phase = .running(DaemonHandle(pointer: daemon)) }
  }

  // MARK: Accounts

  /// Counts a request in; every one is counted out by ``ended(_:)``.
  func began(_ exchange: Exchange) {
    state.withLock { state in
      state.requests += 1
      state.active[ObjectIdentifier(exchange)] = exchange
    }
  }

  func ended(_ exchange: Exchange) {
    exchange.end()
    change { $0.active[ObjectIdentifier(exchange)] = nil }
  }

  func refused(status: Int) {
    state.withLock { $0.refusals[status, default: 0] += 1 }
  }

  /// Permits one connection to be suspended; false at the end, when none may be.
  func beginSuspension() -> Bool {
    state.withLock { state in
      guard !state.isForced else { return false }
      state.suspended += 1
      return true
    }
  }

  /// Answers a suspended exchange; the count falls only after the connection is resumed.
  func finish(_ exchange: Exchange, _ response: ServerResponse) -> Bool {
    guard exchange.finish(response) else {
      response.drop()
      return false
    }
    resumed()
    return true
  }

  /// Counts a connection that was resumed.
  func resumed() {
    change { $0.suspended -= 1 }
  }

  var isForced: Bool { state.withLock { $0.isForced } }

  private func change(_ body: (inout State) -> Void) {
    let ready = state.withLock { state in
      body(&state)
      return state.readyWaiters()
    }
    for waiter in ready { waiter.resume() }
  }

  /// Waits until the condition holds, or until the time is over.
  private func wait(for condition: Condition, atMost limit: Duration? = nil) async {
    var timer: Task<Void, Never>?
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if !state.holds(condition) { state.waiters.append((condition, continuation)) }
        return state.holds(condition)
      }
      if isReady {
        continuation.resume()
      } else if let limit {
        // Begun when somebody waits: ended before, it would find nobody to give up.
        timer = Task {
          // Cancelled when the condition came first.
          guard (try? await Task.sleep(for: limit)) != nil else { return }
          giveUp(condition)
        }
      }
    }
    timer?.cancel()
  }

  private func giveUp(_ condition: Condition) {
    let waiters = state.withLock { state in
      defer { state.waiters.removeAll { $0.0 == condition } }
      return state.waiters.filter { $0.0 == condition }.map(\.1)
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Deadlines

  /// Refuses exchanges that wait too long for their answer, from now on until none waits.
  func watchDeadlines() {
    state.withLock { state in
      guard state.deadlineWatch == nil else { return }
      state.deadlineWatch = Task { await refuseOverdue() }
    }
  }

  private func refuseOverdue() async {
    while let next = nextDeadline() {
      // Cancelled when the server stops.
      guard (try? await Task.sleep(until: next)) != nil else { return }
      let limit = settings.handlerDeadline.shortText
      for exchange in state.withLock({ Array($0.active.values) }) {
        guard let deadline = exchange.deadline, deadline <= .now else { continue }
        if finish(exchange, .text("no answer within the limit of \(limit)\n", status: 503)) {
          refused(status: 503)
        }
      }
    }
  }

  /// The earliest deadline; without any the watch is over.
  private func nextDeadline() -> ContinuousClock.Instant? {
    state.withLock { state in
      let next = state.active.values.lazy.compactMap(\.deadline).min()
      if next == nil { state.deadlineWatch = nil }
      return next
    }
  }

  // MARK: Stop

  /// Ends the server; libmicrohttpd aborts the process when it is stopped with a suspended
  /// connection, hence the order.
  func stop(grace: Duration) async {
    let daemon: DaemonHandle? = state.withLock { state in
      guard case .running(let daemon) = state.phase else { return nil }
      state.phase = .stopping
      return daemon
    }
    guard let daemon else {
      await wait(for: .stopped)
      return
    }
    let socket = MHD_quiesce_daemon(daemon.pointer)
    // Streams have no end of their own to wait for.
    for exchange in state.withLock({ Array($0.active.values) }) { exchange.endStream() }
    await wait(for: .inactive, atMost: grace)
    let left = state.withLock { state in
      state.isForced = true
      return Array(state.active.values)
    }
    for exchange in left {
      exchange.endStream()
      _ = finish(exchange, Self.shutdownRefusal)
    }
    await wait(for: .nothingSuspended)
    // Time for the last replies to go out.
    await wait(for: .inactive, atMost: .seconds(1))
    await withCheckedContinuation { continuation in
      let end: @Sendable () -> Void = {
        MHD_stop_daemon(daemon.pointer)
        if socket >= 0 { close(socket) }
        continuation.resume()
      }
      // Joins libmicrohttpd's threads, so it does not belong on the cooperative pool.
      if !Thread.start(end) { end() }
    }
    Unmanaged.passUnretained(self).release()
    change { state in
      state.phase = .stopped
      state.deadlineWatch?.cancel()
    }
  }

  static let shutdownRefusal = ServerResponse.text("the server is shutting down\n", status: 503)
}
