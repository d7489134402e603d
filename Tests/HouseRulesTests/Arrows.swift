// SPDX-License-Identifier: MIT

/// Which modules a module may import, inner to outer.
struct Arrows: Equatable {
  struct Row: Equatable {
    let module: String
    let mayImport: [String]
    /// Where the row stands in its file.
    let line: Int
  }

  let rows: [Row]

  /// The modules a module may import; nil for an unknown one.
  subscript(module: String) -> [String]? {
    rows.first { $0.module == module }?.mayImport
  }

  var modules: [String] { rows.map(\.module) }
}

extension Arrows {
  /// Reads the table below the heading `## Arrows`: names stand in backticks, anything else is text;
  /// a row that names several modules holds for each of them.
  init(architecture file: SourceFile) {
    var rows: [Row] = []
    var isInSection = false
    for (index, line) in file.lines.enumerated() {
      if line.hasPrefix("## ") { isInSection = line == "## Arrows" }
      guard isInSection, line.hasPrefix("|") else { continue }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
      let mayImport = cells.dropFirst().first?.quotedNames ?? []
      rows += (cells.first?.quotedNames ?? []).map { module in
        Row(module: module, mayImport: mayImport, line: index + 1)
      }
    }
    self.rows = rows
  }

  /// Reads the targets that the manifest's `systemLibraries` and `modules` list.
  init(manifest file: SourceFile) {
    rows = ["systemLibraries", "modules"].flatMap { list in
      file.elements(ofList: list).compactMap { Self.row(file, call: $0) }
    }
  }

  /// Reads one `library("Name", ["Dependency"])` or `.target(name: "Name", dependencies: […])`.
  private static func row(_ file: SourceFile, call range: Range<Int>) -> Row? {
    guard let name = range.first(where: { file.tokens[$0].kind == .string }) else { return nil }
    let labelled = range.first { file.isWord("dependencies", at: $0) }.map { $0 + 2 }
    let positional = file.isSymbol(",", at: name + 1) ? name + 2 : name
    let list = labelled ?? positional
    let dependencies =
      file.isSymbol("[", at: list)
      ? file.tokens[list..<file.closing(list)].filter { $0.kind == .string }.map(\.text) : []
    return Row(
      module: file.tokens[name].text,
      mayImport: dependencies,
      line: file.tokens[name].line
    )
  }
}

extension SourceFile {
  /// The tokens of each call in `let NAME: [Target] = [ … ]`.
  fileprivate func elements(ofList name: String) -> [Range<Int>] {
    guard
      let start = tokens.indices.first(where: { isWord("let", at: $0) && isWord(name, at: $0 + 1) }
      ),
      let equals = tokens[start...].firstIndex(where: { $0.isSymbol("=") })
    else { return [] }
    let end = closing(equals + 1)
    var found: [Range<Int>] = []
    var index = equals + 2
    while index < end {
      if isSymbol("(", at: index) {
        found.append(index..<closing(index))
        index = closing(index)
      }
      index += 1
    }
    return found
  }
}

extension Substring {
  fileprivate var quotedNames: [String] {
    split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
