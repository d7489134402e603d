// SPDX-License-Identifier: MIT

/// One breach of a rule, printed as compilers print theirs.
struct Violation: Equatable, CustomStringConvertible {
  /// From the package's root.
  let path: String
  /// Counted from 1.
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// One text file of the package; Swift files are split into tokens.
struct SourceFile {
  /// From the package's root, such as `Sources/Net/Overview.swift`.
  let path: String
  let lines: [Substring]
  let tokens: [Token]
  let commentLines: Set<Int>
  let documentationLines: Set<Int>

  init(path: String, text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    self.lines = lines
    let lexer = SwiftLexer(path.hasSuffix(".swift") ? text : "")
    tokens = lexer.tokens
    commentLines = lexer.commentLines
    documentationLines = lexer.documentationLines
  }

  /// The folders and the file's name.
  var components: [Substring] { path.split(separator: "/") }
  var isSwift: Bool { path.hasSuffix(".swift") }
  var isInSources: Bool { path.hasPrefix("Sources/") }
  /// The target whose folder it is in.
  var module: String { components.count > 2 ? String(components[1]) : "" }
  /// The file's name without its ending.
  var stem: Substring { (components.last ?? "").prefix { $0 != "." } }

  func violation(_ line: Int, _ message: String) -> Violation {
    Violation(path: path, line: line, message: message)
  }

  /// The token at `index`, or nil beyond either end.
  func token(_ index: Int) -> Token? { tokens.indices.contains(index) ? tokens[index] : nil }

  func isWord(_ text: String, at index: Int) -> Bool { token(index)?.isWord(text) == true }
  func isSymbol(_ text: String, at index: Int) -> Bool { token(index)?.isSymbol(text) == true }

  /// A comment stands on the line itself, or has the line above to itself.
  func hasComment(at line: Int) -> Bool {
    commentLines.contains(line)
      || commentLines.contains(line - 1) && !tokens.contains { $0.line == line - 1 }
  }

  /// The index of the bracket that closes the one at `index`, or the last index when none does.
  func closing(_ index: Int) -> Int {
    var depth = 0
    for position in index..<tokens.count where tokens[position].kind == .symbol {
      switch tokens[position].text {
      case "(", "[", "{": depth += 1
      case ")", "]", "}":
        depth -= 1
        if depth == 0 { return position }
      default: break
      }
    }
    return tokens.count - 1
  }

  /// The index of the bracket that opens the one closed at `index`, or 0 when none does.
  func opening(_ index: Int) -> Int {
    var depth = 0
    for position in stride(from: index, through: 0, by: -1)
    where tokens[position].kind == .symbol {
      switch tokens[position].text {
      case ")", "]", "}": depth += 1
      case "(", "[", "{":
        depth -= 1
        if depth == 0 { return position }
      default: break
      }
    }
    return 0
  }
}
