// SPDX-License-Identifier: MIT
import Collectors
import Daemon
import Logging
import Receivers

/// The one place where the daemon meets the concrete collectors and receivers.
enum Program {
  static func plan(config: String, logger: Logger) -> MonitorPlan {
    MonitorPlan(
      configPath: config,
      loader: SettingsLoader(collectors: allCollectors, receiverKinds: makeReceiverKinds),
      logger: logger
    )
  }
}
