// SPDX-License-Identifier: MIT
import MetricModel
import Patterns

extension Evaluation {
  /// Gives each sample the labels of the info series that describe the same instance and job at the
  /// time that its own series is looked at.
  ///
  /// - Throws: ``QueryError/execution(message:)`` when two info series of one name tell of the same
  ///   sample as new as each other, or two of different names give a label different values.
  func info(_ call: FunctionCall, on grid: EvaluationGrid) throws(QueryError) -> [Column] {
    let base = try vector(call.arguments[0], on: grid)
    let wish: InfoWish
    do throws(PatternError) {
      wish = try InfoWish(call.arguments.count > 1 ? call.arguments[1] : nil)
    } catch {
      throw .refused(message: "\(error)")
    }
    var seen: [Column] = []
    let described = base.filter { !wish.isInfo($0.labels) }
    if described.contains(where: { InfoKey($0.labels) != nil }) {
      let shift = try infoShift(of: call.arguments[0])
      let selector = VectorSelector(wish.matchers, shift: shift)
      seen = try instantVector(selector, on: grid, gives: .timestamp)
    }
    let join = try InfoJoin(seen, wish, on: grid)
    var columns: [Column] = []
    for column in base {
      if wish.isInfo(column.labels) {
        columns.append(column)
      } else {
        try charge(grid.count)
        columns += try join.enriched(column)
      }
    }
    return columns
  }

  /// How the first selector of an expression is shifted, with the subqueries around it.
  private func infoShift(of expression: Expression) throws(QueryError) -> TimeShift {
    var shifts: [TimeShift] = []
    Self.collectShifts(of: expression, into: &shifts)
    var whole = TimeShift()
    var offset: Int64 = 0
    for shift in shifts {
      if let anchor = shift.anchor {
        whole.anchor = anchor
        offset = 0
      }
      offset += try milliseconds(of: shift.offset)
    }
    whole.offset = .fixed(.milliseconds(offset))
    return whole
  }

  /// Follows the first operands down to a selector; false when there is none on the way.
  @discardableResult
  private static func collectShifts(
    of expression: Expression,
    into shifts: inout [TimeShift]
  ) -> Bool {
    switch expression.form {
    case .selector(let selector):
      shifts.append(selector.shift)
      return true
    case .range(let range):
      shifts.append(range.selector.shift)
      return true
    case .subquery(let subquery):
      shifts.append(subquery.shift)
      if collectShifts(of: subquery.expression, into: &shifts) { return true }
      shifts.removeLast()
      return false
    default:
      return expression.form.operands.contains { collectShifts(of: $0, into: &shifts) }
    }
  }
}

/// What the second argument of `info` asks for.
private struct InfoWish {
  /// Selects the info series.
  let matchers: [LabelMatcher]
  /// The labels that are wanted; nil for all.
  let names: Set<String>?
  /// A sample that no info series describes is left out.
  let isRequired: Bool
  private let nameMatchers: [CompiledMatcher]

  init(_ argument: Expression?) throws(PatternError) {
    var written: [LabelMatcher] = []
    if case .selector(let selector)? = argument?.unwrapped.form { written = selector.matchers }
    var naming = written.filter { $0.name == LabelSet.metricNameLabel }
    let data = written.filter { $0.name != LabelSet.metricNameLabel }
    if naming.isEmpty {
      naming = [LabelMatcher(LabelSet.metricNameLabel, .equal, "target_info")]
    } else if naming.allSatisfy({ [.notEqual, .doesNotMatch].contains($0.operation) }) {
      // What it is not does not say what an info series is.
      naming.append(LabelMatcher(LabelSet.metricNameLabel, .matches, ".+_info"))
    }
    matchers = naming + data
    names = data.isEmpty ? nil : Set(data.map(\.name))
    var compiled: [CompiledMatcher] = []
    for matcher in naming { compiled.append(try CompiledMatcher(matcher)) }
    nameMatchers = compiled
    var isRequired = false
    for matcher in data where try !CompiledMatcher(matcher).matchesEmpty { isRequired = true }
    self.isRequired = isRequired
  }

