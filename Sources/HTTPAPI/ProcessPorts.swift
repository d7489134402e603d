// SPDX-License-Identifier: MIT
package import MetricModel

/// The daemon itself.
package struct ProcessPorts: Sendable {
  /// What became of a reload.
  package enum ReloadOutcome: Sendable {
    case reloaded
    /// The old settings go on; the text lists the faults, a line each.
    case refused(faults: String)
  }

  let isReady: @Sendable () -> Bool
  let reload: @Sendable () async -> ReloadOutcome
  let report: @Sendable () -> ProcessReport

  /// Names the ports.
  ///
  /// - Parameters:
  ///   - isReady: The store is open and every target was polled once.
  ///   - reload: Loads the settings anew.
  ///   - report: How the daemon runs.
  package init(
    isReady: @escaping @Sendable () -> Bool,
    reload: @escaping @Sendable () async -> ReloadOutcome,
    report: @escaping @Sendable () -> ProcessReport
  ) {
    self.isReady = isReady
    self.reload = reload
    self.report = report
  }
}

/// How the daemon runs; holds no secret.
package struct ProcessReport: Sendable {
  /// The daemon's version.
  package var version: String
  /// When it started.
  package var startedAt: Timestamp
  /// When settings were loaded last.
  package var loadedAt: Timestamp
  /// The last reload was taken.
  package var wasReloadGood: Bool
  /// How long samples are kept.
  package var retention: Duration
  /// Blocks of samples that could not be read since the start.
  package var damagedBlocks: Int
  /// Chunks in the store's file.
  package var chunks: Int
  /// What Prometheus takes from its command line, by the names of its flags.
  package var flags: [String: String]
  /// What Prometheus' own settings file would say, as YAML.
  package var settingsText: String

  /// Describes a daemon.
  package init(
    version: String,
    startedAt: Timestamp,
    loadedAt: Timestamp,
    wasReloadGood: Bool,
    retention: Duration,
    damagedBlocks: Int = 0,
    chunks: Int = 0,
    flags: [String: String] = [:],
    settingsText: String = ""
  ) {
    self.version = version
    self.startedAt = startedAt
    self.loadedAt = loadedAt
    self.wasReloadGood = wasReloadGood
    self.retention = retention
    self.damagedBlocks = damagedBlocks
    self.chunks = chunks
    self.flags = flags
    self.settingsText = settingsText
  }
}
