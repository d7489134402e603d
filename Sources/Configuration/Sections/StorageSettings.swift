// SPDX-License-Identifier: MIT

/// Where samples are kept, and for how long.
package struct StorageSettings: Equatable, Sendable {
  /// The database file; the file of states and queued messages lies beside it.
  package var path = "/var/lib/hvsmon/hvsmon.sqlite"
  /// Samples older than this are removed.
  package var retention: Duration = .seconds(400 * 86_400)
  /// The oldest samples are removed when the file grows past this.
  package var bytesMax: Int64 = 4 << 30
  /// Samples are acknowledged, and safe from a power cut, after at most this.
  package var flushInterval: Duration = .seconds(1)

  /// The defaults.
  package init() {}

  init(reading section: SettingsSection?) {
    self.init()
    guard let section else { return }
    if let text = section.text("path") {
      if text.isEmpty { section.report("path", "must name a file") }
      path = text
    }
    let year = 365 * 86_400
    retention = section.span(
      "retention",
      default: retention,
      in: .seconds(3_600)...(.seconds(100 * year))
    )
    bytesMax = section.bytes("max_size", default: bytesMax, in: (1 << 20)...(1 << 50))
    flushInterval = section.span(
      "flush_interval",
      default: flushInterval,
      in: .milliseconds(100)...(.seconds(60))
    )
  }

  /// The file of alert states and queued messages.
  package var statePath: String { Self.statePath(beside: path) }

  /// The file of alert states and queued messages that belongs to a store's file.
  package static func statePath(beside path: String) -> String {
    path.hasSuffix(".sqlite") ? "\(path.dropLast(7))-state.sqlite" : "\(path)-state"
  }
}
