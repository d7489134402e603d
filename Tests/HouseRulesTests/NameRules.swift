// SPDX-License-Identifier: MIT

/// Names say the idea.
enum NameRules {
  private static let banned = [
    "Utils", "Util", "Helpers", "Helper", "Common", "Manager", "Misc", "Base",
  ]

  /// The banned word that a name is or ends in.
  ///
  /// `Database` is one word and does not end in `Base`.
  private static func bannedWord(in name: some StringProtocol) -> String? {
    banned.first { name.hasSuffix($0) || name.lowercased() == $0.lowercased() }
  }

  static func folderNames(_ folders: [String]) -> [Violation] {
    folders.compactMap { path in
      let name = path.split(separator: "/").last ?? ""
      guard let word = bannedWord(in: name) else { return nil }
      return Violation(path: path, line: 1, message: "a folder is not named '\(word)'")
    }
  }

  static func fileNames(_ file: SourceFile) -> [Violation] {
    guard let word = bannedWord(in: file.stem) else { return [] }
    return [file.violation(1, "a file's name does not end in '\(word)'")]
  }

  static func typeNames(_ file: SourceFile) -> [Violation] {
    file.declaredTypes.compactMap { type in
      if type.name == file.module {
        return file.violation(
          type.line,
          "'\(type.name)' carries the name of its module, whose other types then cannot be named"
        )
      }
      guard let word = bannedWord(in: type.name) else { return nil }
      return file.violation(type.line, "'\(type.name)' is or ends in '\(word)'")
    }
  }
}
