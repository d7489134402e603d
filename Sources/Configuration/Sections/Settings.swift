// SPDX-License-Identifier: MIT
package import Architecture

/// Everything `hvsmon.yml` says that is not one collector's or receiver's own.
package struct Settings: Sendable {
  /// The declared cluster.
  package let cluster: DeclaredCluster
  /// How often targets are asked.
  package let poll: PollSettings
  /// Where samples are kept.
  package let storage: StorageSettings
  /// Where hvsmon listens.
  package let http: HTTPSettings
  /// Paths of Prometheus rule files, as they stand in the file.
  package let ruleFiles: [String]
}

/// The declared nodes, tiers and entries with the sections in which collectors find their own keys.
package struct DeclaredSections {
  /// The whole file, for collectors that have a section of their own in it.
  package let root: SettingsSection
  /// The Proxmox nodes in the order of the file.
  package let nodes: [DeclaredNode]
  /// The tiers in the order of the file.
  package let tiers: [(tier: DeclaredTier, section: SettingsSection)]
  /// The entries in the order of the file.
  package let entries: [(entry: DeclaredEntry, section: SettingsSection)]
  /// What a section's own `interval` and `timeout` override.
  package let poll: PollSettings
  /// The backups that are meant to be made.
  package let backups: [DeclaredBackup]
  /// The zone in which schedules are read.
  package let timeZone: TimeZoneRules

  /// How often each member of a tier is asked: a member's `interval` and `timeout` win over those
  /// of `section`, a collector's section in the tier, which win over `poll`.
  ///
  /// In the order of the tier's members.
  package func polls(of tier: SettingsSection, in section: SettingsSection) -> [PollSettings] {
    let common = poll.overridden(by: section)
    return tier.sections("members").map(common.overridden)
  }
}

extension SettingsTree {
  /// Reads the sections every hvsmon has; what is wrong is added to ``issues``.
  package func readSettings() -> (settings: Settings, declared: DeclaredSections) {
    let poll = PollSettings(reading: root.section("poll"))
    let reader = ClusterReader(root: root)
    let nodes = reader.nodes()
    let declared = DeclaredSections(
      root: root,
      nodes: nodes,
      tiers: reader.tiers(),
      entries: reader.entries(),
      poll: poll,
      backups: BackupReader(root: root).backups(),
      timeZone: BackupReader(root: root).timeZone()
    )
    let settings = Settings(
      cluster: DeclaredCluster(
        name: reader.clusterName(),
        nodes: nodes,
        tiers: declared.tiers.map(\.tier),
        entries: declared.entries.map(\.entry),
        timeZone: declared.timeZone,
        backups: declared.backups
      ),
      poll: poll,
      storage: StorageSettings(reading: root.section("storage")),
      http: HTTPSettings(reading: root.section("http")),
      ruleFiles: root.texts("rules").map(\.text)
    )
    return (settings, declared)
  }
}
