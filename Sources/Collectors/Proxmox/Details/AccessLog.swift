// SPDX-License-Identifier: MIT
import Logging
import Synchronization

/// Tells the user once, and at each change, which privileges the API token lacks.
final class AccessLog: Sendable {
  private let logger: Logger
  private let last = Mutex<PermissionCheck?>(nil)

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Whether the token may see all guests; false until that was asked.
  var seesGuests: Bool {
    last.withLock {
      $0.map { check in !check.missing.contains { $0.need.part == "guests" } } ?? false
    }
  }

  func note(_ check: PermissionCheck) {
    let before = last.withLock { last in
      defer { last = check }
      return last
    }
    guard before != check else { return }
    for (need, deeper) in check.missing {
      let elsewhere = deeper.isEmpty ? "nowhere" : deeper.prefix(5).joined(separator: " ")
      logger.warning(
        "the Proxmox API token lacks a privilege; its user needs it as well",
        LogField("privilege", need.privilege),
        LogField("path", need.path),
        LogField("granted_below", elsewhere),
        LogField("not_shown", need.off)
      )
    }
    if check.missing.isEmpty {
      logger.info("the Proxmox API token may see everything hvsmon asks for")
    }
  }
}
