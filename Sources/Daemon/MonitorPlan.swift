// SPDX-License-Identifier: MIT
import Configuration
package import Logging

/// What a monitor is started with.
package struct MonitorPlan: Sendable {
  let configPath: String
  let loader: SettingsLoader
  let logger: Logger
  let giveBackMemory: @Sendable () -> Void

  /// Names the settings file, what may be declared in it, where log lines go, and what gives memory
  /// back to the system that a large query no longer holds.
  package init(
    configPath: String,
    loader: SettingsLoader,
    logger: Logger,
    giveBackMemory: @escaping @Sendable () -> Void
  ) {
    self.configPath = configPath
    self.loader = loader
    self.logger = logger
    self.giveBackMemory = giveBackMemory
  }
}

/// Why a monitor did not start; each description says what to do.
package enum StartFailure: Error, Sendable {
  /// The settings or rule files have faults, or cannot be read.
  case settings(faults: [SettingsIssueText], isUnreadable: Bool)
  /// The samples cannot be kept.
  case store(reason: String)
  /// Alert states and messages cannot be kept.
  case state(reason: String)
  /// The address cannot be served.
  case http(reason: String)

  /// One fault as it is printed.
  package typealias SettingsIssueText = String

  /// The process' exit status.
  package var exitStatus: Int32 {
    if case .settings(_, isUnreadable: false) = self { 1 } else { 2 }
  }
}

extension StartFailure: CustomStringConvertible {
  /// What is wrong, a line each, and what to do.
  package var description: String {
    switch self {
    case .settings(let faults, _):
      "the settings have faults:\n" + faults.joined(separator: "\n")
    case .store(let reason), .state(let reason), .http(let reason): reason
    }
  }
}
