// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

/// What is wrong with a piece of a script.
package struct NotationFault: Error, Equatable, CustomStringConvertible {
  /// One sentence that names the piece.
  package let description: String

  /// Makes a fault.
  package init(_ description: String) { self.description = description }
}

/// The values of a series as scripts write them: those of `SeriesNotation`, and native histograms,
/// `{{...}}`, which take their places but have no value.
package struct ScriptValues: Equatable {
  /// One for each step from the first on; nil is a gap.
  package private(set) var values: [Double?] = []
  /// At least one item was a native histogram.
  package private(set) var hasHistograms = false

  /// Reads the items, which blanks separate.
  package init(_ text: String) throws(NotationFault) {
    for word in Self.words(of: text) { try add(word) }
  }

  /// The pieces between blanks that are not within `{{...}}`.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var depth = 0
    for character in text {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if depth <= 0, character == " " || character == "\t" {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }

  private mutating func add(_ word: String) throws(NotationFault) {
    let found: [Double?]
    if word.hasPrefix("{{") {
      hasHistograms = true
      let rest = word[(word.lastIndex(of: "}").map(word.index(after:)) ?? word.endIndex)...]
      guard word.contains("}}"), rest.isEmpty || rest.hasPrefix("x") else {
        throw NotationFault("bad native histogram \(word)")
      }
      found = try Self.read(rest.isEmpty ? "_" : "_x1 _\(rest)")
    } else {
      found = try Self.read(word)
    }
    guard values.count + found.count <= SeriesNotation.stepsMax else {
      throw NotationFault("more than \(SeriesNotation.stepsMax) values at \(word)")
    }
    values += found
  }

  private static func read(_ text: String) throws(NotationFault) -> [Double?] {
    do throws(SeriesNotationFault) {
      return try SeriesNotation(series: "x", values: text).values
    } catch {
      throw NotationFault("bad value \(error)")
    }
  }
}
