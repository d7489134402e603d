// SPDX-License-Identifier: MIT
import MetricModel

/// In which formats a scraper asks, and in which it was answered.
///
/// Source: Prometheus 3, content negotiation.
enum ScrapeNegotiation {
  /// The value of `Accept`: what is told most exactly first.
  static let accept = [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6",
    "application/openmetrics-text;version=0.0.1;q=0.5",
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4", "text/plain;version=0.0.4;q=0.3",
    "*/*;q=0.2",
  ].joined(separator: ",")

  /// The format that a `Content-Type` names, and whether it names one: any other is read as the
  /// text format, as scrapers have always done.
  static func format(of contentType: String?) -> (format: ExpositionFormat, isNamed: Bool) {
    let type = (contentType ?? "").prefix { $0 != ";" }.lowercased()
    switch type.split(separator: " ").first {
    case "application/openmetrics-text": return (.openMetrics, true)
    case "text/plain": return (.text, true)
    default: return (.text, false)
    }
  }

  /// The value of `X-Prometheus-Scrape-Timeout-Seconds`.
  static func seconds(_ timeout: Duration) -> String {
    let milliseconds = timeout.wholeMilliseconds
    return milliseconds % 1_000 == 0
      ? String(milliseconds / 1_000) : "\(Double(milliseconds) / 1_000)"
  }
}
