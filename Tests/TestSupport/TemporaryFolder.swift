// SPDX-License-Identifier: MIT
import FoundationEssentials

/// A fresh folder that is removed with everything in it when the value goes away.
package final class TemporaryFolder: Sendable {
  /// The folder's absolute path, without a slash at the end.
  package let path: String

  /// Makes the folder below the system's temporary folder.
  package init() throws {
    path = FileManager.default.temporaryDirectory.path + "/hvsmon-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of a file in the folder.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file in the folder and returns its path.
  package func write(_ name: String, _ text: String) throws -> String {
    let path = file(name)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }
}
