// SPDX-License-Identifier: MIT
import Glibc

/// A socket that hands out whole packets of one IP protocol; it takes CAP_NET_RAW to open one.
///
/// Used by one thread.
final class RawSocket {
  struct Failure: Error, Equatable {
    let code: Int32

    /// One word for a label.
    var kind: String {
      switch code {
      case EPERM, EACCES: "not_permitted"
      case EAFNOSUPPORT, EPROTONOSUPPORT: "not_supported"
      case EMFILE, ENFILE: "too_many_files"
      default: "failed"
      }
    }
  }

  /// One packet as it came.
  struct Packet {
    /// From the IP header on for IPv4, and what follows the header for IPv6.
    let bytes: [UInt8]
    /// The rest is set for IPv6 only.
    var source: InternetAddress?
    var destination: InternetAddress?
    var hopLimit: UInt8 = 0
  }

  /// No advertisement of 255 addresses of 16 bytes is larger.
  private static let packetBytesMax = 4_608

  let descriptor: Int32
  private let isIPv6: Bool

  /// Opens a socket that never blocks.
  init(isIPv6: Bool, protocolNumber: Int32) throws(Failure) {
    self.isIPv6 = isIPv6
    let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, protocolNumber)
    guard descriptor >= 0 else { throw Failure(code: errno) }
    if isIPv6 {
      set(Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, 1)
      set(Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1)
    }
  }

  deinit {
    // Also runs when the initialiser throws.
    if descriptor >= 0 { close(descriptor) }
  }

  private func set(_ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Hears the group of all VRRP routers on an interface; 0 lets the system choose.
  ///
  /// To be repeated now and then: an interface that was set up anew has forgotten.
  func joinRouters(onInterface index: UInt32) {
    if isIPv6 {
      var request = ipv6_mreq()
      request.ipv6mr_interface = index
      inet_pton(AF_INET6, "ff02::12", &request.ipv6mr_multiaddr)
      let size = socklen_t(MemoryLayout<ipv6_mreq>.size)
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_JOIN_GROUP, &request, size)
    } else {
      var request = ip_mreqn()
      request.imr_ifindex = Int32(clamping: index)
      inet_pton(AF_INET, "224.0.0.18", &request.imr_multiaddr)
      let size = socklen_t(MemoryLayout<ip_mreqn>.size)
      setsockopt(descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, size)
    }
  }

  /// Talks to one address only.
  func connect(to address: InternetAddress) throws(Failure) {
    let result = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    guard result == 0 else { throw Failure(code: errno) }
  }

  func send(_ bytes: [UInt8]) {
    // A packet that is lost here is one that is not answered.
    _ = Glibc.send(descriptor, bytes, bytes.count, 0)
  }

  /// The next packet that waits; nil when there is none.
  func receive() -> Packet? {
    var bytes = [UInt8](repeating: 0, count: Self.packetBytesMax)
    guard isIPv6 else {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return count > 0 ? Packet(bytes: Array(bytes.prefix(count))) : nil
    }
    var control = [UInt8](repeating: 0, count: 256)
    var sender = sockaddr_in6()
    var message = msghdr()
    let (count, controlCount) = bytes.withUnsafeMutableBytes { bytes in
      control.withUnsafeMutableBytes { control in
        withUnsafeMutablePointer(to: &sender) { sender in
          var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
          return withUnsafeMutablePointer(to: &part) { part in
            message.msg_name = UnsafeMutableRawPointer(sender)
            message.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
            message.msg_iov = part
            message.msg_iovlen = 1
            message.msg_control = control.baseAddress
            message.msg_controllen = control.count
            let count = recvmsg(descriptor, &message, 0)
            return (count, message.msg_controllen)
          }
        }
      }
    }
    guard count > 0 else { return nil }
    var packet = Packet(bytes: Array(bytes.prefix(count)))
    packet.source = withUnsafeBytes(of: &sender.sin6_addr) { InternetAddress(bytes: Array($0)) }
    for (type, data) in Self.ancillary(control.prefix(controlCount)) {
      if type == IPV6_HOPLIMIT, let limit = data.first { packet.hopLimit = limit }
      if type == IPV6_PKTINFO { packet.destination = InternetAddress(bytes: data.prefix(16)) }
    }
    return packet
  }

  /// The IPv6 messages beside a packet: each has a length of 8 bytes, a level and a type of 4, and
  /// data, and begins at a multiple of 8 (cmsg(3)).
  private static func ancillary(_ bytes: ArraySlice<UInt8>) -> [(type: Int32, data: [UInt8])] {
    func number(_ range: Range<Int>) -> Int {
      bytes[range].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    }
    var found: [(Int32, [UInt8])] = []
    var start = 0
    while start + 16 <= bytes.count {
      let length = number(start..<start + 4)
      guard length >= 16, start + length <= bytes.count else { break }
      if number(start + 8..<start + 12) == Int(IPPROTO_IPV6) {
        let type = Int32(truncatingIfNeeded: number(start + 12..<start + 16))
        found.append((type, Array(bytes[start + 16..<start + length])))
      }
      start += (length + 7) / 8 * 8
    }
    return found
  }
}

/// The way from this host to an address.
enum LocalRoute {
  /// The index of the interface through which the address is reached; nil when there is no route.
  static func interface(to address: InternetAddress) -> UInt32? {
    guard let own = source(towards: address) else { return nil }
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return nil }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let held = entry.ifa_addr, InternetAddress(reading: held) == own else { continue }
      return if_nametoindex(entry.ifa_name)
    }
    return nil
  }

  /// The address that this host would show; nothing is sent.
  private static func source(towards address: InternetAddress) -> InternetAddress? {
    let family = address.isIPv4 ? AF_INET : AF_INET6
    let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Port 9: some systems refuse 0.
    return address.withSocketAddress(port: 9) { pointer, size in
      var length = size
      guard Glibc.connect(descriptor, pointer, size) == 0,
        getsockname(descriptor, pointer, &length) == 0
      else { return nil }
      return InternetAddress(reading: pointer)
    }
  }
}

extension InternetAddress {
  /// Hands the address with a port to a call of the system, which may write over it.
  fileprivate func withSocketAddress<Result>(
    port: UInt8 = 0,
    _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(isIPv4 ? AF_INET : AF_INET6)
    // The address follows family and port; in IPv6 also the flow.
    let offset = isIPv4 ? 4 : 8
    withUnsafeMutableBytes(of: &storage) { raw in
      raw[3] = port
      for (index, byte) in bytes.enumerated() { raw[offset + index] = byte }
    }
    let size = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(size)) }
    }
  }

  fileprivate init?(reading socketAddress: UnsafeMutablePointer<sockaddr>) {
    let bytes = UnsafeRawPointer(socketAddress)
    switch Int32(socketAddress.pointee.sa_family) {
    case AF_INET:
      self.init(bytes: UnsafeRawBufferPointer(start: bytes + 4, count: 4))
    case AF_INET6:
      self.init(bytes: UnsafeRawBufferPointer(start: bytes + 8, count: 16))
    default: return nil
    }
  }
}
