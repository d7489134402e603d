// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// Reads parameters as Prometheus' API takes them.
enum APIParameter {
  typealias Form = [ServerRequest.Parameter]

  /// Selectors of one request; more are refused.
  static let selectorsMax = 1_000

  /// What clients send for the limits of time.
  private static let farTimes: [String: Timestamp] = [
    "-292273086-05-16T16:47:06Z": .distantPast,
    "292277025-08-18T07:12:54.999999999Z": .distantFuture,
  ]

  /// Unix seconds with a fraction, or RFC 3339; nil when it is neither.
  static func time(_ text: String) -> Timestamp? {
    if let seconds = Double(text), seconds.isFinite { return Timestamp(unixSeconds: seconds) }
    return Timestamp(rfc3339: text) ?? farTimes[text]
  }

  /// A time that may be left out.
  static func time(_ form: Form, _ name: String) throws(APIFailure) -> Timestamp? {
    guard let text = form[name], !text.isEmpty else { return nil }
    guard let time = time(text) else {
      throw .invalid(
        name,
        "invalid time value for '\(name)': cannot parse \"\(text)\" to a valid timestamp"
      )
    }
    return time
  }

  /// A time that has to be there.
  static func requiredTime(_ form: Form, _ name: String) throws(APIFailure) -> Timestamp {
    let text = form[name] ?? ""
    guard let time = time(text) else {
      throw .invalid(name, "cannot parse \"\(text)\" to a valid timestamp")
    }
    return time
  }

  /// Seconds with a fraction, or a span such as `1m30s`; may be negative.
  static func span(_ text: String, name: String) throws(APIFailure) -> Duration {
    if let seconds = Double(text), abs(seconds) < 1e9 { return .seconds(seconds) }
    if let span = DurationText.duration(of: text), span < .seconds(1_000_000_000) { return span }
    throw .invalid(name, "cannot parse \"\(text)\" to a valid duration")
  }

  /// A span above zero that may be left out.
  static func positiveSpan(_ form: Form, _ name: String) throws(APIFailure) -> Duration? {
    guard let text = form[name], !text.isEmpty else { return nil }
    let span = try span(text, name: name)
    guard span > .zero else { throw .invalid(name, "must be above zero, not \(text)") }
    return span
  }

  /// How many are wanted at most; nil for all.
  static func limit(_ form: Form, _ name: String = "limit") throws(APIFailure) -> Int? {
    guard let text = form[name], !text.isEmpty else { return nil }
    guard let limit = Int(text) else { throw .invalid(name, "\"\(text)\" is not a whole number") }
    guard limit >= 0 else { throw .invalid(name, "limit must be non-negative") }
    return limit == 0 ? nil : limit
  }

  /// From when to when, all of time unless said; nil when the end is before the start.
  static func range(_ form: Form) throws(APIFailure) -> ClosedRange<Timestamp>? {
    let start = try time(form, "start") ?? .distantPast
    let end = try time(form, "end") ?? .distantFuture
    return start <= end ? start...end : nil
  }

  /// The selectors that `match[]` gives; each accepts no series without labels.
  static func selectors(
    _ form: Form,
    _ name: String = "match[]"
  ) throws(APIFailure) -> [[LabelMatcher]] {
    let texts = form.all(name)
    guard texts.count <= selectorsMax else {
      throw .invalid(name, "more than \(selectorsMax) selectors")
    }
    var selectors: [[LabelMatcher]] = []
    for text in texts { selectors.append(try selector(text, name)) }
    return selectors
  }

  private static func selector(
    _ text: String,
    _ name: String
  ) throws(APIFailure) -> [LabelMatcher] {
    let expression: Expression
    do throws(PromQLParseError) {
      expression = try PromQLParser.parse(text)
    } catch {
      guard error.message.hasSuffix("must contain at least one non-empty matcher") else {
        throw .invalid(name, error.description)
      }
      throw .invalid(name, "match[] must contain at least one non-empty matcher")
    }
    guard case .selector(let selector) = expression.form, selector.shift == TimeShift() else {
      throw .invalid(name, "1:1: parse error: a selector without range and offset is wanted")
    }
    return selector.matchers
  }
}
