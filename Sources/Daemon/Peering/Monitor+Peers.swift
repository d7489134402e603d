// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import MetricModel
import Notifying
import StateStore

extension Monitor.Parts {
  /// Joins the other instances, or goes on without them, as the settings say.
  func adoptPeers(_ loaded: LoadedSettings) async {
    await peers.connect(peerPorts)
    await peers.adopt(
      loaded.peers,
      cluster: loaded.settings.cluster.name,
      notifications: loaded.notifications
    )
  }

  private var peerPorts: PeerKeeper.Ports {
    var ports = PeerKeeper.Ports()
    ports.steady = { [dispatcher] in await dispatcher.steady }
    ports.merge = { [silences] made, said in await silences.merge(made, said) }
    ports.remember = { [queue, notifications] messages in
      await queue.remember(messages.mapValues { $0.message })
      await notifications.hear(messages.mapValues { $0.sentAt })
    }
    let note: @Sendable (LedgerChanges) async -> Void = { [peers] changes in
      await peers.note(changes)
    }
    ports.share = { [silences] isShared in
      await silences.share(isShared ? note : nil)
    }
    return ports
  }
}
