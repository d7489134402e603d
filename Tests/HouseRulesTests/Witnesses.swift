// SPDX-License-Identifier: MIT

/// What the tree's own protocols require, so that members that fulfil them are known.
///
/// A requirement is documented where the protocol declares it; its witnesses may go without.
struct Witnesses {
  /// Such as `func write`, by protocol.
  private var requirements: [String: Set<String>] = [:]
  /// The names after a protocol's colon.
  private var inherited: [String: [String]] = [:]

  /// Knows the protocols of these files that other modules see.
  init(protocolsIn files: [SourceFile]) {
    for file in files {
      for declaration in file.exportedDeclarations where declaration.keyword == "protocol" {
        let members = file.requirements(ofProtocolAt: declaration.signature.startIndex)
        requirements[declaration.name, default: []].formUnion(members.map(\.title))
        inherited[declaration.name] = declaration.signature.dropFirst(2)
          .filter { $0.kind == .word }.map(\.text)
      }
    }
  }

  /// The declaration's type names, where its braces open, a protocol that requires it.
  func contains(_ declaration: Declaration, of file: SourceFile) -> Bool {
    var open = file.enclosingTypeNames(of: declaration)
    var seen: Set<String> = []
    while let name = open.popLast() {
      guard seen.insert(name).inserted else { continue }
      if requirements[name]?.contains(declaration.title) == true { return true }
      open += inherited[name] ?? []
    }
    return false
  }
}

extension Declaration {
  /// Keyword and name; a constant may fulfil what a protocol requires as a variable.
  fileprivate var title: String { "\(keyword == "let" ? "var" : keyword) \(name)" }
}

extension SourceFile {
  /// The words between the keyword of the type or extension around a declaration and its brace;
  /// none inside a protocol.
  fileprivate func enclosingTypeNames(of declaration: Declaration) -> [String] {
    var index = declaration.signature.startIndex - 1
    while index >= 0 && !isSymbol("{", at: index) {
      let token = tokens[index]
      let isClosing = token.kind == .symbol && [")", "]", "}"].contains(token.text)
      index = (isClosing ? opening(index) : index) - 1
    }
    let heads: Set = ["struct", "class", "enum", "actor", "extension"]
    var names: [String] = []
    while index > 0 {
      index -= 1
      if isWord("protocol", at: index) { return [] }
      if tokens[index].kind == .word && heads.contains(tokens[index].text) { return names }
      if tokens[index].kind == .word { names.append(tokens[index].text) }
    }
    return []
  }
}
