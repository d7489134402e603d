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
