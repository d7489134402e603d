// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Net
import SQLite

/// Copies of a store and of the file of alert states, made while a daemon goes on.
package enum HistoryBackup {
  /// Why there is no backup.
  package enum Failure: Error, CustomStringConvertible {
    /// The settings do not say where the store is.
    case settings(StartFailure)
    /// There is a file of that name already.
    case exists(path: String)
    /// The store cannot be read, or the copy cannot be written.
    case database(path: String, reason: String)

    package var description: String {
      switch self {
      case .settings(let failure): failure.description
      case .exists(let path): "\(path) is there already: name another file, or move it away."
      case .database(let path, let reason): "\(path) could not be copied: \(reason)."
      }
    }
  }

  /// Writes the copies.
  ///
  /// - Parameters:
  ///   - target: The file for the store; that for the alert states stands beside it, as beside the
  ///     store itself.
  ///   - settings: The settings file that names the store.
  ///   - loader: Reads it.
  /// - Returns: The files that were written.
  /// - Throws: ``Failure``, whose description says what to do; then no file is left behind.
  package static func write(
    to target: String,
    settings: String,
    loader: SettingsLoader
  ) async throws(Failure) -> [String] {
    let http = HTTPClient(userAgent: Monitor.userAgent)
    let loaded = loader.load(settings, http: http)
    await http.close()
    switch loaded {
    case .success(let loaded):
      let storage = loaded.settings.storage
      let pairs = [
        (storage.path, target), (storage.statePath, StorageSettings.statePath(beside: target)),
      ]
      return try copy(pairs.filter { $0.0 == storage.path || access($0.0, F_OK) == 0 })
    case .failure(let refusal):
      throw .settings(
        .settings(faults: refusal.faults.map(\.description), isUnreadable: refusal.isUnreadable)
      )
    }
  }

  private static func copy(_ pairs: [(from: String, to: String)]) throws(Failure) -> [String] {
    for pair in pairs where access(pair.to, F_OK) == 0 { throw .exists(path: pair.to) }
    // Nobody takes half a copy for a whole one.
    let parts = pairs.map { $0.to + ".part" }
    do throws(Failure) {
      for (pair, part) in zip(pairs, parts) {
        unlink(part)
        try copy(pair.from, to: part)
      }
      for (pair, part) in zip(pairs, parts) {
        guard rename(part, pair.to) == 0 else {
          throw .database(path: pair.to, reason: String(cString: strerror(errno)))
        }
      }
    } catch {
      for part in parts { unlink(part) }
      throw error
    }
    return pairs.map(\.to)
  }

  private static func copy(_ source: String, to target: String) throws(Failure) {
    var options = OpenOptions()
    options.access = .readOnly
    do throws(SQLiteError) {
      let connection = try Connection(path: source, options: options)
      try connection.backUp(to: target)
      // A copy of damaged pages would be found out only when it is needed.
      try Connection(path: target, options: options).quickCheck()
    } catch {
      throw .database(path: source, reason: error.message)
    }
  }
}
