// SPDX-License-Identifier: MIT
import MetricModel

/// What stands behind a series on its line.
struct Measurement {
  var value: Double
  var time: (unixMilliseconds: Int64, seconds: Double)?
  /// The labels of the exemplar, if there is one.
  var exemplar: [Label]?
}

extension LineCursor {
  /// Reads the rest of the line: value, timestamp and, in OpenMetrics, exemplar.
  mutating func measurement() throws(LineFault) -> Measurement {
    // The text format needs no blank behind a brace.
    let isBehindBrace = !isOpenMetrics && position > 0 && line[position - 1] == UInt8(ascii: "}")
    guard passSeparator() || isBehindBrace else {
      throw LineFault(isAtEnd ? "the value is missing" : "a blank is missing before the value")
    }
    var found = Measurement(value: try number("the value"))
    if hasMore(), next != UInt8(ascii: "#") || !isOpenMetrics {
      found.time = try time()
      _ = hasMore()
    }
    if isOpenMetrics, next == UInt8(ascii: "#") { found.exemplar = try exemplar() }
    guard isAtEnd, !isOpenMetrics || line.last != UInt8(ascii: " ") else {
      throw LineFault("there is more behind the sample")
    }
    return found
  }

  /// Passes over a separator; true when something stands behind it.
  private mutating func hasMore() -> Bool { passSeparator() && !isAtEnd }

  private mutating func exemplar() throws(LineFault) -> [Label] {
    guard pass("#"), pass(" "), pass("{") else { throw LineFault("the exemplar has no labels") }
    let labels = try labels(mayHaveName: false).pairs
    guard pass(" ") else { throw LineFault("the exemplar's value is missing") }
    _ = try number("the exemplar's value")
    if pass(" ") { _ = try time() }
    return labels
  }
}
