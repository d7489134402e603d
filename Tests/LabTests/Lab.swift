// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import TestSupport

/// The cluster that `Tests/Lab/lab.sh` has made around this process.
enum Lab {
  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The folder of the lab, with the key to its hosts.
  static let folder = ProcessInfo.processInfo.environment["HVSMON_LAB"] ?? ""

  /// This process runs on the monitor of a lab; says so when it does not.
  static let isHere: Bool = {
    let isHere = getuid() == 0 && ProcessInfo.processInfo.environment["HVSMON_LAB"] != nil
    if !isHere { print("skipped: no lab; `make lab` makes one, as root") }
    return isHere
  }()

  static let balancers = ["lb100", "lb101", "lb102"]
  static let floating = "192.168.30.200"

  struct Failure: Error {
    let action: String
    let output: String
  }

  /// Does something to a host, or to the network.
  static func act(_ action: String, _ words: [String] = []) async throws {
    let script = try ChildProcess("/bin/sh", ["\(root)/Tests/Lab/lab.sh", "do", action] + words)
    guard try await script.waitForExit() == .code(0) else {
      throw Failure(action: "\(action) \(words)", output: script.errorOutput)
    }
  }
}
