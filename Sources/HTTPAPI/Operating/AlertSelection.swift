// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Patterns
import PromQL

/// Which alerts a person means: a name, a fingerprint, or a selector with the alert's name in front,
/// such as `NodeDown{node="pve2"}`.
struct AlertSelection {
  /// The longest text.
  static let bytesMax = 4 << 10

  private enum Test {
    case fingerprint(String)
    case matchers([CompiledMatcher])
  }

  private let test: Test

  /// Reads a text.
  init(_ text: String) throws(APIFailure) {
    guard text.utf8.count <= Self.bytesMax else {
      throw .invalid("alert", "is longer than \(Self.bytesMax) bytes")
    }
    let isFingerprint =
      text.utf8.count == 16
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    if isFingerprint {
      test = .fingerprint(text)
      return
    }
    let brace = text.firstIndex(of: "{") ?? text.endIndex
    let name = text[..<brace].trimmingPrefix { $0 == " " }
    let ownName = String(name.reversed().drop { $0 == " " }.reversed())
    var matchers =
      ownName.isEmpty ? [] : [LabelMatcher("alertname", .equal, ownName)]
    if brace < text.endIndex { matchers += try Self.matchers(String(text[brace...])) }
    guard !matchers.isEmpty else {
      throw .invalid("alert", "names no alert: give a name, or NAME{label=\"value\"}")
    }
    var compiled: [CompiledMatcher] = []
    for matcher in matchers {
      do throws(PatternError) {
        compiled.append(try CompiledMatcher(matcher))
      } catch {
        throw .invalid("alert", "\(matcher): \(error.reason)")
      }
    }
    test = .matchers(compiled)
  }

  /// The selection of a parameter that has to be there once.
  init(_ form: APIParameter.Form) throws(APIFailure) {
    let texts = form.all("alert")
    guard texts.count == 1, let text = texts.first, !text.isEmpty else {
      throw .invalid("alert", "must be given once: a name, a fingerprint, or NAME{label=\"value\"}")
    }
    try self.init(text)
  }

  /// The alert with these labels is meant.
  func accepts(_ labels: LabelSet) -> Bool {
    switch test {
    case .fingerprint(let text): labels.fingerprint == text
    case .matchers(let matchers): matchers.allSatisfy { $0.matches(labels) }
    }
  }

  private static func matchers(_ text: String) throws(APIFailure) -> [LabelMatcher] {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      throw .invalid("alert", error.description)
    }
    guard case .selector(let selector) = expression.form, selector.shift == TimeShift() else {
      throw .invalid("alert", "a selector without range and offset is wanted")
    }
    return selector.matchers
  }
}
