// SPDX-License-Identifier: MIT

/// Why the file with alerts and notifications cannot be used.
package enum StateStoreError: Error, Equatable, Sendable {
  /// The file is damaged or no database at all.
  case damaged(path: String, reason: String)
  /// A later version of hvsmon wrote it.
  case newer(path: String, found: Int, known: Int)
  /// It is a database of another program.
  case foreign(path: String)
  /// It cannot be opened, read or written.
  case unusable(path: String, reason: String)
}

extension StateStoreError: CustomStringConvertible {
  /// One sentence that says what is wrong, and what to do.
  package var description: String {
    switch self {
    case .damaged(let path, let reason):
      "\(path) is damaged (\(reason)): move it away together with the files \(path)-wal and "
        + "\(path)-shm and start again; alerts that fire will then be told once more"
    case .newer(let path, let found, let known):
      "\(path) was written by a later version of hvsmon (format \(found), this one reads up to "
        + "\(known)): install that version again, or move the file away"
    case .foreign(let path):
      "\(path) belongs to another program: choose another place for hvsmon's data"
    case .unusable(let path, let reason):
      "\(path) cannot be used: \(reason); check the folder's owner and mode, and the free space"
    }
  }
}
