// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// What a person says of an alert; the daemon takes it from those whose token has the role operate.
package enum Operation: Equatable, Sendable {
  /// Somebody works on it: nobody is reminded of it.
  case acknowledge(alert: String, comment: String)
  /// Nobody is told of it for a while; the labels find it again.
  case silence(labels: [Label], span: Duration, comment: String)

  /// A label of an alert.
  package struct Label: Equatable, Sendable {
    /// Its name.
    package let name: String
    /// Its value.
    package let value: String
  }
}

/// The line in which an operation is written, before it is sent.
struct Prompt: Equatable, Sendable {
  enum Kind: Equatable, Sendable {
    case acknowledge
    case silence
  }

  /// How long a silence lasts unless told otherwise.
  static let spanStandard = "2h"
  /// Longer texts are not taken.
  static let textMax = 200
  /// The longest silence that is asked for here: longer ones want thought.
  static let spanMax = Duration.seconds(7 * 86_400)

  let kind: Kind
  /// What it is about, in words.
  let title: String
  let labels: [Operation.Label]
  var text: String

  init(_ kind: Kind, _ alert: AlertRow) {
    self.kind = kind
    title = [alert.name, alert.object ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    labels = alert.labels.compactMap { label in
      guard let sign = label.firstIndex(of: "=") else { return nil }
      return Operation.Label(
        name: String(label[..<sign]),
        value: String(label[label.index(after: sign)...])
      )
    }
    text = kind == .silence ? "\(Self.spanStandard) " : ""
  }

  /// What stands before the text.
  var question: String {
    switch kind {
    case .acknowledge: "acknowledge \(title), because: "
    case .silence: "silence \(title), how long and why: "
    }
  }

  /// The operation that was written, or what is missing.
  var operation: Result<Operation, Refusal> {
    switch kind {
    case .acknowledge:
      return .success(.acknowledge(alert: selector, comment: text))
    case .silence:
      let words = text.split(separator: " ", maxSplits: 1).map(String.init)
      guard let span = words.first.flatMap(Self.span), span > .zero, span <= Self.spanMax else {
        return .failure(Refusal(words: "begin with a span of up to 7d, such as 30m, 2h or 1d"))
      }
      guard words.count > 1 else { return .failure(Refusal(words: "say why, behind the span")) }
      return .success(.silence(labels: labels, span: span, comment: words[1]))
    }
  }

  struct Refusal: Error, Equatable {
    let words: String
  }

  /// All labels of the alert as a selector, so that no other one is meant.
  private var selector: String {
    let name = labels.first { $0.name == "alertname" }?.value ?? ""
    let others = labels.filter { $0.name != "alertname" }.map { label in
      "\(label.name)=\(Detail.quoted(label.value))"
    }
    return others.isEmpty ? name : "\(name){\(others.joined(separator: ","))}"
  }

  /// A whole number with s, m, h or d.
  private static func span(_ text: String) -> Duration? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
      (0...100_000).contains(count)
    else { return nil }
    return .seconds(count * unit)
  }
}

extension ViewState {
  /// Shows a text until the next key.
  package mutating func say(_ text: String) { message = text }

  /// Opens the line for an operation on the selected alert, or on the one whose detail is open.
  mutating func ask(for kind: Prompt.Kind, _ sight: Sight) {
    let key: String?
    if case .detail(let shown) = mode { key = shown } else { key = selected[tab] }
    let alerts = (frozen ?? sight.snapshot)?.alerts ?? []
    guard let alert = alerts.first(where: { "alert/\($0.labels.joined(separator: ","))" == key })
    else {
      message = "choose an alert first: 7 lists them"
      return
    }
    prompt = Prompt(kind, alert)
  }

  /// Writes in the prompt; a wish when it is sent.
  mutating func write(_ key: Key, in written: Prompt) -> Wish? {
    var written = written
    switch key {
    case .escape:
      prompt = nil
      return nil
    case .enter:
      switch written.operation {
      case .success(let operation):
        prompt = nil
        return .operate(operation)
      case .failure(let refusal): message = refusal.words
      }
    case .backspace: written.text = String(written.text.dropLast())
    case .control("u"): written.text = ""
    case .character(let character) where written.text.count < Prompt.textMax:
      written.text.append(character)
    default: break
    }
    prompt = written
    return nil
  }
}
