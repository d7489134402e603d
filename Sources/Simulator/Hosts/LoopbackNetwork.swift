// SPDX-License-Identifier: MIT
import Glibc

/// A part of 127.0.0.0/8 that no other simulation on this machine uses while this is kept.
///
/// Advertisements are heard by everybody on the loopback interface, so clusters beside each other
/// need different addresses.
package final class LoopbackNetwork: Sendable {
  /// Any port would do; nothing is ever sent.
  private static let port: UInt16 = 31_112

  /// The second byte of its addresses.
  package let number: UInt8
  private let descriptor: Int32

  /// Takes the first that is free; nil when none is.
  package init?() {
    for number in UInt8.min...250 {
      guard let descriptor = Self.hold("127.\(number).30.200") else { continue }
      self.number = number
      self.descriptor = descriptor
      return
    }
    return nil
  }

  deinit { close(descriptor) }

  private static func hold(_ address: String) -> Int32? {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { return nil }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    let isTaken = withUnsafeMutablePointer(to: &place) { place in
      guard inet_pton(AF_INET, address, &place.pointee.sin_addr) == 1 else { return true }
      return place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
      }
    }
    if isTaken {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}
