// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc

/// The unpacked programs.
enum Peers {
  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static let nginx = path("usr/sbin/nginx")
  static let prometheus = path("usr/bin/prometheus")
  static let promtool = path("usr/bin/promtool")
  static let alertmanager = path("usr/bin/prometheus-alertmanager")
  static let amtool = path("usr/bin/amtool")
  static let python = path("python/bin/python3")
  static let fakeProxmox = path("python/bin/fakepve")
  static let mongoPython = path("mongodb/bin/python3")
  static let mongoDriver = path("pymongo/bin/python3")
  static let proxmoxExporter = path("python/bin/pve_exporter")

  /// The program is there; says so when it is not.
  static func has(_ path: String) -> Bool {
    let isThere = access(path, X_OK) == 0
    if !isThere { print("skipped: \(path) is missing; `make setup-peers` unpacks it") }
    return isThere
  }

  private static func path(_ name: String) -> String { "\(root)/.peers/\(name)" }
}

/// Ports that were free a moment ago, for programs that cannot choose one themselves.
enum FreePort {
  static func next() -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = bind(descriptor, generic, length)
        _ = getsockname(descriptor, generic, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}
