// SPDX-License-Identifier: MIT
package import MetricModel

/// Something that is wrong for a while.
package enum Fault: Hashable, Sendable {
  /// The node has no power: it and its guests are gone. Its end is the end of its boot.
  case nodeDown(String)
  /// Corosync on the node hears nobody, while its guests and its API work on.
  case nodeIsolated(String)
  /// The node takes connections and never answers them.
  case nodeHung(String)
  /// pvestatd on the node stands still, as it does on a storage that hangs.
  case statisticsHung(String)
  /// A service of Proxmox on the node has failed.
  case serviceFailed(node: String, service: String)
  /// The storage cannot be reached from the node.
  case storageOffline(node: String, storage: String)
  /// The guest was shut down.
  case guestStopped(Int)
  /// The guest lives on another node than its own.
  case guestMoved(Int, to: String)
  /// The process inside the guest is gone, while the guest runs on.
  case processDown(Int)
  /// The app inside the guest answers every page with HTTP status 500.
  case appBroken(Int)
  /// Backups of the guest fail: one run at the beginning, and every scheduled one. A run without a
  /// failure follows at the end.
  case backupFails(Int)
  /// The copies of a replicated guest fail.
  case replicationFails(Int)
  /// The process of whichever database is the primary of the first replica set is gone.
  case primaryDown
  /// The database inside the guest has lost its process and its files: back again, it takes all data
  /// from another member.
  case dataLost(Int)
  /// The database inside the guest applies nothing of the oplog.
  case replicationStalled(Int)
  /// Two routers hold the floating IP.
  case addressHeldTwice
  /// keepalived in the guest was stopped in an orderly way.
  case keepalivedStopped(Int)
  /// The app's process ends every few seconds, and PM2 starts it again at once.
  case processRestarts(Int)
  /// More requests reach the load balancer that holds the floating IP than its limit lets through.
  case requestsRejected
  /// nginx in the guest was given another burst than the others, and loaded it.
  case configurationDrifted(Int)
  /// sshd in the guest does not listen.
  case shellDown(Int)
  /// sshd in the guest takes connections and says nothing.
  case shellHung(Int)
  /// The guest lets nobody in by ssh.
  case loginRefused(Int)
  /// Something with another host key answers ssh in the guest's place.
  case hostKeyChanged(Int)
  /// Every answer of the Proxmox API takes so much longer.
  case apiSlow(Duration)
  /// The Proxmox API refuses the token.
  case tokenRefused
  /// The token lacks a privilege.
  case privilegeMissing(Privilege)
  /// The token's rights begin at `/vms`, not at `/`.
  case rightsOnGuestsOnly
}

/// A privilege of Proxmox that looks at something.
package enum Privilege: String, CaseIterable, Sendable {
  case system = "Sys.Audit"
  case guests = "VM.Audit"
  case storages = "Datastore.Audit"
}

/// A fault and how long it lasts.
package struct FaultPeriod: Equatable, Sendable {
  /// What is wrong.
  package let fault: Fault
  /// When it begins.
  package let begin: Timestamp
  /// When it is mended; nil: not yet.
  package var end: Timestamp?
  /// The guest that it struck, where the fault leaves that open.
  package var guest: Int?

  /// Whether the fault is there at `instant`.
  package func contains(_ instant: Timestamp) -> Bool {
    begin <= instant && end.map { instant < $0 } ?? true
  }
}
