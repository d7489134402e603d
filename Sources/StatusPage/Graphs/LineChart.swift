// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// One series on the grid of a chart.
struct ChartLine: Equatable {
  /// The labels as PromQL writes them.
  let name: String
  /// A value for each time of the grid; nil where there is none.
  var values: [Double?]

  init(name: String, values: [Double?]) {
    self.name = name
    self.values = values
  }

  /// Reads a series of a range query's answer.
  init(_ series: JSONTree, first: Int64, step: Int64, count: Int) {
    let labels = series["metric"]?.members ?? []
    let metric = labels.first { $0.name == "__name__" }?.value.string ?? ""
    let others = labels.filter { $0.name != "__name__" }.map { label in
      "\(label.name)=\"\(label.value.string ?? "")\""
    }
    name = metric + (others.isEmpty && !metric.isEmpty ? "" : "{\(others.joined(separator: ", "))}")
    values = Array(repeating: nil, count: count)
    for point in series["values"]?.items ?? [] {
      guard point.items.count == 2, let time = point.items[0].double,
        let text = point.items[1].string, let value = Double(text)
      else { continue }
      let place = (time - Double(first)) / Double(step)
      guard place >= 0, place < Double(count) else { continue }
      values[Int(place.rounded(.down))] = value
    }
  }

  var known: [Double] { values.compactMap { $0 }.filter(\.isFinite) }
}

/// Lines over time as SVG, with what people need to read them: axes with round numbers, gaps where
/// nothing is known, and a dash of its own for each line beside its colour.
struct LineChart: Equatable {
  /// Lines that are drawn.
  static let linesMax = 16
  static let width = 960.0
  static let height = 320.0
  private static let left = 64.0
  private static let right = 8.0
  private static let top = 8.0
  private static let bottom = 24.0

  let lines: [ChartLine]
  /// Unix seconds.
  let first: Int64
  /// Seconds.
  let step: Int64
  let count: Int

  var shown: ArraySlice<ChartLine> { lines.prefix(Self.linesMax) }

  /// The scale of the values that are drawn.
  var scale: ChartScale { ChartScale(shown.flatMap(\.known)) }

  func draw(_ markup: inout Markup) {
    let scale = scale
    markup.element(
      "svg",
      ("class", "chart"),
      ("viewBox", "0 0 \(Markup.tenth(Self.width)) \(Markup.tenth(Self.height))"),
      ("role", "img"),
      ("aria-label", "\(lines.count) series over time; the table below has their values")
    ) { svg in
      for tick in scale.ticks {
        let y = Markup.tenth(height(of: tick, scale))
        svg.element(
          "line",
          ("class", "grid"),
          ("x1", Markup.tenth(Self.left)),
          ("x2", Markup.tenth(Self.width - Self.right)),
          ("y1", y),
          ("y2", y)
        ) { _ in }
        svg.element(
          "text",
          ("class", "value"),
          ("x", Markup.tenth(Self.left - 6)),
          ("y", Markup.tenth(height(of: tick, scale) + 4)),
          text: scale.text(tick)
        )
      }
      times(&svg)
      for (index, line) in shown.enumerated() { draw(line, index, scale, &svg) }
    }
  }

  private func times(_ svg: inout Markup) {
    let seconds = step * Int64(count - 1)
    let distance = Self.timeDistances.first { seconds / $0 <= 8 } ?? 604_800
    var time = (first + distance - 1) / distance * distance
    while time <= first + seconds {
      let x = Markup.tenth(place(of: Double(time - first) / Double(step)))
      svg.element(
        "line",
        ("class", "grid"),
        ("x1", x),
        ("x2", x),
        ("y1", Markup.tenth(Self.top)),
        ("y2", Markup.tenth(Self.height - Self.bottom))
      ) { _ in }
      let civil = CivilTime(Timestamp(unixMilliseconds: time * 1_000))
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
      svg.element(
        "text",
        ("class", "time"),
        ("x", x),
        ("y", Markup.tenth(Self.height - 8)),
        text: distance >= 86_400
          ? "\(two(civil.month))-\(two(civil.day))" : "\(two(civil.hour)):\(two(civil.minute))"
      )
      time += distance
    }
  }

  private static let timeDistances: [Int64] = [
    60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800,
    345_600,
  ]

