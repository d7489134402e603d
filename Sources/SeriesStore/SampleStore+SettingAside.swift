// SPDX-License-Identifier: MIT
import Glibc
package import MetricModel

extension SampleStore {
  /// A store that is open, and where its damaged predecessor is now.
  package struct Opened: Sendable {
    /// The store, ready.
    package let store: SampleStore
    /// The damaged file and why it is one; nil when the store's own file was sound.
    package let setAside: SetAside?
  }

  /// A damaged file that a new one took the place of.
  package struct SetAside: Equatable, Sendable {
    /// Its new path.
    package let path: String
    /// What is damaged.
    package let reason: String
  }

  /// Opens the store as ``open(path:settings:time:)`` does, but sets a damaged file aside, under a
  /// name of its own beside the path, and begins a new one: nothing is deleted.
  ///
  /// - Parameters:
  ///   - path: The database file.
  ///   - settings: How the store behaves.
  ///   - time: The clock by which samples age.
  /// - Returns: The store, and what was set aside.
  /// - Throws: ``StoreOpenError``, whose description says what to do; never `corrupt` unless the file
  ///   could not be renamed.
  package static func openSettingAside(
    path: String,
    settings: StoreSettings = StoreSettings(),
    time: any TimeSource
  ) throws(StoreOpenError) -> Opened {
    do throws(StoreOpenError) {
      return Opened(store: try open(path: path, settings: settings, time: time), setAside: nil)
    } catch {
      guard case .corrupt(_, let reason) = error else { throw error }
      guard let aside = rename(path, at: time.now) else { throw error }
      let store = try open(path: path, settings: settings, time: time)
      return Opened(store: store, setAside: SetAside(path: aside, reason: reason))
    }
  }

  /// Renames a database file with what belongs to it; nil when that fails.
  private static func rename(_ path: String, at time: Timestamp) -> String? {
    let seconds = time.unixMilliseconds / 1_000
    var aside = "\(path).damaged-\(seconds)"
    var attempt = 1
    while access(aside, F_OK) == 0 {
      attempt += 1
      aside = "\(path).damaged-\(seconds)-\(attempt)"
    }
    // The log belongs to the file: a new file beside an old log would be damaged as well.
    for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
      guard Glibc.rename(path + suffix, aside + suffix) == 0 else { return nil }
    }
    return Glibc.rename(path, aside) == 0 ? aside : nil
  }
}
