// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Finds scripts in folders.
package enum ScriptFolder {
  /// The deepest nesting of folders that is walked.
  private static let maximumDepth = 8

  /// A script's path within the folder asked for, and its text.
  package typealias Script = (name: String, text: String)

  /// The scripts of a folder and of those in it, or the one file; sorted by name, nil when there is
  /// no such path.
  package static func load(path: String) -> [Script]? {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    guard isFolder else { return script(path, named: path).map { [$0] } }
    return scripts(in: path, prefix: "", depth: 0).sorted { $0.name < $1.name }
  }

  /// A folder of the conformance scripts, which lie outside of the repository; nil where they are
  /// missing.
  package static func shared(_ folder: String) -> [Script]? {
    var root = URL(fileURLWithPath: #filePath)
    while root.path != "/" {
      root = root.deletingLastPathComponent()
      if let found = load(path: "\(root.path)/shared/conformance/promql/\(folder)") { return found }
    }
    return nil
  }

  private static func scripts(in path: String, prefix: String, depth: Int) -> [Script] {
    guard depth < maximumDepth,
      let names = try? FileManager.default.contentsOfDirectory(atPath: path)
    else { return [] }
    return names.flatMap { name -> [Script] in
      let (inner, shown) = ("\(path)/\(name)", prefix + name)
      if name.hasSuffix(".test") { return script(inner, named: shown).map { [$0] } ?? [] }
      var isFolder = false
      guard FileManager.default.fileExists(atPath: inner, isDirectory: &isFolder), isFolder else {
        return []
      }
      return scripts(in: inner, prefix: "\(shown)/", depth: depth + 1)
    }
  }

  private static func script(_ path: String, named name: String) -> Script? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
    return (name, String(decoding: data, as: UTF8.self))
  }
}
