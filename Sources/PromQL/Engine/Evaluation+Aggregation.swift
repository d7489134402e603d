// SPDX-License-Identifier: MIT
import MetricModel

/// Which column belongs to which group.
struct ColumnGroups {
  /// The group of each column.
  let groupOfColumn: [Int]
  /// The labels of each group.
  let labels: [LabelSet]
  /// Whether the metric name of each group is marked as dropped.
  let dropsName: [Bool]

  init(_ columns: [Column], _ grouping: Aggregation.Grouping) {
    var groupOfColumn: [Int] = []
    groupOfColumn.reserveCapacity(columns.count)
    var groups =
      switch grouping {
      case .by(let names): LabelGroups(by: names)
      case .without(let names): LabelGroups(without: names)
      }
    var dropsName: [Bool] = []
    for column in columns {
      let group = groups.number(of: column.labels)
      if group == dropsName.count { dropsName.append(false) }
      if column.dropsName { dropsName[group] = true }
      groupOfColumn.append(group)
    }
    self.groupOfColumn = groupOfColumn
    self.dropsName = dropsName
    labels = groups.labels
  }

  /// The positions of each group's columns.
  var members: [[Int]] {
    var members = Array(repeating: [Int](), count: labels.count)
    for (column, group) in groupOfColumn.enumerated() { members[group].append(column) }
    return members
  }
}

extension Evaluation {
  func aggregate(
    _ aggregation: Aggregation,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let columns = try vector(aggregation.operand, on: grid)
    let output: [Column]
    switch aggregation.aggregator {
    case .sum, .avg, .count, .min, .max, .group, .stddev, .stdvar:
      output = try fold(columns, aggregation, on: grid)
    case .countValues:
      output = try countValues(columns, aggregation, on: grid)
    case .quantile:
      output = try quantiles(columns, aggregation, on: grid)
    case .topk, .bottomk, .limitk, .limitRatio:
      output = try select(columns, aggregation, on: grid)
    }
    return engine.dropsNamesLate ? output : try finished(output)
  }

  private func fold(
    _ columns: [Column],
    _ aggregation: Aggregation,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let groups = ColumnGroups(columns, aggregation.grouping)
    try charge(groups.labels.count * grid.count)
    return switch aggregation.aggregator {
    case .sum: try fold(columns, groups, SumState(), on: grid)
    case .avg: try fold(columns, groups, CompensatedMean(), on: grid)
    case .count: try fold(columns, groups, CountState(), on: grid)
    case .min: try fold(columns, groups, LeastState(), on: grid)
    case .max: try fold(columns, groups, GreatestState(), on: grid)
    case .stdvar: try fold(columns, groups, VarianceState(takesRoot: false), on: grid)
    case .stddev: try fold(columns, groups, VarianceState(takesRoot: true), on: grid)
    default: try fold(columns, groups, PresenceState(), on: grid)
    }
  }

  private func fold<State: AggregateState>(
    _ columns: [Column],
    _ groups: ColumnGroups,
    _ empty: State,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    let count = grid.count
    var states = Array(repeating: empty, count: groups.labels.count * count)
    for (column, group) in zip(columns, groups.groupOfColumn) {
      try work(count)
      let first = group * count
      for index in 0..<count where !column.values[index].isStalenessMarker {
        states[first + index].add(column.values[index])
      }
    }
    return groups.labels.indices.map { group in
      let values = states[group * count..<(group + 1) * count].map { state in
        state.count == 0 ? Column.absent : state.value
      }
      return Column(groups.labels[group], values, dropsName: groups.dropsName[group])
    }
  }

  private func quantiles(
    _ columns: [Column],
    _ aggregation: Aggregation,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    guard let parameter = aggregation.parameter else { return [] }
    let quantiles = try scalar(parameter, on: grid)
    guard !columns.isEmpty else { return [] }
    warnOfQuantiles(quantiles, at: parameter.position)
    let groups = ColumnGroups(columns, aggregation.grouping)
    try charge(groups.labels.count * grid.count)
    var output: [Column] = []
    for (group, members) in groups.members.enumerated() {
      var result = Column(
        emptyFor: groups.labels[group],
        count: grid.count,
        dropsName: groups.dropsName[group]
      )
      var values: [Double] = []
      for index in 0..<grid.count {
        try work(members.count)
        values.removeAll(keepingCapacity: true)
        for member in members where !columns[member].values[index].isStalenessMarker {
          values.append(columns[member].values[index])
        }
        guard !values.isEmpty else { continue }
        result.values[index] = Quantile.value(quantiles[index], of: values)
      }
      output.append(result)
    }
    return output
  }

  func warnOfQuantiles(_ quantiles: [Double], at position: SourcePosition) {
    var last: UInt64?
    for quantile in quantiles where !(quantile >= 0 && quantile <= 1) {
      guard quantile.bitPattern != last else { continue }
      last = quantile.bitPattern
      annotations.warn(
        "quantile value should be between 0 and 1, got \(quantile.sampleValueText)",
        at: position
      )
    }
  }

  private func countValues(
    _ columns: [Column],
    _ aggregation: Aggregation,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    guard let parameter = aggregation.parameter else { return [] }
    let name = try string(parameter)
    guard name.canNameLabel else {
      throw .execution(message: "invalid label name \"\(name)\"")
    }
    var grouping = aggregation.grouping
    if case .by(let labels) = grouping { grouping = .by(labels + [name]) }
    let stripped = columns.map { column in
      Column(column.labels.setting(name, to: ""), [], dropsName: column.dropsName)
    }
    let groups = ColumnGroups(stripped, grouping)
    var places: [LabelSet: Int] = [:]
    var output: [Column] = []
    for (column, group) in zip(columns, groups.groupOfColumn) {
      try work(grid.count)
      for index in 0..<grid.count where !column.values[index].isStalenessMarker {
        let text = column.values[index].plainDecimalText
        let isKept = aggregation.grouping.keeps(name)
        let labels = isKept ? groups.labels[group].setting(name, to: text) : groups.labels[group]
        let place = places[labels] ?? output.count
        if place == output.count {
          try charge(grid.count)
          places[labels] = place
          let dropsName = groups.dropsName[group]
          output.append(Column(emptyFor: labels, count: grid.count, dropsName: dropsName))
        }
        let known = output[place].values[index]
        output[place].values[index] = known.isStalenessMarker ? 1 : known + 1
      }
    }
    return output
  }
}

extension Aggregation.Grouping {
  /// The label that `count_values` adds survives the grouping.
  fileprivate func keeps(_ name: String) -> Bool {
    guard case .without(let labels) = self else { return true }
    return !labels.contains(name)
  }
}
