// SPDX-License-Identifier: MIT
import MetricModel

/// Series over one span of time as plain text; pure.
///
/// A few series are drawn one below the other, many as one line each. Where there is no finite value
/// there is a blank.
struct SeriesPlot {
  /// More series than this get a line each.
  static let drawnMax = 4
  /// Lines that are printed at most; what is left out is counted.
  static let linesMax = 200
  private static let columns = 64
  private static let rows = 8
  private static let bars = Array("▁▂▃▄▅▆▇█").map(String.init)

  private let from: Double
  private let through: Double
  private let step: Double

  /// The span in Unix seconds; a value is drawn until the next step, in seconds.
  init(from: Double, through: Double, step: Double) {
    self.from = from
    self.through = through
    self.step = step
  }

  func lines(of series: [QueryData.Series]) -> [String] {
    guard !series.isEmpty else { return ["no series has a value in that time"] }
    let figures = series.map { Figure($0, in: self) }
    guard series.count > Self.drawnMax else { return figures.flatMap(drawn) }
    let shown = figures.prefix(Self.linesMax).map(line)
    let rest = figures.count - shown.count
    return [axis(indent: 0)] + shown + (rest > 0 ? ["and \(rest) more series"] : [])
  }

  /// One series in columns of time.
  private struct Figure {
    let name: String
    /// Least and greatest value in each column; nil where there is none.
    let columns: [ClosedRange<Double>?]
    let last: Double?
    let lowest: Double
    let highest: Double

    init(_ series: QueryData.Series, in plot: SeriesPlot) {
      name = series.name
      var columns: [ClosedRange<Double>?] = .init(repeating: nil, count: SeriesPlot.columns)
      var last: Double?
      for point in series.values {
        guard let value = Double(point.value), value.isFinite, point.time >= plot.from,
          point.time <= plot.through
        else { continue }
        let first = plot.column(of: point.time)
        // The next step's column is its own.
        let end = max(first + 1, plot.column(of: min(point.time + plot.step, plot.through)))
        for column in first..<end {
          let known = columns[column] ?? value...value
          columns[column] = min(known.lowerBound, value)...max(known.upperBound, value)
        }
        last = value
      }
      self.columns = columns
      self.last = last
      lowest = columns.compactMap { $0?.lowerBound }.min() ?? 0
      highest = columns.compactMap { $0?.upperBound }.max() ?? 0
    }

    /// In 0..<count, from the lowest to the highest; a flat line lies in the middle.
    func row(of value: Double, in count: Int) -> Int {
      // Halved first: the difference of two finite numbers may be infinite.
      let height = highest / 2 - lowest / 2
      guard height > 0 else { return count / 2 }
      let place = (value / 2 - lowest / 2) / height
      return min(count - 1, Int(place * Double(count)))
    }
  }

  private func column(of time: Double) -> Int {
    let place = through > from ? (time - from) / (through - from) : 0
    guard place > 0 else { return 0 }
    return place < 1 ? Int(place * Double(Self.columns)) : Self.columns - 1
  }

  private func drawn(_ figure: Figure) -> [String] {
    guard let last = figure.last else { return [figure.name, "  no finite value"] }
    let top = Self.number(figure.highest)
    let bottom = Self.number(figure.lowest)
    let width = max(top.count, bottom.count)
    let isFlat = figure.highest == figure.lowest
    let grid = (0..<Self.rows).reversed().map { row -> String in
      let label =
        isFlat
        ? (row == Self.rows / 2 ? top : "") : row == Self.rows - 1 ? top : row == 0 ? bottom : ""
      let cells = figure.columns.map { range -> Character in
        guard let range else { return " " }
        let rows =
          figure.row(
            of: range.lowerBound,
            in: Self.rows
          )...figure.row(of: range.upperBound, in: Self.rows)
        return rows.contains(row) ? "*" : " "
      }
      let line = "\(String(repeating: " ", count: width - label.count))\(label) |\(String(cells))"
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    return ["\(figure.name)  last \(Self.number(last))"] + grid
      + [axis(indent: width + 2), ""]
  }

  private func line(_ figure: Figure) -> String {
    guard let last = figure.last else {
      return "\(String(repeating: " ", count: Self.columns))  \(figure.name)"
    }
    let cells = figure.columns.map { range in
      range.map { Self.bars[figure.row(of: $0.upperBound, in: Self.bars.count)] } ?? " "
    }
    let bounds = "\(Self.number(figure.lowest)) to \(Self.number(figure.highest))"
    return "\(cells.joined())  \(figure.name) \(bounds), last \(Self.number(last))"
  }

  /// Begin and end, below the first and the last column.
  private func axis(indent: Int) -> String {
    let isOneDay = through - from < 86_400
    let begin = Self.time(from, isOneDay)
    let end = Self.time(through, isOneDay) + " UTC"
    let gap = max(1, Self.columns - begin.count - end.count)
    return String(repeating: " ", count: indent) + begin + String(repeating: " ", count: gap) + end
  }

  private static func time(_ seconds: Double, _ isShort: Bool) -> String {
    let time = CivilTime(Timestamp(unixSeconds: seconds))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    let clock = [time.hour, time.minute, time.second].map(two).joined(separator: ":")
    return isShort ? clock : "\(time.year)-\(two(time.month))-\(two(time.day)) \(clock)"
  }

  /// At most four digits behind the point.
  private static func number(_ value: Double) -> String {
    guard abs(value) < 1e12, value == 0 || abs(value) >= 1e-3 else { return value.description }
    let rounded = (value * 10_000).rounded() / 10_000
    let text = rounded.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
