// SPDX-License-Identifier: MIT

extension Condition {
  /// One word for the state.
  package var word: String {
    switch state {
    case .failed: "DOWN"
    case .unknown: "UNKN"
    case .working:
      switch level {
      case .maintenance: "MAINT"
      case .warning: "WARN"
      case .critical: "CRIT"
      case .info: "INFO"
      case .unknown: "UNKN"
      case .held, .ok: "OK"
      }
    }
  }
}

extension Level {
  /// One word for the level.
  package var word: String {
    switch self {
    case .ok: "OK"
    case .info: "INFO"
    case .held: "HELD"
    case .maintenance: "MAINT"
    case .unknown: "UNKN"
    case .warning: "WARN"
    case .critical: "CRIT"
    }
  }
}
