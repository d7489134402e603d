// SPDX-License-Identifier: MIT

/// What one module shows to the others.
enum EdgeRules {
  /// Members that only fulfil a protocol of the standard library explain themselves.
  private static let witnesses: Set<String> = [
    "var description", "var debugDescription", "var errorDescription", "var customMirror",
    "func next )", "func makeIterator )", "func hash into", "func encode to", "init from",
    "init dictionaryLiteral", "init arrayLiteral", "init stringLiteral", "init integerLiteral",
    "init floatLiteral", "init booleanLiteral", "init nilLiteral",
  ]

  private static func isWitness(_ declaration: Declaration) -> Bool {
    let words = declaration.signature.map(\.text)
    switch declaration.keyword {
    case "var": return witnesses.contains("var \(declaration.name)")
    case "init": return witnesses.contains("init \(words.dropFirst(2).first ?? "")")
    case "func" where declaration.signature.dropFirst().first?.kind == .symbol: return true
    case "func":
      return witnesses.contains("func \(declaration.name) \(words.dropFirst(3).first ?? "")")
    default: return false
    }
  }

  /// Every declaration that other modules see has a `///` comment, witnesses aside.
  static func documentation(_ file: SourceFile, _ witnesses: Witnesses) -> [Violation] {
    file.exportedDeclarations.compactMap { declaration in
      let lines = (declaration.firstLine - 1)..<max(declaration.firstLine, declaration.keywordLine)
      let isDocumented = lines.contains { file.documentationLines.contains($0) }
      guard !isDocumented, !isWitness(declaration), !witnesses.contains(declaration, of: file)
      else { return nil }
      return file.violation(
        declaration.keywordLine,
        "'\(declaration.keyword) \(declaration.name)' has no /// comment directly above"
      )
    }
  }

  private static let cTypes: Set<String> = [
    "OpaquePointer", "CVaListPointer", "Unmanaged", "CChar", "CSignedChar", "CUnsignedChar",
    "CShort", "CUnsignedShort", "CInt", "CUnsignedInt", "CLong", "CUnsignedLong", "CLongLong",
    "CUnsignedLongLong", "CFloat", "CDouble", "CLongDouble", "CBool", "CWideChar", "CChar8",
    "CChar16", "CChar32",
  ]

  private static func isCType(_ token: Token) -> Bool {
    guard token.kind == .word else { return false }
    return cTypes.contains(token.text)
      || token.text.hasPrefix("Unsafe") && token.text.hasSuffix("Pointer")
  }

  /// No C type passes a module's edge.
  static func cTypes(_ file: SourceFile) -> [Violation] {
    file.exportedDeclarations.flatMap { declaration in
      declaration.signature.filter(isCType).map {
        file.violation(
          $0.line,
          "'\(declaration.keyword) \(declaration.name)' shows the C type '\($0.text)'"
        )
      }
    }
  }
}
