// SPDX-License-Identifier: MIT
import Net

/// What may stand in place of the last word of an expression that is being typed.
struct QueryCompletion {
  /// Completions that are shown.
  static let shownMax = 20

  /// A question to the endpoints for programs whose answer is a list of names.
  struct Question: Equatable {
    let path: String
    var query: [ServerRequest.Parameter] = []
  }

  /// What the last word is.
  private enum Place: Equatable {
    /// A metric, a function or an aggregation.
    case expression
    /// A label of this metric; of any when it has no name.
    case label(metric: String)
    /// The value of a label, behind its quotation mark.
    case value(label: String, metric: String)
    /// Text of which nothing is known, such as a number.
    case other
  }

  private let before: String
  private let word: String
  private let place: Place

  /// Looks at the end of a text.
  init(_ text: String) {
    var openBrace: String.Index?
    var openQuote: (mark: Character, index: String.Index)?
    var isEscaped = false
    for index in text.indices {
      let character = text[index]
      if let quote = openQuote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\", quote.mark != "`" {
          isEscaped = true
        } else if character == quote.mark {
          openQuote = nil
        }
        continue
      }
      switch character {
      case "\"", "'", "`": openQuote = (character, index)
      case "{": openBrace = index
      case "}": openBrace = nil
      default: break
      }
    }
    let metric = openBrace.map { Self.lastWord(text[..<$0]) } ?? ""
    if let openQuote {
      let start = text.index(after: openQuote.index)
      (before, word) = (String(text[..<start]), String(text[start...]))
      let label = Self.lastWord(
        text[..<openQuote.index].trimmingSuffix { " =!~".contains($0) }
      )
      place = openBrace == nil || label.isEmpty ? .other : .value(label: label, metric: metric)
      return
    }
    word = Self.lastWord(text[...])
    before = String(text.dropLast(word.count))
    if openBrace != nil {
      let isBehindComparison = before.last.map { "=!~".contains($0) } ?? false
      place = isBehindComparison ? .other : .label(metric: metric)
    } else {
      place = word.first.map { $0.isNumber || $0 == ":" } ?? true ? .other : .expression
    }
  }

  /// Where the names come from that may stand there; nil when nothing may.
  var question: Question? {
    switch place {
    case .expression: Question(path: "/api/v1/label/__name__/values")
    case .label(let metric): Question(path: "/api/v1/labels", query: Self.matching(metric))
    case .value(let label, let metric):
      Question(path: "/api/v1/label/\(label)/values", query: Self.matching(metric))
    case .other: nil
    }
  }

  /// Whole texts in which one of the names, or a word of the language, completes the last word.
  func expressions(of names: [String]) -> [String] {
    var words = names
    if place == .expression { words += Self.functions }
    let wanted = word.lowercased()
    let begins = words.filter { $0.lowercased().hasPrefix(wanted) && $0 != word }
    let holds =
      wanted.utf8.count < 3
      ? []
      : words.filter { $0.lowercased().contains(wanted) && !$0.lowercased().hasPrefix(wanted) }
    return (begins.sorted() + holds.sorted()).prefix(Self.shownMax).map { before + $0 }
  }

  private static func matching(_ metric: String) -> [ServerRequest.Parameter] {
    metric.isEmpty ? [] : [ServerRequest.Parameter(name: "match[]", value: metric)]
  }

  private static func lastWord(_ text: Substring) -> String {
    let isOfWord = { (one: Character) in one.isLetter || one.isNumber || one == "_" || one == ":" }
    return String(text.reversed().prefix(while: isOfWord).reversed())
  }

  /// The functions and aggregations that people type most.
  private static let functions = [
    "abs(", "absent(", "absent_over_time(", "avg(", "avg by (", "avg_over_time(", "bottomk(",
    "ceil(", "changes(", "clamp_max(", "clamp_min(", "count(", "count by (", "count_over_time(",
    "delta(", "deriv(", "floor(", "group by (", "histogram_quantile(", "increase(", "irate(",
    "label_join(", "label_replace(", "last_over_time(", "max(", "max by (", "max_over_time(",
    "min(", "min by (", "min_over_time(", "predict_linear(", "quantile(", "quantile_over_time(",
    "rate(", "resets(", "round(", "sort_desc(", "stddev_over_time(", "sum(", "sum by (",
    "sum_over_time(", "time()", "timestamp(", "topk(", "vector(",
  ]
}

extension Substring {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return rest
  }
}
