// SPDX-License-Identifier: MIT

/// Arrows between modules point inwards, and table, manifest and imports agree on them.
enum ArrowRules {
  /// The table lists inner modules first, and a module may import only those above it.
  static func direction(_ table: Arrows, path: String) -> [Violation] {
    table.rows.indices.flatMap { index in
      let row = table.rows[index]
      let above = Set(table.rows[..<index].map(\.module))
      return row.mayImport.filter { !above.contains($0) }.map {
        Violation(
          path: path,
          line: row.line,
          message: "'\(row.module)' may not import '\($0)': it does not stand above it"
        )
      }
    }
  }

  /// Each C target, named `C` and a capital, is imported by one module, its wrapper.
  static func wrappers(_ table: Arrows, path: String) -> [Violation] {
    table.rows.filter { $0.module.isCTarget }.compactMap { row in
      let importers = table.rows.filter { $0.mayImport.contains(row.module) }.map(\.module)
      guard importers.count != 1 else { return nil }
      let names = importers.isEmpty ? "none" : importers.joined(separator: ", ")
      return Violation(
        path: path,
        line: row.line,
        message: "'\(row.module)' is wrapped by one module, not by \(names)"
      )
    }
  }

  /// The manifest declares exactly the table's modules and arrows.
  static func manifest(_ manifest: Arrows, equals table: Arrows, path: String) -> [Violation] {
    let missing = table.modules.filter { manifest[$0] == nil }.map {
      Violation(path: path, line: 1, message: "'\($0)' of the arrow table is no target")
    }
    let differing = manifest.rows.compactMap { row -> Violation? in
      let allowed = table[row.module]
      guard allowed.map({ Set($0) }) != Set(row.mayImport) else { return nil }
      let expected = allowed.map { $0.isEmpty ? "nothing" : $0.joined(separator: ", ") }
      return Violation(
        path: path,
        line: row.line,
        message: "'\(row.module)' depends on \(row.mayImport.joined(separator: ", ")); "
          + "the arrow table says \(expected ?? "nothing of it")"
      )
    }
    return missing + differing
  }

  /// A file of `Sources` imports only what the table allows its module, and never all of Foundation.
  static func imports(_ file: SourceFile, _ table: Arrows) -> [Violation] {
    file.imports.compactMap { line, name in
      if name == "Foundation" || name == "FoundationNetworking" {
        return file.violation(line, "'import \(name)' pulls ICU in: use FoundationEssentials")
      }
      guard table[name] != nil, name != file.module,
        table[file.module]?.contains(name) != true
      else { return nil }
      return file.violation(line, "'\(file.module)' may not import '\(name)'")
    }
  }
}

extension String {
  fileprivate var isCTarget: Bool {
    hasPrefix("C") && dropFirst().first?.isUppercase == true
  }
}

extension SourceFile {
  private static let importKinds: Set = [
    "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
  ]

  /// The modules imported, with their lines; `import struct A.B` imports `A`.
  fileprivate var imports: [(line: Int, module: String)] {
    tokens.indices.compactMap { index in
      guard isWord("import", at: index), !isSymbol(".", at: index - 1) else { return nil }
      let hasKind = token(index + 1).map { Self.importKinds.contains($0.text) } ?? false
      guard let module = token(index + (hasKind ? 2 : 1)), module.kind == .word else { return nil }
      return (tokens[index].line, module.text)
    }
  }
}
