// SPDX-License-Identifier: MIT
import FoundationEssentials

/// The package's files as they are on disk.
struct SourceTree {
  /// The source files below `Sources` and `Tests`, sorted by path.
  let files: [SourceFile]
  /// Every folder below `Sources` and `Tests`, from the package's root, sorted.
  let folders: [String]
  let manifest: SourceFile
  let architecture: SourceFile

  /// The tree this file was compiled from.
  static let current = Result { try SourceTree(root: packageRoot) }

  private static let packageRoot = #filePath.split(separator: "/").dropLast(3)
    .map { "/" + $0 }.joined()
  private static let endings = [".swift", ".h", ".c", ".cc"]

  private init(root: String) throws {
    var files: [SourceFile] = []
    var folders: [String] = []
    for top in ["Sources", "Tests"] {
      for path in try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(top)").sorted() {
        let relative = "\(top)/\(path)"
        if Self.endings.contains(where: path.hasSuffix) {
          files.append(try Self.read(relative, below: root))
        } else if Self.isFolder("\(root)/\(relative)") {
          folders.append(relative)
        }
      }
    }
    self.files = files
    self.folders = folders
    manifest = try Self.read("Package.swift", below: root)
    architecture = try Self.read("ARCHITECTURE.md", below: root)
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }

  private static func read(_ path: String, below root: String) throws -> SourceFile {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)"))
    return SourceFile(path: path, text: String(decoding: data, as: UTF8.self))
  }
}
