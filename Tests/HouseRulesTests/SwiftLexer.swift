// SPDX-License-Identifier: MIT

/// One token of Swift source.
struct Token: Equatable {
  /// What sort of token it is.
  enum Kind {
    /// A keyword, identifier or number; an identifier in backticks keeps them.
    case word
    /// A string literal, without its quotes; code in interpolations comes as tokens of its own.
    case string
    /// One character of punctuation.
    case symbol
  }

  let kind: Kind
  let text: String
  /// Where it begins, counted from 1.
  let line: Int
  /// Its bytes in the file.
  let bytes: Range<Int>

  func isWord(_ text: String) -> Bool { kind == .word && self.text == text }
  func isSymbol(_ text: String) -> Bool { kind == .symbol && self.text == text }
}

/// Splits Swift source into tokens and notes which lines hold comments.
struct SwiftLexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private(set) var tokens: [Token] = []
  /// Every line that holds a comment or a part of one.
  private(set) var commentLines: Set<Int> = []
  /// The lines that hold a documentation comment.
  private(set) var documentationLines: Set<Int> = []

  init(_ text: String) {
    bytes = Array(text.utf8)
    readCode(insideInterpolation: false)
  }

  private func byte(at offset: Int) -> UInt8 {
    position + offset < bytes.count ? bytes[position + offset] : 0
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self)
  }

  private mutating func append(_ kind: Token.Kind, from start: Int, line: Int) {
    let range = start..<min(position, bytes.count)
    tokens.append(Token(kind: kind, text: text(from: start), line: line, bytes: range))
  }

  /// Steps over one byte and counts the line feed.
  private mutating func skip() {
    if byte(at: 0) == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  private mutating func readCode(insideInterpolation: Bool) {
    var depth = 0
    while position < bytes.count {
      let start = position
      switch byte(at: 0) {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"): skip()
      case UInt8(ascii: "/") where byte(at: 1) == UInt8(ascii: "/"): readLineComment()
      case UInt8(ascii: "/") where byte(at: 1) == UInt8(ascii: "*"): readBlockComment()
      case UInt8(ascii: "\""), UInt8(ascii: "#"):
        if !readString() {
          position += 1
          append(.symbol, from: start, line: line)
        }
      case UInt8(ascii: "`"):
        repeat { position += 1 } while position < bytes.count && byte(at: 0) != UInt8(ascii: "`")
        position += 1
        append(.word, from: start, line: line)
      case let first where first.isWordByte:
        while byte(at: 0).isWordByte { position += 1 }
        append(.word, from: start, line: line)
      case let symbol:
        position += 1
        if symbol == UInt8(ascii: "(") { depth += 1 }
        if symbol == UInt8(ascii: ")") {
          if insideInterpolation && depth == 0 { return }
          depth -= 1
        }
        append(.symbol, from: start, line: line)
      }
    }
  }

  private mutating func readLineComment() {
    commentLines.insert(line)
    if byte(at: 2) == UInt8(ascii: "/") { documentationLines.insert(line) }
    while position < bytes.count && byte(at: 0) != UInt8(ascii: "\n") { position += 1 }
  }

  private mutating func readBlockComment() {
    let isDocumentation = byte(at: 2) == UInt8(ascii: "*")
    var depth = 0
    repeat {
      commentLines.insert(line)
      if isDocumentation { documentationLines.insert(line) }
      let pair = (byte(at: 0), byte(at: 1))
      if pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) {
        depth += 1
        position += 2
      } else if pair == (UInt8(ascii: "*"), UInt8(ascii: "/")) {
        depth -= 1
        position += 2
      } else {
        skip()
      }
    } while depth > 0 && position < bytes.count
  }

  /// Reads a string literal of any sort; false, and nothing read, when none begins here.
  private mutating func readString() -> Bool {
    var hashes = 0
    while byte(at: hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard byte(at: hashes) == UInt8(ascii: "\"") else { return false }
    let isMultiline = (1...2).allSatisfy { byte(at: hashes + $0) == UInt8(ascii: "\"") }
    let quotes = isMultiline && byte(at: hashes + 2) == UInt8(ascii: "\"") ? 3 : 1
    let firstLine = line
    let tokenIndex = tokens.count
    position += hashes + quotes
    let start = position
    while position < bytes.count {
      if atEnd(quotes: quotes, hashes: hashes) { break }
      if byte(at: 0) == UInt8(ascii: "\\") && hasHashes(hashes, at: 1) {
        readEscape(hashes: hashes)
      } else if byte(at: 0) == UInt8(ascii: "\n") && quotes == 1 {
        break  // Not closed: the compiler reports that, and the next line is code again.
      } else {
        skip()
      }
    }
    let range = start..<min(position, bytes.count)
    let content = String(decoding: bytes[range], as: UTF8.self)
    let token = Token(kind: .string, text: content, line: firstLine, bytes: range)
    tokens.insert(token, at: tokenIndex)
    if byte(at: 0) == UInt8(ascii: "\"") { position += quotes + hashes }
    return true
  }

  private mutating func readEscape(hashes: Int) {
    position += 1 + hashes
    let isInterpolation = byte(at: 0) == UInt8(ascii: "(")
    skip()
    if isInterpolation { readCode(insideInterpolation: true) }
  }

  private func atEnd(quotes: Int, hashes: Int) -> Bool {
    (0..<quotes).allSatisfy { byte(at: $0) == UInt8(ascii: "\"") } && hasHashes(hashes, at: quotes)
  }

  private func hasHashes(_ count: Int, at offset: Int) -> Bool {
    (0..<count).allSatisfy { byte(at: offset + $0) == UInt8(ascii: "#") }
  }
}

extension UInt8 {
  fileprivate var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
