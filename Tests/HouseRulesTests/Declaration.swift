// SPDX-License-Identifier: MIT

/// One declaration that other modules see.
struct Declaration {
  /// `func`, `struct` and the like.
  let keyword: String
  /// What follows the keyword.
  let name: String
  /// The line of its first attribute or modifier.
  let firstLine: Int
  /// The line of its keyword.
  let keywordLine: Int
  /// The tokens from the keyword to the body or the end of the logical line.
  let signature: ArraySlice<Token>
}

private let declarationKeywords: Set<String> = [
  "func", "var", "let", "init", "subscript", "struct", "enum", "class", "actor", "protocol",
  "typealias", "associatedtype", "macro",
]
private let modifiers: Set<String> = [
  "public", "package", "internal", "private", "fileprivate", "open", "static", "class", "final",
  "mutating", "nonmutating", "borrowing", "consuming", "nonisolated", "isolated", "indirect",
  "lazy", "weak", "unowned", "override", "convenience", "required", "dynamic", "optional",
  "distributed", "prefix", "postfix", "infix",
]
/// A line that ends in one of these, or whose next line begins with one, goes on.
private let endsThatContinue: Set<String> = [":", ",", "=", "&", ".", "<", "where"]
private let startsThatContinue: Set<String> = [
  "-", ":", ".", "&", "=", "?", ">", "where", "throws", "async", "rethrows",
]

extension SourceFile {
  /// Every declaration marked `package` or `public`, and the requirements of such protocols.
  var exportedDeclarations: [Declaration] {
    var found: [Declaration] = []
    for index in tokens.indices where isWord("package", at: index) || isWord("public", at: index) {
      guard !isSymbol("(", at: index + 1), !isSymbol(".", at: index - 1),
        let keyword = keywordIndex(after: index)
      else { continue }
      found.append(declaration(keywordAt: keyword))
      if tokens[keyword].text == "protocol" { found += requirements(ofProtocolAt: keyword) }
    }
    return found
  }

  /// The index of the declaration's keyword after its modifiers; nil when none follows.
  private func keywordIndex(after start: Int) -> Int? {
    var index = start + 1
    while let token = token(index), token.kind == .word || token.isSymbol("@") {
      if token.isSymbol("@") {
        index += 2
        if isSymbol("(", at: index) { index = closing(index) + 1 }
        continue
      }
      let isClassModifier = token.text == "class" && self.token(index + 1)?.declares == true
      if declarationKeywords.contains(token.text) && !isClassModifier { return index }
      guard modifiers.contains(token.text) else { return nil }
      index += 1
      if isSymbol("(", at: index) { index = closing(index) + 1 }
    }
    return nil
  }

  private func declaration(keywordAt keyword: Int) -> Declaration {
    Declaration(
      keyword: tokens[keyword].text,
      name: token(keyword + 1)?.text ?? "",
      firstLine: tokens[start(ofDeclarationAt: keyword)].line,
      keywordLine: tokens[keyword].line,
      signature: tokens[keyword..<signatureEnd(from: keyword)]
    )
  }

  /// Walks back from a keyword over its modifiers and attributes.
  private func start(ofDeclarationAt keyword: Int) -> Int {
    var first = keyword
    while first > 0 {
      var word = first - 1
      if isSymbol(")", at: word) { word = opening(word) - 1 }
      guard let token = token(word), token.kind == .word else { return first }
      if isSymbol("@", at: word - 1) {
        first = word - 1
      } else if modifiers.contains(token.text) {
        first = word
      } else {
        return first
      }
    }
    return first
  }

  /// The index after the last token of the signature that begins at `start`.
  func signatureEnd(from start: Int) -> Int {
    var index = start
    while index < tokens.count {
      let token = tokens[index]
      if token.isSymbol("{") || token.isSymbol("}") { return index }
      if index > start && token.line > tokens[index - 1].line && !continues(at: index) {
        return index
      }
      index = token.isSymbol("(") || token.isSymbol("[") ? closing(index) + 1 : index + 1
    }
    return index
  }

  /// The line that begins at `index` belongs to the one before it.
  private func continues(at index: Int) -> Bool {
    endsThatContinue.contains(tokens[index - 1].text)
      || startsThatContinue.contains(tokens[index].text)
      || isSymbol(">", at: index - 1) && isSymbol("-", at: index - 2)
  }

  /// What the protocol requires, in order.
  func requirements(ofProtocolAt keyword: Int) -> [Declaration] {
    guard let brace = tokens[keyword...].firstIndex(where: { $0.isSymbol("{") }) else { return [] }
    let end = closing(brace)
    var found: [Declaration] = []
    var index = brace + 1
    while index < end {
      let token = tokens[index]
      if token.kind == .symbol && ["(", "[", "{"].contains(token.text) { index = closing(index) }
      if token.declares { found.append(declaration(keywordAt: index)) }
      index += 1
    }
    return found
  }
}

extension Token {
  /// It declares what a type holds.
  fileprivate var declares: Bool {
    kind == .word && ["func", "var", "let", "init", "subscript", "associatedtype"].contains(text)
  }
}

/// A type's name where it is declared.
struct DeclaredType {
  let name: String
  let line: Int
}

extension SourceFile {
  /// Every type, protocol and type alias declared in the file, nested ones included.
  var declaredTypes: [DeclaredType] {
    let keywords: Set = ["struct", "enum", "class", "actor", "protocol", "typealias"]
    return tokens.indices.compactMap { index in
      guard tokens[index].kind == .word, keywords.contains(tokens[index].text),
        !isSymbol(".", at: index - 1), let name = token(index + 1), name.kind == .word,
        !declarationKeywords.contains(name.text), !modifiers.contains(name.text)
      else { return nil }
      return DeclaredType(name: name.text, line: name.line)
    }
  }
}
