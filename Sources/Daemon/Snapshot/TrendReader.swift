// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// Reads the past few minutes of the figures that are drawn as trends.
///
/// Read at most once in ``restMin`` however many ask.
final class TrendReader: Sendable {
  /// The distance of values.
  static let step = Duration.seconds(15)
  /// How many values a trend has.
  static let count = 20
  private static let restMin = Duration.seconds(5)

  /// The trends, each by what it is about; oldest value first, nil where there was none.
  struct Trends: Sendable {
    /// By Proxmox id.
    var cpu: [String: [Double?]] = [:]
    /// In bytes, by Proxmox id.
    var memory: [String: [Double?]] = [:]
    /// Seconds, by `instance`.
    var probe: [String: [Double?]] = [:]
    /// A second, by `instance`.
    var requests: [String: [Double?]] = [:]
    /// A second, by `instance`.
    var operations: [String: [Double?]] = [:]
    /// Seconds, by `member`.
    var lag: [String: [Double?]] = [:]
  }

  private let reading: any SeriesReading
  private let kept = Mutex<(trends: Trends, at: Timestamp)?>(nil)

  init(_ reading: any SeriesReading) {
    self.reading = reading
  }

  /// The trends up to `now`; empty where the store cannot be read.
  func trends(at now: Timestamp) -> Trends {
    let known = kept.withLock { $0 }
    if let known, now >= known.at, now - known.at < Self.restMin { return known.trends }
    let bins = Bins(endingAt: now)
    var trends = Trends()
    trends.cpu = last("pve_cpu_usage_ratio", by: "id", bins)
    trends.memory = last("pve_memory_usage_bytes", by: "id", bins)
    trends.probe = last("probe_duration_seconds", by: "instance", bins)
    trends.lag = last("hvsmon_mongodb_replication_lag_seconds", by: "member", bins)
    trends.requests = rates("nginx_http_requests_total", by: "instance", bins)
    trends.operations = rates("mongodb_ss_opcounters", by: "instance", bins)
    kept.withLock { $0 = (trends, now) }
    return trends
  }

  /// Spans of equal length that begin at whole multiples of it, so that old values stay where they
  /// are from one reading to the next.
  private struct Bins {
    let first: Int64
    let range: ClosedRange<Timestamp>

    init(endingAt now: Timestamp) {
      let step = TrendReader.step.wholeMilliseconds
      first = now.unixMilliseconds / step - Int64(TrendReader.count) + 1
      range = Timestamp(unixMilliseconds: (first - 1) * step)...now
    }

    /// -1 is the span before the first.
    func index(_ unixMilliseconds: Int64) -> Int {
      Int(unixMilliseconds / TrendReader.step.wholeMilliseconds - first)
    }
  }

  /// The last value of each span; of several series of one key the greatest.
  private func last(_ metric: String, by label: String, _ bins: Bins) -> [String: [Double?]] {
    var found: [String: [Double?]] = [:]
    read(metric, by: label, bins) { key, samples in
      var values: [Double?] = .init(repeating: nil, count: Self.count)
      for sample in samples {
        let index = bins.index(sample.time)
        if values.indices.contains(index) { values[index] = sample.value }
      }
      guard let known = found[key] else { return found[key] = values }
      found[key] = zip(known, values).map { first, second in
        guard let first, let second else { return first ?? second }
        return max(first, second)
      }
    }
    return found
  }

  /// The rise of a counter in each span, a second; the sum of the series of one key.
  private func rates(_ metric: String, by label: String, _ bins: Bins) -> [String: [Double?]] {
    var found: [String: [Double?]] = [:]
    read(metric, by: label, bins) { key, samples in
      var ends: [(value: Double, time: Int64)?] = .init(repeating: nil, count: Self.count + 1)
      for sample in samples {
        let index = bins.index(sample.time) + 1
        if ends.indices.contains(index) { ends[index] = (sample.value, sample.time) }
      }
      var values: [Double?] = .init(repeating: nil, count: Self.count)
      for index in values.indices {
        guard let end = ends[index + 1] else { continue }
        guard let start = ends[...index].last(where: { $0 != nil }) ?? nil, end.time > start.time,
          end.value >= start.value
        else { continue }
        values[index] = (end.value - start.value) * 1_000 / Double(end.time - start.time)
      }
      guard let known = found[key] else { return found[key] = values }
      found[key] = zip(known, values).map { first, second in
        guard let first, let second else { return first ?? second }
        return first + second
      }
    }
    return found
  }

  /// Hands the samples of each series over; a damaged or closed store gives none.
  private func read(
    _ metric: String,
    by label: String,
    _ bins: Bins,
    _ take: (String, [(time: Int64, value: Double)]) -> Void
  ) {
    let matchers = [LabelMatcher(LabelSet.metricNameLabel, .equal, metric)]
    var run = SampleRun()
    do throws(StoreError) {
      for var cursor in try reading.cursors(SeriesSelection(matching: matchers, in: bins.range)) {
        guard let key = cursor.labels[label] else { continue }
        var samples: [(time: Int64, value: Double)] = []
        while try cursor.next(into: &run) {
          for index in 0..<run.count where run.values[index].isFinite {
            samples.append((run.unixMilliseconds[index], run.values[index]))
          }
        }
        take(key, samples)
      }
    } catch {
      // A trend is decoration: a store that cannot be read is told elsewhere.
      return
    }
  }
}
