// SPDX-License-Identifier: MIT

/// Where things stand in the tree.
enum LayoutRules {
  static func license(_ file: SourceFile) -> [Violation] {
    guard file.lines.first != "// SPDX-License-Identifier: MIT" else { return [] }
    return [file.violation(1, "the first line is not '// SPDX-License-Identifier: MIT'")]
  }

  /// Every module opens with an `Overview.swift` of comments only, under 40 lines.
  static func overviews(_ files: [SourceFile], modules: [String]) -> [Violation] {
    modules.flatMap { module in
      let path = "Sources/\(module)/Overview.swift"
      guard let overview = files.first(where: { $0.path == path }) else {
        return [Violation(path: path, line: 1, message: "the module has no Overview.swift")]
      }
      var found: [Violation] = []
      if let token = overview.tokens.first {
        found.append(overview.violation(token.line, "an overview holds comments only"))
      }
      if overview.lines.count >= 40 {
        let count = overview.lines.count
        found.append(overview.violation(40, "\(count) lines of overview, fewer than 40 allowed"))
      }
      return found
    }
  }

  /// At most 15 files stand directly in a folder of `Sources`.
  static func folderSizes(_ files: [SourceFile]) -> [Violation] {
    let folders = Dictionary(grouping: files.filter { $0.isInSources && $0.isSwift }) {
      $0.components.dropLast().joined(separator: "/")
    }
    return folders.filter { $0.value.count > 15 }.sorted { $0.key < $1.key }.map {
      Violation(
        path: $0.key,
        line: 1,
        message: "\($0.value.count) files directly in the folder, at most 15: make subfolders"
      )
    }
  }
}
