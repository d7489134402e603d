// SPDX-License-Identifier: MIT

/// What one module shows to the others.
enum EdgeRules {
  /// Members that only fulfil a protocol of the standard library explain themselves.
  private static let witnesses: Set<String> = [
    "description", "debugDescription", "errorDescription",
  ]

  private static func isWitness(_ declaration: Declaration) -> Bool {
    let signature = declaration.signature.map(\.text)
    switch declaration.keyword {
    case "var": return witnesses.contains(declaration.name)
    case "func":
      let isOperator = declaration.signature.dropFirst().first?.kind == .symbol
      let isIteration = ["next", "makeIterator"].contains(declaration.name) && signature[3] == ")"
      let isHash = declaration.name == "hash" && signature[3] == "into"
      return isOperator || isIteration || isHash
    default: return false
    }
  }

  /// Every declaration that other modules see has a `///` comment.
  static func documentation(_ file: SourceFile) -> [Violation] {
    file.exportedDeclarations.compactMap { declaration in
      let lines = (declaration.firstLine - 1)..<max(declaration.firstLine, declaration.keywordLine)
      let isDocumented = lines.contains { file.documentationLines.contains($0) }
      guard !isDocumented && !isWitness(declaration) else { return nil }
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