  /// The series is one of those that describe others.
  func isInfo(_ labels: LabelSet) -> Bool { nameMatchers.allSatisfy { $0.matches(labels) } }
}

/// The labels by which an info series names what it describes.
private struct InfoKey: Hashable {
  let instance: String
  let job: String

  /// Nil when the series has neither.
  init?(_ labels: LabelSet) {
    instance = labels["instance"] ?? ""
    job = labels["job"] ?? ""
    if instance.isEmpty, job.isEmpty { return nil }
  }

  static let names: Set<String> = ["instance", "job"]
}

/// The info series by what they describe.
private struct InfoJoin {
  /// For each info metric the series that tell of one thing, with the times of their samples.
  private var series: [InfoKey: [[Column]]] = [:]
  private let wish: InfoWish
  private let grid: EvaluationGrid

  init(
    _ columns: [Column],
    _ wish: InfoWish,
    on grid: EvaluationGrid
  ) throws(QueryError) {
    self.wish = wish
    self.grid = grid
    for column in columns {
      guard let key = InfoKey(column.labels) else { continue }
      let name = column.labels.metricName
      var metrics = series[key] ?? []
      if let place = metrics.firstIndex(where: { $0.first?.labels.metricName == name }) {
        metrics[place].append(column)
      } else {
        metrics.append([column])
      }
      series[key] = metrics
    }
  }

  /// The column with the labels it is given, one column for each set of labels over the time.
  func enriched(_ column: Column) throws(QueryError) -> [Column] {
    let metrics = InfoKey(column.labels).flatMap { series[$0] } ?? []
    guard !metrics.isEmpty else { return wish.isRequired ? [] : [column] }
    var made: [Column] = []
    var places: [[Int]: Int?] = [:]
    for index in 0..<grid.count where !column.values[index].isStalenessMarker {
      var chosen: [Int] = []
      for metric in metrics { chosen.append(try newest(of: metric, at: index) ?? -1) }
      let place: Int?
      if let known = places[chosen] {
        place = known
      } else {
        place = try output(for: column, metrics, chosen, among: &made)
        places[chosen] = .some(place)
      }
      if let place { made[place].values[index] = column.values[index] }
    }
    return made
  }

  /// The series whose sample is the newest at a time; nil when none has one.
  private func newest(of metric: [Column], at index: Int) throws(QueryError) -> Int? {
    var found: Int?
    for (place, column) in metric.enumerated() where !column.values[index].isStalenessMarker {
      guard let known = found else {
        found = place
        continue
      }
      let (old, new) = (metric[known].values[index], column.values[index])
      if old == new {
        throw .execution(
          message: "found duplicate series for info metric: existing \(metric[known].labels) "
            + "@ \(old.milliseconds), new \(column.labels) @ \(new.milliseconds)"
        )
      }
      if new > old { found = place }
    }
    return found
  }

  /// Where samples go that these info series describe; nil when they are left out.
  private func output(
    for column: Column,
    _ metrics: [[Column]],
    _ chosen: [Int],
    among made: inout [Column]
  ) throws(QueryError) -> Int? {
    let found = zip(metrics, chosen).filter { $1 >= 0 }.map { $0[$1].labels }
    if found.isEmpty, wish.isRequired { return nil }
    var given: [String: String] = [:]
    for labels in found {
      for label in labels where isGiven(label.name, to: column.labels) {
        if let other = given[label.name], other != label.value {
          throw .execution(message: "conflicting label: \(label.name)")
        }
        given[label.name] = label.value
      }
    }
    let labels = column.labels.setting(given.map { Label($0.key, $0.value) })
    if let place = made.firstIndex(where: { $0.labels == labels }) { return place }
    made.append(Column(emptyFor: labels, count: grid.count, dropsName: column.dropsName))
    return made.count - 1
  }

  private func isGiven(_ name: String, to labels: LabelSet) -> Bool {
    name != LabelSet.metricNameLabel && !InfoKey.names.contains(name) && labels[name] == nil
      && wish.names?.contains(name) != false
  }
}

extension Double {
  /// The whole milliseconds of seconds.
  fileprivate var milliseconds: Int64 { Int64((self * 1_000).rounded()) }
}
