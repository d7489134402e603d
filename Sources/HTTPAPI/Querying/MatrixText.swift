// SPDX-License-Identifier: MIT
import MetricModel
import PromQL
import Synchronization

/// A list of series with their points as JSON; a long one is written by several threads.
struct MatrixText {
  /// Points below which a second thread costs more than it gains.
  private static let pointsPerThreadMin = 10_000
  private static let threadsMax = 2
  /// The shortest point, such as `[1,"2"],`.
  private static let bytesOfPointMin = 8

  /// In order, to be joined by commas; empty texts stand for nothing.
  private(set) var parts: [JSONText] = []

  init(_ series: [Series]) throws(APIFailure) {
    let points = series.reduce(0) { $0 + $1.samples.count }
    try APIEnvelope.check(length: points * Self.bytesOfPointMin)
    let threads = min(points / Self.pointsPerThreadMin, Self.threadsMax, series.count)
    let writing = Writing()
    guard threads > 1 else {
      parts = [try writing.text(of: series[...])]
      return
    }
    // A few shares for each thread, as series differ in length.
    let count = min(threads * 4, series.count)
    SharedWork.perform(count, threads: threads) { place in
      writing.write(
        series[series.count * place / count..<series.count * (place + 1) / count],
        at: place
      )
    }
    parts = try writing.parts(count)
  }

  /// Takes the first part out that is not empty; nil when there is none left.
  mutating func takeFirst() -> JSONText? {
    while !parts.isEmpty {
      let part = parts.removeFirst()
      if !part.bytes.isEmpty { return part }
    }
    return nil
  }

  /// What the threads that write have in common.
  private final class Writing: Sendable {
    private let bytes = Atomic(0)
    private let shares = Mutex<[Int: Result<JSONText, APIFailure>]>([:])

    func write(_ series: ArraySlice<Series>, at place: Int) {
      let share = Result { () throws(APIFailure) in try text(of: series) }
      shares.withLock { $0[place] = share }
    }

    func parts(_ count: Int) throws(APIFailure) -> [JSONText] {
      let shares = shares.withLock { $0 }
      var parts: [JSONText] = []
      for place in 0..<count { if let share = shares[place] { parts.append(try share.get()) } }
      return parts
    }

    /// Writes some series, as long as the bytes of all threads are not too many.
    func text(of series: ArraySlice<Series>) throws(APIFailure) -> JSONText {
      var json = JSONText()
      for (place, one) in zip(series.indices, series) {
        let before = json.bytes.count
        if place > series.startIndex { json.raw(",") }
        json.raw("{\"metric\":")
        json.object(one.labels)
        json.raw(",\"values\":[")
        json.points(one.samples)
        json.raw("]}")
        let total = bytes.add(json.bytes.count - before, ordering: .relaxed).newValue
        try APIEnvelope.check(length: total)
      }
      return json
    }
  }
}

extension JSONText {
  /// Adds a list of series; each part is let go of as it is added.
  mutating func write(_ matrix: consuming MatrixText) {
    raw("[")
    var isFirst = true
    while let part = matrix.takeFirst() {
      if !isFirst { raw(",") }
      isFirst = false
      append(part)
    }
    raw("]")
  }
}
