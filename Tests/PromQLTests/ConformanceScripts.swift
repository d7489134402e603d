// SPDX-License-Identifier: MIT
import FoundationEssentials

/// The scripts that lie outside of the repository, when they are there.
enum ConformanceScripts {
  /// The texts by file name, or nil when the folder is missing.
  static func load(_ folder: String) -> [(name: String, text: String)]? {
    var root = URL(fileURLWithPath: #filePath)
    while root.path != "/" {
      root = root.deletingLastPathComponent()
      let path = root.path + "/shared/conformance/promql/" + folder
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { continue }
      return names.filter { $0.hasSuffix(".test") }.sorted().compactMap { name in
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path + "/" + name)) else {
          return nil
        }
        return (name, String(decoding: data, as: UTF8.self))
      }
    }
    return nil
  }
}
