// SPDX-License-Identifier: MIT
import SQLite

/// Why a sample store could not be opened; the description says what to do.
package enum StoreOpenError: Error, Equatable, Sendable {
  /// The file is something else than a database.
  case notADatabase(path: String)
  /// The database belongs to another program.
  case foreignDatabase(path: String)
  /// The file is damaged.
  case corrupt(path: String, reason: String)
  /// A later version of hvsmon wrote the file.
  case newerSchema(path: String, found: Int, known: Int)
  /// An earlier version of hvsmon wrote the file, and this one cannot read it.
  case olderSchema(path: String, found: Int, known: Int)
  /// The file or its folder cannot be written.
  case notWritable(path: String, reason: String)
  /// Another process has the store open.
  case alreadyOpen(path: String)
  /// The path names a folder.
  case isFolder(path: String)
  /// The disk is full.
  case diskFull(path: String)
  /// Anything else.
  case cannotOpen(path: String, reason: String)

  /// Makes the error that belongs to a database's refusal.
  init(_ error: SQLiteError, path: String) {
    let reason = error.message
    self =
      switch error.kind {
      case .notADatabase: .notADatabase(path: path)
      case .foreignDatabase: .foreignDatabase(path: path)
      case .corrupt: .corrupt(path: path, reason: reason)
      case .newerSchema(let found, let known):
        .newerSchema(path: path, found: found, known: known)
      case .olderSchema(let found, let known):
        .olderSchema(path: path, found: found, known: known)
      case .readOnly: .notWritable(path: path, reason: reason)
      case .full: .diskFull(path: path)
      case .cannotOpen, .ioError, .busy, .constraint, .closed, .other:
        .cannotOpen(path: path, reason: reason)
      }
  }
}

extension StoreOpenError: CustomStringConvertible {
  /// One sentence that names the path and says what to do.
  package var description: String {
    switch self {
    case .notADatabase(let path):
      "\(path) is not a database: name another file for the samples, or move this one away."
    case .foreignDatabase(let path):
      "\(path) is the database of another program: name another file for the samples."
    case .corrupt(let path, let reason):
      "\(path) is damaged (\(reason)): restore it from a backup, or move it away to start anew."
    case .newerSchema(let path, let found, let known):
      "\(path) was written by a later version of hvsmon (schema \(found), this one knows \(known)):"
        + " start that version, or name another file."
    case .olderSchema(let path, let found, let known):
      "\(path) was written by an earlier version of hvsmon (schema \(found), this one knows \(known)):"
        + " move it away to start anew."
    case .notWritable(let path, let reason):
      "\(path) cannot be written (\(reason)): let hvsmon's user write the file and its folder."
    case .alreadyOpen(let path):
      "\(path) is in use by another hvsmon: stop that one, or name another file."
    case .isFolder(let path):
      "\(path) is a folder: name a file, such as \(path)/hvsmon.sqlite."
    case .diskFull(let path):
      "\(path) has no room on its disk: free some space, or name a file on another disk."
    case .cannotOpen(let path, let reason):
      "\(path) cannot be opened (\(reason)): check that its folder exists and is accessible."
    }
  }
}
