// SPDX-License-Identifier: MIT
package import MetricModel
import PromQL

/// One series line of a script: labels and a value or a gap for each step.
package struct SeriesLine {
  /// What identifies the series.
  package var labels: LabelSet
  /// Nil is a gap.
  package var values: [Double?]
  /// Some of its samples are native histograms, which are gaps here.
  package var hasHistograms = false

  init(labels: LabelSet, values: [Double?]) {
    self.labels = labels
    self.values = values
  }

  /// Reads a label set and, behind a blank, values.
  package init(text: String) throws(NotationFault) {
    let end = Self.endOfLabels(in: text)
    labels = try Self.labels(String(text[..<end]))
    let notation = try ScriptValues(text[end...].trimmingBlanks)
    values = notation.values
    hasHistograms = notation.hasHistograms
  }

  /// The label set ends at the brace that is not inside quotes, or at the first blank.
  private static func endOfLabels(in text: String) -> String.Index {
    var inBraces = false
    var quote: Character?
    var isEscaped = false
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if character == "\\", open != "`" {
          isEscaped = true
        } else if character == open {
          quote = nil
        }
        continue
      }
      switch character {
      case "\"", "'", "`": quote = character
      case "{": inBraces = true
      case "}": return text.index(after: index)
      case " ", "\t":
        guard !inBraces else { break }
        // `name {a="b"}` is one label set as well.
        let rest = text[index...].drop { $0 == " " || $0 == "\t" }
        guard rest.hasPrefix("{"), !rest.hasPrefix("{{") else { return index }
      default: break
      }
    }
    return text.endIndex
  }

  /// Reads a label set with the parser of selectors, which knows all its notations.
  package static func labels(_ text: String) throws(NotationFault) -> LabelSet {
    if text == "{}" { return .empty }
    // A selector with empty values alone would be refused.
    let probe = text.hasPrefix("{") ? "{__probe__=\"x\",\(text.dropFirst())" : text
    do throws(PromQLParseError) {
      if case .selector(let selector) = try PromQLParser.parse(probe).form,
        selector.matchers.allSatisfy({ $0.operation == .equal })
      {
        return LabelSet(
          selector.matchers.filter { $0.name != "__probe__" }.map { Label($0.name, $0.value) }
        )
      }
    } catch {
      throw NotationFault("bad series \(text): \(error.message)")
    }
    throw NotationFault("bad series \(text)")
  }
}

extension SeriesLine {
  init(_ series: Series, _ start: Timestamp, _ end: Timestamp, _ step: Duration) {
    var found: [Timestamp: Double] = [:]
    for sample in series.samples { found[sample.timestamp] = sample.value }
    var values: [Double?] = []
    var time = start
    while time <= end {
      values.append(found.removeValue(forKey: time))
      time = time + step
    }
    // A sample off the grid must not go unseen.
    for value in found.values { values.append(value) }
    self.init(labels: series.labels, values: values)
  }
}

extension [Double?] {
  /// The values without gaps at the end.
  var withoutTail: [Double?] {
    var copy = self
    while let last = copy.last, last == nil { copy.removeLast() }
    return copy
  }
}

extension StringProtocol {
  /// The text without blanks and tabs at both ends.
  var trimmingBlanks: String {
    let front = drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    let back = front.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    return String(back.reversed())
  }

  /// The text up to its first blank.
  var firstWord: String { String(prefix { $0 != " " && $0 != "\t" }) }
}
