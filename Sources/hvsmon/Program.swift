// SPDX-License-Identifier: MIT
import Collectors
import Daemon
import Logging
import Polling
import Receivers

/// The one place where the daemon meets the concrete collectors and receivers.
enum Program {
  static let loader = SettingsLoader(collectors: allCollectors) { client in
    allReceiverKinds(ReceiverServices(client: client, clock: SystemClock()))
  }

  static func plan(config: String, logger: Logger) -> MonitorPlan {
    MonitorPlan(
      configPath: config,
      loader: loader,
      logger: logger,
      giveBackMemory: MemoryThrift.giveBack
    )
  }
}
