// SPDX-License-Identifier: MIT
import Configuration
import Daemon
import Rules

/// Why files of the command line could not be used.
struct FileSetFailure: Error {
  let lines: [String]
  let isUnreadable: Bool
}

/// Files that the command line, or a test file, names.
enum FileSet {
  /// The bytes of a file.
  static func text(_ path: String) throws(FileSetFailure) -> [UInt8] {
    do throws(BoundedFile.Failure) {
      return try BoundedFile.read(path)
    } catch {
      throw FileSetFailure(lines: ["\(path): cannot be read: \(error.reason)"], isUnreadable: true)
    }
  }

  /// The rules of files, all or none.
  static func rules(_ paths: [String]) throws(FileSetFailure) -> RuleSet {
    var files: [RuleSet.File] = []
    for path in paths { files.append(RuleSet.File(name: path, text: try text(path))) }
    do throws(RuleFileFaults) {
      return try RuleSet(reading: files)
    } catch {
      throw FileSetFailure(lines: error.issues.map(\.description), isUnreadable: false)
    }
  }

  /// The files that a pattern with `*`, `?` and `[…]` matches, sorted; relative to another file.
  static func matches(_ pattern: String, besides file: String) -> [String] {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    return BoundedFile.paths(matching: pattern.hasPrefix("/") ? pattern : folder + pattern)
  }
}
