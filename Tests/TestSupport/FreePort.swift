// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// Ports of 127.0.0.1 for programs that cannot choose one themselves and say which.
package enum FreePort {
  /// Below those that the system gives to whoever asks for any: nobody else comes upon one between
  /// the choice and the use.
  private static let range = 20_000..<32_768
  // Other test processes begin elsewhere.
  private static let tried = Atomic(Int(getpid()) &* 7_919)

  /// A port that nobody listens on, and that no other call in this process gets.
  package static func next() -> UInt16 {
    while true {
      let turn = tried.wrappingAdd(1, ordering: .relaxed).newValue
      let port = UInt16(range.lowerBound + Int(turn.magnitude % UInt(range.count)))
      if isFree(port) { return port }
    }
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