  private func draw(_ line: ChartLine, _ index: Int, _ scale: ChartScale, _ svg: inout Markup) {
    svg.element("g", ("class", "line line\(index % 8)\(index >= 8 ? " dashed" : "")")) { group in
      group.element("title", text: line.name)
      for run in Self.runs(line.values) {
        let points = run.map { place, value in
          "\(Markup.tenth(self.place(of: Double(place)))),\(Markup.tenth(height(of: value, scale)))"
        }
        // A value without neighbours shows as a dot.
        let path = points.count == 1 ? points + points : points
        group.element(
          "polyline",
          ("points", path.joined(separator: " ")),
          ("fill", "none"),
          text: ""
        )
      }
    }
  }

  private static func runs(_ values: [Double?]) -> [[(Int, Double)]] {
    var runs: [[(Int, Double)]] = [[]]
    for (index, value) in values.enumerated() {
      if let value, value.isFinite {
        runs[runs.count - 1].append((index, value))
      } else if runs.last?.isEmpty == false {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  private func place(of index: Double) -> Double {
    Self.left + (Self.width - Self.left - Self.right) * index / Double(max(1, count - 1))
  }

  private func height(of value: Double, _ scale: ChartScale) -> Double {
    let whole = Self.height - Self.top - Self.bottom
    return Self.top + whole * (1 - scale.share(value))
  }
}

/// Round numbers beside a chart.
struct ChartScale: Equatable {
  let lowest: Double
  let highest: Double
  /// Round numbers from the lowest to the highest.
  let ticks: [Double]

  /// The scale on which all the values have room; zero is on it unless they lie far from it.
  init(_ values: [Double]) {
    var low = values.min() ?? 0
    var high = values.max() ?? 1
    if low > 0, low < high / 2 || low == high { low = 0 }
    if high < 0, high > low / 2 || low == high { high = 0 }
    if low == high { high = low + 1 }
    let distance = Self.round((high - low) / 5)
    // Numbers of which a double has no neighbours so close, and differences beyond all numbers.
    guard distance.isFinite, distance > 0, low + distance > low, high + distance > high else {
      (lowest, highest, ticks) = (low, high, [low, high])
      return
    }
    let first = (low / distance).rounded(.down)
    let last = (high / distance).rounded(.up)
    guard (first * distance).isFinite, (last * distance).isFinite else {
      (lowest, highest, ticks) = (low, high, [low, high])
      return
    }
    lowest = first * distance
    highest = last * distance
    ticks = (0...Int(last - first)).map { (first + Double($0)) * distance }
  }

  /// How far up a value stands, from 0 to 1.
  func share(_ value: Double) -> Double {
    let share = (value / 2 - lowest / 2) / (highest / 2 - lowest / 2)
    return share.isFinite ? min(1, max(0, share)) : 0
  }

  /// A number of the scale in few letters.
  func text(_ value: Double) -> String {
    Self.text(value)
  }

  /// A number in few letters: `1.5k`, `20M`, `0.002`.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.sampleValueText }
    for (factor, letter) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    where value.magnitude >= factor && value.magnitude < 1e15 {
      return short(value / factor) + letter
    }
    return short(value)
  }

  private static func short(_ value: Double) -> String {
    guard value.magnitude >= 1e-6 || value == 0, value.magnitude < 1e15 else {
      return value.sampleValueText
    }
    // Four digits that count.
    let digits = value == 0 ? 0 : Int(value.magnitude.logarithm.rounded(.down))
    let factor = powerOfTen(3 - digits)
    let rounded = (value * factor).rounded() / factor
    return rounded.sampleValueText
  }

  /// 1, 2 or 5 times a power of ten, not less than `value`.
  private static func round(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return .nan }
    let power = powerOfTen(Int(value.logarithm.rounded(.down)))
    for factor in [1.0, 2, 5] where factor * power >= value { return factor * power }
    return 10 * power
  }

  private static func powerOfTen(_ exponent: Int) -> Double {
    Double("1e\(exponent)") ?? .nan
  }
}

extension Double {
  /// The decimal logarithm, near enough to find a power of ten; of numbers over zero.
  fileprivate var logarithm: Double {
    // The exponent of two and the significand, whose logarithm is taken as a straight line.
    (Double(exponent) + (significand - 1)) * 0.301_029_995_663_981_2
  }
}
