// SPDX-License-Identifier: MIT
import Configuration
import MetricModel

/// Reads parameters as Prometheus' API takes them.
enum APIParameter {
  /// Unix seconds with a fraction, or RFC 3339.
  static func time(_ text: String, name: String) throws(APIFailure) -> Timestamp {
    if let seconds = Double(text), seconds.isFinite { return Timestamp(unixSeconds: seconds) }
    if let time = Timestamp(rfc3339: text) { return time }
    throw APIFailure(
      type: "bad_data",
      message: "invalid parameter \"\(name)\": invalid time value for '\(name)': "
        + "cannot parse \"\(text)\" to a valid timestamp"
    )
  }

  /// Seconds with a fraction, or a span such as `1m30s`.
  static func span(_ text: String, name: String) throws(APIFailure) -> Duration {
    if let seconds = Double(text), seconds > 0, seconds < 1e9 { return .seconds(seconds) }
    if let span = QuantityText.span(text), span > .zero { return span }
    throw APIFailure(
      type: "bad_data",
      message: "invalid parameter \"\(name)\": cannot parse \"\(text)\" to a valid duration"
    )
  }
}
