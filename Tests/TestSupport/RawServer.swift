// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// A TCP server on loopback that does to each connection what a script says, however rude.
///
/// Each connection has a thread of its own, which a stop ends. It speaks no protocol by itself.
package final class RawServer: Sendable {
  /// One thing done to a connection.
  package enum Step: Sendable {
    /// Reads until the blank line that ends an HTTP header; a peer that closes ends the script.
    case readHeader
    /// Reads exactly so many bytes.
    case read(Int)
    /// Sends the text.
    case send(String)
    /// Sends the bytes.
    case sendBytes([UInt8])
    /// Sends the text byte by byte with a pause after each.
    case drip(String, pauseMilliseconds: Int)
    /// Sends so many bytes of the letter x, or for ever when nil.
    case flood(bytes: Int?)
    /// Sends header lines for ever, after a status line of the script's own.
    case endlessHeader
    /// Sends nothing and waits until the peer closes or the server stops.
    case wait
    /// Waits for the next ``RawServer/release()``.
    case waitForRelease
    /// Closes at once with a reset instead of an orderly end.
    case reset
    /// Starts the script again.
    case again
  }

  /// Connections served at once; further ones are closed.
  private static let connectionLimit = 256

  private struct State {
    var isStopped = false
    var descriptors: Set<Int32> = []
    var accepted = 0
    var headersRead = 0
    var bytesFlooded = 0
    var releases = 0
    var releaseDemand = 0
  }

  /// The port it listens on, on 127.0.0.1.
  package let port: UInt16
  private let listener: Int32
  private let script: @Sendable (Int) -> [Step]
  private let state = Mutex(State())

  /// Listens and gives the same script to every connection; the end of the script closes it.
  package convenience init(_ steps: Step...) throws {
    try self.init { _ in steps }
  }

  /// Listens; `script` is asked with the number of the connection, from 0.
  package init(script: @escaping @Sendable (Int) -> [Step]) throws {
    let (listener, port) = try Self.listen()
    self.listener = listener
    self.port = port
    self.script = script
    Self.onThread { [weak self, listener] in
      // A stop shuts the listener down, which ends the accept.
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else {
          if errno == EINTR || errno == ECONNABORTED { continue }
          break
        }
        guard let self else {
          close(descriptor)
          break
        }
        self.serve(descriptor)
      }
      self?.state.withLock { $0.isStopped = true }
      close(listener)
    }
  }

  deinit {
    stop()
  }

  /// An `http:` URL of this server.
  package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// How many connections were accepted.
  package var acceptedConnections: Int { state.withLock { $0.accepted } }

  /// How many request headers were read by ``Step/readHeader``.
  package var headersRead: Int { state.withLock { $0.headersRead } }

  /// How many bytes of ``Step/flood(bytes:)`` were taken from it, be it by the system's buffers.
  package var bytesFlooded: Int { state.withLock { $0.bytesFlooded } }

  /// Lets every script that stands at ``Step/waitForRelease`` go on, or the next one to come there.
  package func release() {
    state.withLock { $0.releases += 1 }
  }

  /// Closes every connection in an orderly way and goes on listening.
  package func closeConnections() {
    state.withLock { for each in $0.descriptors { shutdown(each, Int32(SHUT_RDWR)) } }
  }

  /// Closes everything; afterwards the port refuses.
  package func stop() {
    // Once only, and under the lock: a number that was closed may already belong to somebody else.
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, Int32(SHUT_RDWR))
    }
    closeConnections()
  }

  // MARK: Serving

  private func serve(_ descriptor: Int32) {
    let number: Int? = state.withLock { state in
      guard !state.isStopped, state.descriptors.count < Self.connectionLimit else { return nil }
      state.descriptors.insert(descriptor)
      state.accepted += 1
      return state.accepted - 1
    }
    guard let number else {
      close(descriptor)
      return
    }
    // The connection's thread must not keep the server alive, or it would never be stopped.
    Self.onThread { [weak self, script] in
      let steps = script(number)
      var index = 0
      while index < steps.count {
        if case .again = steps[index] {
          index = 0
          continue
        }
        guard Self.run(steps[index], on: descriptor, of: { self }) else { break }
        index += 1
      }
      self?.state.withLock { _ = $0.descriptors.remove(descriptor) }
      close(descriptor)
    }
  }

  /// Carries out a step; false ends the connection.
  private static func run(
    _ step: Step,
    on descriptor: Int32,
    of server: () -> RawServer?
  ) -> Bool {
    switch step {
    case .readHeader:
      guard readHeader(descriptor) else { return false }
      server()?.state.withLock { $0.headersRead += 1 }
      return true
    case .read(let count): return read(descriptor, count)
    case .send(let text): return send(descriptor, Array(text.utf8))
    case .sendBytes(let bytes): return send(descriptor, bytes)
    case .drip(let text, let pause):
      return text.utf8.allSatisfy { byte in
        defer { usleep(UInt32(pause) * 1_000) }
        return send(descriptor, [byte])
      }
    case .flood(let count):
      let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
      var left = count ?? .max
      while left > 0 {
        guard send(descriptor, left < piece.count ? Array(piece[..<left]) : piece) else {
          return false
        }
        let count = min(left, piece.count)
        server()?.state.withLock { $0.bytesFlooded += count }
        left -= count
      }
      return true
    case .endlessHeader:
      let lines = Array(String(repeating: "X-Filler: 0123456789abcdef\r\n", count: 64).utf8)
      while send(descriptor, lines) {}
      return false
    case .wait:
      while read(descriptor, 1) {}
      return false
    case .waitForRelease: return waitForRelease(server)
    case .reset:
      var hard = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor,
        SOL_SOCKET,
        SO_LINGER,
        &hard,
        socklen_t(MemoryLayout<linger>.size)
      )
      return false
    case .again: return true
    }
  }

  private static func waitForRelease(_ server: () -> RawServer?) -> Bool {
    guard
      let ticket = server()?.state.withLock({ state in
        state.releaseDemand += 1
        return state.releaseDemand
      })
    else { return false }
    while let state = server()?.state.withLock({ ($0.isStopped, $0.releases) }) {
      if state.0 { return false }
      if state.1 >= ticket { return true }
      usleep(1_000)
    }
    return false
  }

  private static func readHeader(_ descriptor: Int32) -> Bool {
    var matched = 0
    let end = Array("\r\n\r\n".utf8)
    var byte: UInt8 = 0
    while matched < end.count {
      guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
      matched = byte == end[matched] ? matched + 1 : (byte == end[0] ? 1 : 0)
    }
    return true
  }

  private static func read(_ descriptor: Int32, _ count: Int) -> Bool {
    var buffer = [UInt8](repeating: 0, count: min(max(count, 1), 1 << 16))
    var left = count
    while left > 0 {
      let received = recv(descriptor, &buffer, min(left, buffer.count), 0)
      guard received > 0 else { return false }
      left -= received
    }
    return true
  }

  private static func send(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, noSignal)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private static let noSignal = Int32(truncatingIfNeeded: MSG_NOSIGNAL)

  // MARK: System

  /// A call of the system that failed.
  package struct SystemFailure: Error {
    /// The call.
    package let call: String
    /// The value of `errno`.
    package let code: Int32
  }

  private static func listen() throws -> (Int32, UInt16) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { throw SystemFailure(call: "socket", code: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard status else {
      let code = errno
      close(descriptor)
      throw SystemFailure(call: "bind", code: code)
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  private final class Work {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func onThread(_ run: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let status = pthread_create(
      &thread,
      nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      },
      Unmanaged.passRetained(Work(run)).toOpaque()
    )
    precondition(status == 0, "a test can start a thread")
    pthread_detach(thread)
  }
}
