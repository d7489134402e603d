// SPDX-License-Identifier: MIT
import Configuration
package import MetricModel
import Net
import Polling
import SeriesStore

/// A store that no daemon has open, into which history is taken.
package struct HistoryDestination: Sendable {
  /// What names the store.
  package enum Place: Sendable {
    /// A settings file, whose retention holds for what is taken in as well.
    case settings(path: String)
    /// A store file; nothing in it is too old or too much.
    case store(path: String)
  }

  /// Takes the history.
  package let history: any HistoryImporting
  /// Samples older than this are removed again; nil means none is.
  package let retention: Duration?
  /// The store's file.
  package let path: String
  private let store: SampleStore

  /// Opens the store, making it when it is missing.
  ///
  /// - Parameters:
  ///   - place: Where it is.
  ///   - loader: Reads the settings.
  /// - Returns: The open store, to be closed.
  /// - Throws: ``StartFailure``, whose description says what to do.
  package static func open(
    _ place: Place,
    loader: SettingsLoader
  ) async throws(StartFailure) -> HistoryDestination {
    switch place {
    case .store(let path):
      var settings = StoreSettings()
      settings.retention = .seconds(1_000 * 365 * 86_400)
      return try open(path, settings, retention: nil)
    case .settings(let path):
      let http = HTTPClient(userAgent: Monitor.userAgent)
      let loaded = loader.load(path, http: http)
      await http.close()
      switch loaded {
      case .success(let loaded):
        let storage = loaded.settings.storage
        return try open(storage.path, StoreSettings(storage), retention: storage.retention)
      case .failure(let refusal):
        throw .settings(
          faults: refusal.faults.map(\.description),
          isUnreadable: refusal.isUnreadable
        )
      }
    }
  }

  private static func open(
    _ path: String,
    _ settings: StoreSettings,
    retention: Duration?
  ) throws(StartFailure) -> HistoryDestination {
    do throws(StoreOpenError) {
      let store = try SampleStore.open(path: path, settings: settings, time: SystemClock())
      return HistoryDestination(history: store, retention: retention, path: path, store: store)
    } catch {
      throw .store(reason: error.description)
    }
  }

  /// Closes the store.
  ///
  /// - Throws: ``StoreError/database(reason:)`` when the end could not be written.
  package func close() async throws(StoreError) {
    try await store.close()
  }
}

extension StoreSettings {
  /// The store as the settings describe it.
  init(_ storage: StorageSettings) {
    self.init()
    retention = storage.retention
    bytesMax = Int(storage.bytesMax)
  }
}
