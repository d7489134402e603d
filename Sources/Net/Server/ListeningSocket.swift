// SPDX-License-Identifier: MIT
import Glibc

/// A TCP socket that listens, made here rather than by libmicrohttpd to know why it fails.
struct ListeningSocket {
  /// How many connections the system holds until they are accepted.
  private static let backlog: Int32 = 512

  let descriptor: Int32
  let port: UInt16

  /// Whether only this machine can connect to an address with that family and those bytes.
  private static func isLoopback(_ address: UnsafePointer<sockaddr>) -> Bool {
    let raw = UnsafeRawPointer(address)
    if Int32(address.pointee.sa_family) == AF_INET {
      return raw.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr.s_addr & 0xff == 127
    }
    guard Int32(address.pointee.sa_family) == AF_INET6 else { return false }
    return withUnsafeBytes(
      of: raw.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
    ) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
  }

  /// Listens on the first address of `host`.
  ///
  /// - Parameters:
  ///   - host: A numeric address or a name; empty means all addresses.
  ///   - port: 0 lets the system choose.
  ///   - isOpenAllowed: Whether other machines may be able to connect.
  /// - Throws: ``HTTPServerError`` with what stands in the way.
  init(host: String, port: UInt16, isOpenAllowed: Bool) throws(HTTPServerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
    guard status == 0, let first = list, let address = first.pointee.ai_addr else {
      throw .addressUnknown(host: host, reason: String(cString: gai_strerror(status)))
    }
    defer { freeaddrinfo(first) }
    guard isOpenAllowed || Self.isLoopback(address) else { throw .openToEveryone(host: host) }
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    descriptor = socket(first.pointee.ai_family, Int32(type), 0)
    guard descriptor >= 0 else { throw .failed(reason: String(cString: strerror(errno))) }
    do {
      self.port = try Self.listen(descriptor, address, first.pointee.ai_addrlen, host, port)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func listen(
    _ descriptor: Int32,
    _ address: UnsafePointer<sockaddr>,
    _ length: socklen_t,
    _ host: String,
    _ port: UInt16
  ) throws(HTTPServerError) -> UInt16 {
    let size = socklen_t(MemoryLayout<Int32>.size)
    var on: Int32 = 1
    var off: Int32 = 0
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
    if Int32(address.pointee.sa_family) == AF_INET6 {
      // `::` then takes IPv4 too.
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size)
    }
    guard bind(descriptor, address, length) == 0, Glibc.listen(descriptor, backlog) == 0 else {
      switch errno {
      case EADDRINUSE: throw .addressInUse(host: host, port: port)
      case EACCES, EPERM: throw .notPermitted(host: host, port: port)
      case let code: throw .addressUnknown(host: host, reason: String(cString: strerror(code)))
      }
    }
    var bound = sockaddr_storage()
    var boundLength = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &boundLength)
      }
    }
    guard status == 0 else { throw .failed(reason: String(cString: strerror(errno))) }
    // The port stands at the same place in both families.
    return withUnsafeBytes(of: &bound) { UInt16($0[2]) << 8 | UInt16($0[3]) }
  }
}

/// Which socket a file descriptor stands for.
///
/// libmicrohttpd closes the listening socket in some of the ways in which it fails to start, and
/// the number may then belong to somebody else.
struct SocketIdentity {
  private let descriptor: Int32
  private let inode: UInt

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    inode = Self.inode(descriptor)
  }

  func closeIfSame() {
    if inode != 0, Self.inode(descriptor) == inode { close(descriptor) }
  }

  /// Zero for a descriptor that is not open.
  private static func inode(_ descriptor: Int32) -> UInt {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt(status.st_ino) : 0
  }
}
