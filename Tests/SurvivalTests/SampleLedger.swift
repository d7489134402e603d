// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Everything that queries returned, over all lives of one store, and what may not be lost of it.
struct SampleLedger {
  private struct Sighting {
    let value: String
    /// When the reply that first showed it was complete, in Unix milliseconds.
    let seenAt: Int64
  }

  /// The series whose zero says that all samples are on disk.
  private static let unflushed = "hvsmon_store_unflushed_samples"

  /// By series and Unix milliseconds.
  private var safe: [String: [Int64: String]] = [:]
  private var doubtful: [String: [Int64: Sighting]] = [:]
  private var bornAt: Int64 = 0
  private var isNewborn = true
  /// Promises that were broken.
  private(set) var faults: [String] = []
  /// Samples that were seen, not acknowledged, and gone after a kill.
  private(set) var lostCount = 0

  /// Samples that may not be lost.
  var safeCount: Int { safe.values.reduce(0) { $0 + $1.count } }

  /// The program is started again on the same file.
  mutating func beginLife(at now: Int64) {
    bornAt = now
    isNewborn = true
  }

  /// Takes a reply that shows every sample the store has; it was complete at `now`.
  mutating func take(_ reply: SeriesReply, at now: Int64) {
    var shown: [String: [Int64: String]] = [:]
    for series in reply.data.result {
      let times = series.values.map(\.milliseconds)
      if zip(times, times.dropFirst()).contains(where: { $0 >= $1 }) {
        faults.append("times of \(series.name) do not rise: \(times)")
      }
      if shown[series.name] != nil { faults.append("\(series.name) is there twice") }
      let pairs = series.values.map { ($0.milliseconds, $0.value) }
      shown[series.name] = Dictionary(pairs) { first, _ in first }
    }
    compare(shown)
    note(shown, at: now)
    acknowledge(reply)
    isNewborn = false
  }

  private mutating func compare(_ shown: [String: [Int64: String]]) {
    for (name, samples) in safe {
      for (time, value) in samples where shown[name]?[time] != value {
        faults.append("\(name) at \(time) was \(value), is \(shown[name]?[time] ?? "gone")")
      }
    }
    for (name, samples) in doubtful {
      for (time, sighting) in samples {
        let value = shown[name]?[time]
        if value == sighting.value { continue }
        guard value == nil, isNewborn else {
          faults.append("\(name) at \(time): \(sighting.value) became \(value ?? "gone")")
          continue
        }
        doubtful[name]?[time] = nil
        lostCount += 1
      }
    }
  }

  /// What a new life shows from before its birth came from disk; the rest waits to be acknowledged.
  private mutating func note(_ shown: [String: [Int64: String]], at now: Int64) {
    for (name, samples) in shown {
      for (time, value) in samples where safe[name]?[time] == nil {
        if isNewborn, time < bornAt {
          safe[name, default: [:]][time] = value
          doubtful[name]?[time] = nil
        } else if doubtful[name]?[time] == nil {
          doubtful[name, default: [:]][time] = Sighting(value: value, seenAt: now)
        }
      }
    }
  }

  /// Whatever was seen before the newest time at which nothing waited for the disk is safe.
  private mutating func acknowledge(_ reply: SeriesReply) {
    let marks = reply.data.result.filter { $0.metric["__name__"] == Self.unflushed }
      .flatMap(\.values).filter { $0.value == "0" }.map(\.milliseconds)
    guard let mark = marks.max() else { return }
    for (name, samples) in doubtful {
      for (time, sighting) in samples where sighting.seenAt < mark {
        safe[name, default: [:]][time] = sighting.value
        doubtful[name]?[time] = nil
      }
    }
  }
}

/// A matrix as the query API returns it.
struct SeriesReply: Decodable {
  struct Content: Decodable {
    let result: [Series]
  }

  struct Series: Decodable {
    let metric: [String: String]
    let values: [Point]

    /// Its labels as text, in order.
    var name: String {
      metric.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
  }

  struct Point: Decodable {
    let milliseconds: Int64
    let value: String

    init(from decoder: any Decoder) throws {
      var pair = try decoder.unkeyedContainer()
      milliseconds = Int64((try pair.decode(Double.self) * 1_000).rounded())
      value = try pair.decode(String.self)
    }
  }

  let data: Content

  /// The values of one metric in the series with this label.
  func values(of metric: String, _ label: String, _ value: String) -> [String] {
    data.result.filter { $0.metric["__name__"] == metric && $0.metric[label] == value }
      .flatMap { $0.values.map(\.value) }
  }
}
