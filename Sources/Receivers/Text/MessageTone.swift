// SPDX-License-Identifier: MIT
import Notifying

/// How a message looks: by the most urgent alert that fires, or by how it ended.
enum MessageTone: Sendable {
  case page
  case warning
  case info
  case resolved
  case withdrawn

  /// The colour as a number, red in the highest byte.
  var color: Int {
    switch self {
    case .page: 0xd9302c
    case .warning: 0xe8a317
    case .info: 0x3b7ddd
    case .resolved: 0x2ea44f
    case .withdrawn: 0x8d8d8d
    }
  }

  /// The colour as `#rrggbb`.
  var colorText: String { "#" + String(color, radix: 16) }

  /// The word that says how bad it is.
  var word: String {
    switch self {
    case .page: "PAGE"
    case .warning: "WARNING"
    case .info: "INFO"
    case .resolved: "RESOLVED"
    case .withdrawn: "WITHDRAWN"
    }
  }

  /// Nobody needs to be woken.
  var isQuiet: Bool { self != .page && self != .warning }
}

extension AlertNotification {
  /// How the message looks.
  var tone: MessageTone {
    switch severity {
    case .page: .page
    case .warning: .warning
    case .info: .info
    case nil: alerts.allSatisfy(\.isWithdrawn) ? .withdrawn : .resolved
    }
  }
}
