// SPDX-License-Identifier: MIT
import Dispatch
import Glibc

/// Sends bytes that no client would send, and reads what comes until the peer closes.
enum RawExchange {
  /// How a connection goes on after its bytes were sent.
  enum Ending {
    /// Reads until the peer closes or is silent for two seconds.
    case read
    /// Closes at once with a reset.
    case reset
  }

  /// Returns what came; nil when there was no connection.
  static func send(_ bytes: [UInt8], port: UInt16, then ending: Ending = .read) async -> String? {
    await withCheckedContinuation { continuation in
      // Blocks, so it runs off the cooperative pool.
      DispatchQueue.global().async {
        continuation.resume(returning: exchange(bytes, port, ending))
      }
    }
  }

  /// A connection over which the bytes were sent, to be closed by the caller; nil when there is none.
  static func open(_ bytes: [UInt8], port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      return nil
    }
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          descriptor,
          $0.baseAddress?.advanced(by: sent),
          $0.count - sent,
          Int32(truncatingIfNeeded: MSG_NOSIGNAL)
        )
      }
      guard count > 0 else { break }
      sent += count
    }
    return descriptor
  }

  private static func exchange(_ bytes: [UInt8], _ port: UInt16, _ ending: Ending) -> String? {
    guard let descriptor = open(bytes, port: port) else { return nil }
    defer { close(descriptor) }
    if case .reset = ending {
      var hard = linger(l_onoff: 1, l_linger: 0)
      let size = socklen_t(MemoryLayout<linger>.size)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, size)
      return ""
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while received.count < 1 << 20 {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      received += buffer[..<count]
    }
    return String(decoding: received, as: UTF8.self)
  }
}
