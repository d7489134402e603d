// SPDX-License-Identifier: MIT
import Glibc
import Net

/// A socket on loopback that does not block: one that listens, or one that was accepted.
struct LoopbackSocket {
  /// What came of a try to read.
  enum Arrival {
    case bytes([UInt8])
    case nothing
    case end
  }

  let descriptor: Int32

  /// Listens.
  ///
  /// - Parameters:
  ///   - address: An IPv4 address of loopback.
  ///   - port: 0 stands for a free one.
  /// - Returns: The socket and its port.
  /// - Throws: ``HTTPServerError`` with what stands in the way.
  static func listening(
    on address: String,
    port: UInt16
  ) throws(HTTPServerError) -> (socket: LoopbackSocket, port: UInt16) {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &place.sin_addr) == 1, place.sin_addr.s_addr & 0xff == 127
    else { throw .addressUnknown(host: address, reason: "not of loopback") }
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(AF_INET, Int32(type), 0)
    guard descriptor >= 0 else { throw .failed(reason: String(cString: strerror(errno))) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &place) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 128) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard isBound else {
      let code = errno
      close(descriptor)
      if code == EADDRINUSE { throw .addressInUse(host: address, port: port) }
      throw .failed(reason: String(cString: strerror(code)))
    }
    return (LoopbackSocket(descriptor: descriptor), UInt16(bigEndian: place.sin_port))
  }

  /// The next connection that waits; nil when none does.
  ///
  /// - Throws: ``HTTPServerError`` when the process or the system has no descriptors left.
  func accepted() throws(HTTPServerError) -> LoopbackSocket? {
    let descriptor = accept(self.descriptor, nil, nil)
    guard descriptor < 0 else {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      var on: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
      return LoopbackSocket(descriptor: descriptor)
    }
    if errno == EMFILE || errno == ENFILE { throw .failed(reason: "no descriptors are left") }
    return nil
  }

  /// Reads what is there, up to 64 KiB.
  func read() -> Arrival {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    if count > 0 { return .bytes(Array(bytes[..<count])) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
  }

  /// Writes what the system takes now; how much that was, nil when the connection is broken.
  func write(_ bytes: [UInt8]) -> Int? {
    let count = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  func end() {
    close(descriptor)
  }
}
