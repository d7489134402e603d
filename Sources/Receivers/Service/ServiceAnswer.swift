// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// What a service's answer means for the message.
enum Verdict: Equatable, Sendable {
  case delivered
  /// It may work later; `after` is the service's own wish.
  case later(after: Duration?)
  /// Trying again cannot help; another form of the message may, when the form was refused.
  case never(isFormRefused: Bool)
}

/// The answer of a service to one request.
struct ServiceAnswer: Sendable {
  let response: HTTPResponse
  /// The body when it is JSON.
  let json: JSONTree?
  private let now: Timestamp

  init(_ response: HTTPResponse, now: Timestamp) {
    self.response = response
    self.now = now
    do throws(JSONError) {
      json = try JSONReader.read(response.body)
    } catch {
      // No service promises JSON in every answer: what is missing in it is judged by each.
      json = nil
    }
  }

  var status: Int { response.status }
  var text: String { response.text }

  /// What the status says where the service says nothing else.
  var verdictByStatus: Verdict {
    switch status {
    case 200...299: .delivered
    case 408, 425, 429, 500...599: .later(after: wish)
    case 400: .never(isFormRefused: true)
    default: .never(isFormRefused: false)
    }
  }

  /// How long the service wants to be left alone: Retry-After (RFC 9110, section 10.2.3: seconds or
  /// a date), or what stands for it in the answers of Discord and Slack (`retry_after`, seconds,
  /// fractions too), Telegram (`parameters.retry_after`), older Matrix servers (`retry_after_ms`)
  /// and Mattermost (X-RateLimit-Reset, seconds).
  var wish: Duration? {
    if let text = response.headers["Retry-After"] {
      if let span = Self.span(seconds: Double(text)) { return span }
      if let instant = HTTPDate.instant(text) { return max(.zero, instant - now) }
    }
    let seconds =
      json?["retry_after"]?.double ?? json?["parameters"]?["retry_after"]?.double
      ?? json?["retry_after_ms"]?.double.map { $0 / 1_000 }
      ?? response.headers["X-RateLimit-Reset-After"].flatMap(Double.init)
      ?? response.headers["X-RateLimit-Reset"].flatMap(Double.init)
    return Self.span(seconds: seconds)
  }

  /// Nil also for what can be no span, such as the instant that some servers write instead.
  private static func span(seconds: Double?) -> Duration? {
    guard let seconds, seconds >= 0, seconds < 1e8 else { return nil }
    return .milliseconds(Int64(seconds * 1_000))
  }
}
