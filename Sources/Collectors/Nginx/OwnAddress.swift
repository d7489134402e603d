// SPDX-License-Identifier: MIT
import Glibc

/// This host's own address, as others see it.
enum OwnAddress {
  /// The address that packets to a peer are sent from; nil when there is no way to it.
  ///
  /// Nothing is sent.
  static func towards(_ peer: InternetAddress) -> InternetAddress? {
    let family = peer.isIPv4 ? AF_INET : AF_INET6
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var storage = sockaddr_storage()
    // The address follows family and port; in IPv6 also the flow.
    let offset = peer.isIPv4 ? 4 : 8
    var size = socklen_t(
      peer.isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    )
    return withUnsafeMutableBytes(of: &storage) { bytes -> InternetAddress? in
      guard let base = bytes.baseAddress else { return nil }
      let generic = base.assumingMemoryBound(to: sockaddr.self)
      generic.pointee.sa_family = sa_family_t(family)
      // Any port but 0 will do.
      bytes[3] = 9
      for (place, byte) in peer.bytes.enumerated() { bytes[offset + place] = byte }
      guard connect(descriptor, generic, size) == 0, getsockname(descriptor, generic, &size) == 0
      else { return nil }
      return InternetAddress(bytes: bytes[offset..<offset + peer.bytes.count])
    }
  }
}
