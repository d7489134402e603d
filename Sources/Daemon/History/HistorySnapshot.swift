// SPDX-License-Identifier: MIT
import Configuration
import Glibc
package import MetricModel
import Net
import Polling
import SQLite
import SeriesStore

/// A copy of a store as it was at one moment, to be read while a daemon goes on with the store.
///
/// The copy lies in a folder for passing files and is removed by ``close()``. Samples of the last
/// flush interval may be missing.
package struct HistorySnapshot: Sendable {
  /// Why there is no snapshot.
  package enum Failure: Error, CustomStringConvertible {
    /// The settings do not say where the store is.
    case settings(StartFailure)
    /// The store cannot be read, or the copy cannot be written.
    case database(path: String, reason: String)

    package var description: String {
      switch self {
      case .settings(let failure): failure.description
      case .database(let path, let reason): "\(path) could not be read: \(reason)."
      }
    }
  }

  /// Reads the copy.
  package let reading: any SeriesReading
  private let store: SampleStore
  private let folder: String

  /// Copies a store and opens the copy.
  ///
  /// - Parameters:
  ///   - place: Where the store is.
  ///   - loader: Reads the settings.
  /// - Returns: The copy, to be closed.
  /// - Throws: ``Failure``, whose description says what to do; then no file is left behind.
  package static func open(
    _ place: HistoryDestination.Place,
    loader: SettingsLoader
  ) async throws(Failure) -> HistorySnapshot {
    let path: String
    switch place {
    case .store(let store): path = store
    case .settings(let settings): path = try await storePath(settings, loader)
    }
    let folder = try makeFolder()
    do throws(Failure) {
      return try open(path, in: folder)
    } catch {
      remove(folder)
      throw error
    }
  }

  /// Ends the reading and removes the copy.
  package func close() async {
    do throws(StoreError) {
      try await store.close()
    } catch {
      // Nothing in the copy is worth keeping.
    }
    Self.remove(folder)
  }

  private static func storePath(
    _ settings: String,
    _ loader: SettingsLoader
  ) async throws(Failure) -> String {
    let http = HTTPClient(userAgent: Monitor.userAgent)
    let loaded = loader.load(settings, http: http)
    await http.close()
    switch loaded {
    case .success(let loaded): return loaded.settings.storage.path
    case .failure(let refusal):
      throw .settings(
        .settings(faults: refusal.faults.map(\.description), isUnreadable: refusal.isUnreadable)
      )
    }
  }

  private static func open(_ path: String, in folder: String) throws(Failure) -> HistorySnapshot {
    var options = OpenOptions()
    options.access = .readOnly
    let copy = folder + "/store.sqlite"
    do throws(SQLiteError) {
      try Connection(path: path, options: options).backUp(to: copy)
    } catch {
      throw .database(path: path, reason: error.message)
    }
    var settings = StoreSettings()
    settings.retention = .seconds(1_000 * 365 * 86_400)
    do throws(StoreOpenError) {
      let store = try SampleStore.open(path: copy, settings: settings, time: SystemClock())
      return HistorySnapshot(reading: store, store: store, folder: folder)
    } catch {
      throw .database(path: path, reason: error.description)
    }
  }

  private static func makeFolder() throws(Failure) -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    var template = Array("\(parent)/hvsmon-replay-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw .database(path: parent, reason: String(cString: strerror(errno)))
    }
    return String(cString: made)
  }

  private static func remove(_ folder: String) {
    for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
      unlink("\(folder)/store.sqlite\(suffix)")
    }
    rmdir(folder)
  }
}
