// SPDX-License-Identifier: MIT
import MetricModel

/// Finds the newest sample of a series at each time that is not older than the lookback.
struct LatestWorker: SeriesWorker {
  private let times: ReferenceTimes
  private let lookback: Int64
  private let yield: SelectorYield
  /// A fixed time gives the same sample at every step: it is looked up once.
  private let places: Int
  private var run = SampleRun()

  init(_ times: ReferenceTimes, lookback: Int64, gives yield: SelectorYield) {
    self.times = times
    self.lookback = lookback
    self.yield = yield
    places = times.isFixed ? 1 : times.count
  }

  mutating func column(
    of cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Column? {
    if places == 1 { return try soleColumn(of: &cursor, &meter) }
    var column = Column(emptyFor: cursor.labels, count: places)
    var latest: (time: Int64, value: Double)?
    var place = 0
    var isPresent = false
    while place < places, try meter.next(&cursor, &run) {
      guard let last = run.unixMilliseconds.last else { continue }
      var position = 0
      // Up to the last sample of the run, the answer is known.
      while place < places, times.time(place) < last {
        let time = times.time(place)
        while run.unixMilliseconds[position] <= time { position += 1 }
        if position > 0 { latest = (run.unixMilliseconds[position - 1], run.values[position - 1]) }
        if write(latest, at: place, to: &column) { isPresent = true }
        place += 1
      }
      latest = (last, run.values[run.count - 1])
    }
    while place < places {
      if write(latest, at: place, to: &column) { isPresent = true }
      place += 1
    }
    guard isPresent else { return nil }
    try meter.charge(times.count)
    return column
  }

  /// The column where one sample serves all times.
  private func soleColumn(
    of cursor: inout any SeriesCursor,
    _ meter: inout WorkMeter
  ) throws(QueryError) -> Column? {
    let latest = try meter.newest(&cursor, through: times.first)
    guard let value = value(of: latest, at: 0) else { return nil }
    try meter.charge(times.count)
    return Column(cursor.labels, Array(repeating: value, count: times.count))
  }

  private func write(
    _ latest: (time: Int64, value: Double)?,
    at place: Int,
    to column: inout Column
  ) -> Bool {
    guard let value = value(of: latest, at: place) else { return false }
    column.values[place] = value
    return true
  }

  /// What a sample gives at a time; nil when it is too old or a staleness marker.
  private func value(of latest: (time: Int64, value: Double)?, at place: Int) -> Double? {
    guard let latest, latest.time > times.time(place) - lookback, !latest.value.isStalenessMarker
    else { return nil }
    return yield == .value ? latest.value : Double(latest.time) / 1_000
  }
}
