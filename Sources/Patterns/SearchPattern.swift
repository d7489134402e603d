// SPDX-License-Identifier: MIT

/// One regular expression that is searched for within texts: not anchored, `.` stops at a line feed.
package struct SearchPattern: Sendable {
  private let expression: RE2Expression

  /// Compiles an expression.
  ///
  /// - Parameter pattern: RE2 syntax.
  /// - Throws: ``PatternError`` when it is not valid or too long.
  package init(_ pattern: String) throws(PatternError) {
    let limit = AnchoredPattern.maximumPatternBytes
    guard pattern.utf8.count <= limit else {
      throw PatternError(pattern, "longer than \(limit) bytes")
    }
    do throws(PatternError) {
      // Compiled so that `.` matches a line feed, which only label matchers want.
      expression = try RE2Expression("(?-s)" + pattern)
    } catch {
      throw PatternError(pattern, error.reason)
    }
  }

  /// Some part of `text` matches.
  package func isFound(in text: String) -> Bool {
    expression.search(in: Array(text.utf8), from: 0) != nil
  }

  /// The text with each match replaced, from left to right.
  ///
  /// - Parameters:
  ///   - text: What is searched.
  ///   - template: May hold `$1`, `${1}`, `$name`, `${name}` for groups and `$$` for a dollar sign.
  ///   - bytesMax: The longest result that is made.
  /// - Returns: The text, or nil when it would be longer than `bytesMax`.
  package func replacing(in text: String, with template: String, bytesMax: Int) -> String? {
    let bytes = Array(text.utf8)
    let replacement = GroupTemplate(template)
    var output: [UInt8] = []
    var position = 0
    var copied = 0
    while position <= bytes.count, let groups = expression.search(in: bytes, from: position) {
      guard let match = groups[0] else { break }
      output += bytes[copied..<match.lowerBound]
      // An empty match right behind the last one is none.
      if match.upperBound > copied || match.lowerBound == 0 {
        output +=
          replacement.expanded { name in
            let number = Int(name) ?? expression.groupNumber(of: name) ?? -1
            guard groups.indices.contains(number), let range = groups[number] else { return "" }
            return String(decoding: bytes[range], as: UTF8.self)
          }.utf8
      }
      guard output.count <= bytesMax else { return nil }
      copied = match.upperBound
      position = max(match.upperBound, Self.nextCharacter(after: position, in: bytes))
    }
    output += bytes[copied...]
    return output.count <= bytesMax ? String(decoding: output, as: UTF8.self) : nil
  }

  private static func nextCharacter(after position: Int, in bytes: [UInt8]) -> Int {
    var next = position + 1
    while next < bytes.count, bytes[next] & 0xc0 == 0x80 { next += 1 }
    return next
  }
}
