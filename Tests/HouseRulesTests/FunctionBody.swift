// SPDX-License-Identifier: MIT

/// The body of a function, initializer, deinitializer, subscript or accessor.
struct FunctionBody {
  /// Such as `func refresh` or `get`.
  let name: String
  /// The line of its keyword.
  let line: Int
  /// The lines strictly between its braces.
  let lineCount: Int
}

private let accessors: Set<String> = ["get", "set", "willSet", "didSet", "_read", "_modify"]
private let functions: Set<String> = ["func", "init", "deinit", "subscript"]
/// What stands before `var` where it binds in a condition or pattern instead of declaring.
private let bindingContexts: Set<String> = ["if", "guard", "while", "for", "case", ",", "("]

extension SourceFile {
  /// Every body in the file, in order; a nested one also counts for the one around it.
  var functionBodies: [FunctionBody] {
    tokens.indices.compactMap { index in
      let token = tokens[index]
      guard token.kind == .word, !isSymbol(".", at: index - 1) else { return nil }
      if functions.contains(token.text) { return body(ofFunctionAt: index) }
      if accessors.contains(token.text) { return body(ofAccessorAt: index) }
      guard token.text == "var" else { return nil }
      return body(ofComputedVariableAt: index)
    }
  }

  private func body(name: String, keyword: Int, brace: Int) -> FunctionBody {
    let lastLine = tokens[closing(brace)].line
    let count = max(0, lastLine - tokens[brace].line - 1)
    return FunctionBody(name: name, line: tokens[keyword].line, lineCount: count)
  }

  private func body(ofFunctionAt index: Int) -> FunctionBody? {
    let brace = signatureEnd(from: index)
    guard isSymbol("{", at: brace), !startsWithAccessor(brace) else { return nil }
    let keyword = tokens[index].text
    let name = keyword == "func" ? "func \(token(index + 1)?.text ?? "")" : keyword
    return body(name: name, keyword: index, brace: brace)
  }

  private func body(ofAccessorAt index: Int) -> FunctionBody? {
    var brace = index + 1
    if isSymbol("(", at: brace) { brace = closing(brace) + 1 }
    while isWord("async", at: brace) || isWord("throws", at: brace) {
      brace += 1
      if isSymbol("(", at: brace) { brace = closing(brace) + 1 }
    }
    guard isSymbol("{", at: brace) else { return nil }
    return body(name: tokens[index].text, keyword: index, brace: brace)
  }

  private func body(ofComputedVariableAt index: Int) -> FunctionBody? {
    if let previous = token(index - 1), bindingContexts.contains(previous.text) { return nil }
    let end = signatureEnd(from: index)
    guard isSymbol("{", at: end), !startsWithAccessor(end),
      !tokens[index..<end].contains(where: { $0.isSymbol("=") })
    else { return nil }
    return body(name: "var \(token(index + 1)?.text ?? "")", keyword: index, brace: end)
  }

  /// The braces hold accessors, each with a body of its own.
  private func startsWithAccessor(_ brace: Int) -> Bool {
    var index = brace + 1
    while isWord("mutating", at: index) || isWord("nonmutating", at: index) { index += 1 }
    guard let token = token(index), token.kind == .word, accessors.contains(token.text) else {
      return false
    }
    return !isSymbol(".", at: index + 1)
  }
}
