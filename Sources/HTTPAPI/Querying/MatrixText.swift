// SPDX-License-Identifier: MIT
import Dispatch
import MetricModel
import Synchronization

/// A list of series with their points as JSON; a long one is written by several threads.
struct MatrixText {
  /// Points below which a second thread costs more than it gains.
  private static let pointsPerThreadMin = 10_000
  private static let threadsMax = 2

  /// In order, to be joined by commas; empty texts stand for nothing.
  private(set) var parts: [JSONText] = []

  init(_ series: [Series]) throws(APIFailure) {
    let points = series.reduce(0) { $0 + $1.samples.count }
    let threads = min(points / Self.pointsPerThreadMin, Self.threadsMax, series.count)
    let bytes = Atomic(0)
    guard threads > 1 else {
      parts = [try Self.text(of: series[...], bytes)]
      return
    }
    // A few shares for each thread, as series differ in length.
    let count = min(threads * 4, series.count)
    let shares = Mutex([Result<JSONText, APIFailure>?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { place in
      let bounds = series.count * place / count..<series.count * (place + 1) / count
      let share = Result { () throws(APIFailure) in try Self.text(of: series[bounds], bytes) }
      shares.withLock { $0[place] = share }
    }
    for share in shares.withLock({ $0 }) { if let share { parts.append(try share.get()) } }
  }

  /// Writes some series; `total` counts the bytes of all threads.
  private static func text(
    of series: ArraySlice<Series>,
    _ total: borrowing Atomic<Int>
  ) throws(APIFailure) -> JSONText {
    var json = JSONText()
    for (place, one) in zip(series.indices, series) {
      let before = json.bytes.count
      if place > series.startIndex { json.raw(",") }
      json.raw("{\"metric\":")
      json.object(one.labels)
      json.raw(",\"values\":[")
      json.points(one.samples)
      json.raw("]}")
      let bytes = total.add(json.bytes.count - before, ordering: .relaxed).newValue
      try APIEnvelope.check(length: bytes)
    }
    return json
  }
}

extension JSONText {
  /// Adds a list of series.
  mutating func write(_ matrix: MatrixText) {
    raw("[")
    var isFirst = true
    for part in matrix.parts where !part.bytes.isEmpty {
      if !isFirst { raw(",") }
      isFirst = false
      append(part)
    }
    raw("]")
  }
}
