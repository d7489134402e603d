// SPDX-License-Identifier: MIT
import MetricModel

/// What a query API answered.
enum QueryAnswer {
  case failure(type: String, message: String)
  /// The series by their labels as text; a scalar has none.
  case success(type: String, series: [(labels: String, samples: [(time: Double, value: Double)])])

  init(_ body: [UInt8]) throws {
    let tree = try JSONReader.read(body)
    guard tree["status"]?.string == "success", let data = tree["data"] else {
      self = .failure(
        type: tree["errorType"]?.string ?? "",
        message: tree["error"]?.string ?? String(decoding: body, as: UTF8.self)
      )
      return
    }
    let type = data["resultType"]?.string ?? ""
    guard type == "vector" || type == "matrix" else {
      self = .success(type: type, series: [("", [Self.sample(data["result"])])])
      return
    }
    self = .success(
      type: type,
      series: (data["result"]?.items ?? []).map { item in
        let labels = (item["metric"]?.members ?? []).map { "\($0.name)=\($0.value.string ?? "")" }
        let samples = item["values"]?.items ?? [item["value"]].compactMap { $0 }
        return (labels.sorted().joined(separator: ","), samples.map(Self.sample))
      }
    )
  }

  private static func sample(_ pair: JSONTree?) -> (time: Double, value: Double) {
    let items = pair?.items ?? []
    guard items.count == 2 else { return (.nan, .nan) }
    let text = items[1].string ?? ""
    let value: Double? =
      switch text {
      case "+Inf": .infinity
      case "-Inf": -.infinity
      case "NaN": .nan
      default: Double(text)
      }
    return (items[0].double ?? .nan, value ?? .nan)
  }

  var failureMessage: String? {
    guard case .failure(_, let message) = self else { return nil }
    return message
  }

  /// How this differs from another answer; nil when it does not.
  func difference(to other: QueryAnswer, isOrdered: Bool) -> String? {
    switch (self, other) {
    case (.failure(let type, let message), .failure(let otherType, let otherMessage)):
      return type == otherType ? nil : "\(type) (\(message)) against \(otherType) (\(otherMessage))"
    case (.failure(_, let message), .success): return "only hvsmon fails: \(message)"
    case (.success, .failure(_, let message)): return "only Prometheus fails: \(message)"
    case (.success(let type, let series), .success(let otherType, let otherSeries)):
      guard type == otherType else { return "\(type) against \(otherType)" }
      let left = isOrdered ? series : series.sorted { $0.labels < $1.labels }
      let right = isOrdered ? otherSeries : otherSeries.sorted { $0.labels < $1.labels }
      guard left.map(\.labels) == right.map(\.labels) else {
        return "\(left.count) series \(left.map(\.labels).prefix(6)) against \(right.count) "
          + "\(right.map(\.labels).prefix(6))"
      }
      for (one, two) in zip(left, right) {
        guard one.samples.map(\.time) == two.samples.map(\.time) else {
          return "{\(one.labels)}: \(one.samples.count) samples against \(two.samples.count)"
        }
        for (a, b) in zip(one.samples, two.samples) where !Self.isEqual(a.value, b.value) {
          return "{\(one.labels)} at \(a.time): \(a.value) against \(b.value)"
        }
      }
      return nil
    }
  }

  /// The same without metric names.
  var droppingNames: QueryAnswer {
    guard case .success(let type, let series) = self else { return self }
    return .success(
      type: type,
      series: series.map { labels, samples in
        let rest = labels.split(separator: ",").filter { !$0.hasPrefix("__name__=") }
        return (rest.joined(separator: ","), samples)
      }
    )
  }

  /// Both have the same series and times, and NaN is here wherever the values are not equal.
  func isNaNWhereDifferent(from other: QueryAnswer) -> Bool {
    guard case .success(_, let series) = self, case .success(_, let otherSeries) = other,
      series.count == otherSeries.count
    else { return false }
    let left = series.sorted { $0.labels < $1.labels }
    let right = otherSeries.sorted { $0.labels < $1.labels }
    return zip(left, right).allSatisfy { one, two in
      one.labels == two.labels && one.samples.map(\.time) == two.samples.map(\.time)
        && zip(one.samples, two.samples).allSatisfy {
          $0.value.isNaN || Self.isEqual($0.value, $1.value)
        }
    }
  }

  private static func isEqual(_ left: Double, _ right: Double) -> Bool {
    if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
    return left == right
      || (left - right).magnitude <= 1e-12 * max(left.magnitude, right.magnitude)
  }
}
