// SPDX-License-Identifier: MIT
import Configuration

/// Why a command line cannot be carried out, as one sentence.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// The words behind a command's name, taken one by one.
struct Arguments {
  private var words: [String]
  private var known: Set<String> = ["--help"]

  init(_ words: [String]) {
    self.words = words
  }

  /// The value of `--name VALUE` or `--name=VALUE`; nil when the option is not given.
  mutating func value(_ name: String) throws(UsageError) -> String? {
    known.insert(name)
    if let index = words.firstIndex(where: { $0.hasPrefix(name + "=") }) {
      return String(words.remove(at: index).dropFirst(name.count + 1))
    }
    guard let index = words.firstIndex(of: name) else { return nil }
    words.remove(at: index)
    guard index < words.count, !words[index].hasPrefix("--") else {
      throw UsageError(description: "\(name) needs a value behind it")
    }
    return words.remove(at: index)
  }

  /// The span of time of an option; nil when it is not given.
  mutating func span(_ name: String) throws(UsageError) -> Duration? {
    guard let text = try value(name) else { return nil }
    guard let span = QuantityText.span(text) else {
      throw UsageError(description: "\(name) needs a span of time such as 30s or 5m, not \(text)")
    }
    return span
  }

  /// The first word, when it is no option.
  mutating func takeWord() -> String? {
    guard let word = words.first, !word.hasPrefix("-") else { return nil }
    return words.removeFirst()
  }

  /// Whether the option is given.
  mutating func flag(_ name: String) -> Bool {
    known.insert(name)
    guard let index = words.firstIndex(of: name) else { return false }
    words.remove(at: index)
    return true
  }

  /// The words that are left; an option among them is one the command does not know.
  consuming func rest(atMost count: Int = .max) throws(UsageError) -> [String] {
    if let option = words.first(where: { $0.hasPrefix("-") && $0.count > 1 }) {
      let hint = nearestName(to: option, among: known).map { "; did you mean \($0)?" } ?? ""
      throw UsageError(description: "there is no option \(option) here\(hint)")
    }
    guard words.count <= count else {
      throw UsageError(description: "\"\(words[count])\" is one word too many here")
    }
    return words
  }
}
