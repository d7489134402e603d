// SPDX-License-Identifier: MIT
import FoundationEssentials

/// The folder `shared` beside the repository, which holds recordings of real peers.
package enum SharedFolder {
  /// Its path; nil when it is not there.
  package static let path: String? = {
    var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder = folder.deletingLastPathComponent()
      let candidate = folder.path + "/shared"
      if FileManager.default.fileExists(atPath: candidate + "/fixtures") { return candidate }
    }
    return nil
  }()
}
