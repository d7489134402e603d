// SPDX-License-Identifier: MIT
import Glibc
import MetricModel

extension Evaluation {
  func call(
    _ call: FunctionCall,
    at position: SourcePosition,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    if let operation = call.function.elementwise {
      return .vector(try map(call.arguments[0], on: grid, operation))
    }
    if let part = call.function.calendarPart {
      return .vector(try calendar(part, call.arguments.first, on: grid))
    }
    switch call.function {
    case .time, .pi, .start, .end, .step, .range, .minOf, .maxOf, .scalar:
      return .scalar(try scalarCall(call, on: grid))
    case .vector: return .vector([Column(.empty, try scalar(call.arguments[0], on: grid))])
    case .clamp, .clampMin, .clampMax: return .vector(try clamp(call, on: grid))
    case .round: return .vector(try round(call, on: grid))
    case .timestamp: return .vector(try timestamp(call.arguments[0], on: grid))
    case .absent: return .vector(try absent(call.arguments[0], on: grid))
    case .absentOverTime: return .vector(try absentOverTime(call.arguments[0], on: grid))
    case .sort, .sortDesc, .sortByLabel, .sortByLabelDesc:
      return .vector(try sort(call, at: position, on: grid))
    case .labelReplace: return .vector(try labelReplace(call, on: grid))
    case .labelJoin: return .vector(try labelJoin(call, on: grid))
    case .histogramQuantile, .histogramQuantiles, .histogramFraction:
      return .vector(try histogram(call, on: grid))
    case .info: return .vector(try info(call, on: grid))
    case .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar, .histogramSum:
      throw .unsupported(function: call.function.rawValue)
    default: return .vector(try rangeFunction(call, on: grid))
    }
  }

  private func map(
    _ argument: Expression,
    on grid: EvaluationGrid,
    _ operation: (Double) -> Double
  ) throws(QueryError) -> [Column] {
    var columns = try vector(argument, on: grid)
    for index in columns.indices { columns[index].transform(operation) }
    return try droppingNames(columns)
  }

  private func scalarCall(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Double] {
    func constant(_ value: Double) -> [Double] { Array(repeating: value, count: grid.count) }
    switch call.function {
    case .time: return (0..<grid.count).map { Double(grid.time($0)) / 1_000 }
    case .pi: return constant(.pi)
    case .start: return constant(Double(queryStart) / 1_000)
    case .end: return constant(Double(queryEnd) / 1_000)
    case .step: return constant(Double(queryStep) / 1_000)
    case .range: return constant(Double(queryEnd - queryStart) / 1_000)
    case .minOf, .maxOf:
      let left = try scalar(call.arguments[0], on: grid)
      let right = try scalar(call.arguments[1], on: grid)
      let picks = call.function == .minOf ? Double.lesser : Double.greater
      return zip(left, right).map { picks($0, $1) }
    default:
      let columns = try vector(call.arguments[0], on: grid)
      return (0..<grid.count).map { index in
        var found: Double?
        for column in columns where !column.values[index].isStalenessMarker {
          if found != nil { return .nan }
          found = column.values[index]
        }
        return found ?? .nan
      }
    }
  }

  private func clamp(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var columns = try vector(call.arguments[0], on: grid)
    let bound = try scalar(call.arguments[1], on: grid)
    let isMinimum = call.function != .clampMax
    let lower = isMinimum ? bound : Array(repeating: -.infinity, count: grid.count)
    var upper = isMinimum ? Array(repeating: .infinity, count: grid.count) : bound
    if call.function == .clamp { upper = try scalar(call.arguments[2], on: grid) }
    for column in columns.indices {
      for index in 0..<grid.count where !columns[column].values[index].isStalenessMarker {
        let value = columns[column].values[index]
        columns[column].values[index] =
          upper[index] < lower[index]
          ? Column.absent : .greater(lower[index], .lesser(upper[index], value))
      }
    }
    return try droppingNames(columns.filter { !$0.isEmpty })
  }

  private func round(
    _ call: FunctionCall,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var columns = try vector(call.arguments[0], on: grid)
    var nearest = Array(repeating: 1.0, count: grid.count)
    if call.arguments.count > 1 { nearest = try scalar(call.arguments[1], on: grid) }
    for column in columns.indices {
      for index in 0..<grid.count where !columns[column].values[index].isStalenessMarker {
        // As the inverse, so that 0.1 rounds to tenths without a remainder.
        let inverse = 1 / nearest[index]
        let value = columns[column].values[index]
        columns[column].values[index] = (value * inverse + 0.5).rounded(.down) / inverse
      }
    }
    return try droppingNames(columns)
  }

  private func timestamp(
    _ argument: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    if case .selector(let selector) = argument.unwrapped.form {
      return try droppingNames(try instantVector(selector, on: grid, gives: .timestamp))
    }
    var columns = try vector(argument, on: grid)
    for column in columns.indices {
      for index in 0..<grid.count where !columns[column].values[index].isStalenessMarker {
        columns[column].values[index] = Double(grid.time(index)) / 1_000
      }
    }
    return try droppingNames(columns)
  }

  // MARK: Absence

  private func absent(
    _ argument: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var values = Array(repeating: 1.0, count: grid.count)
    for column in try vector(argument, on: grid) {
      for index in 0..<grid.count where !column.values[index].isStalenessMarker {
        values[index] = Column.absent
      }
    }
    return [Column(argument.labelsOfAbsence, values)].filter { !$0.isEmpty }
  }

  private func absentOverTime(
    _ argument: Expression,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var values = Array(repeating: 1.0, count: grid.count)
    try forEachSeries(of: argument, on: grid) { (input, windows) throws(QueryError) in
      var plan = WindowPlan(windows)
      plan.update(for: input)
      for (index, bounds) in plan.bounds.enumerated() where !bounds.isEmpty {
        values[index] = Column.absent
      }
    }
    return [Column(argument.labelsOfAbsence, values)].filter { !$0.isEmpty }
  }

  // MARK: Order

  private func sort(
    _ call: FunctionCall,
    at position: SourcePosition,
    on grid: EvaluationGrid
  ) throws(QueryError) -> [Column] {
    var columns = try vector(call.arguments[0], on: grid)
    guard !isRange else {
      annotations.warn(
        "sort is ineffective for range queries since results are always ordered by labels",
        at: position
      )
      return columns
    }
    guard grid.count == 1 else { return columns }
    columns.removeAll(where: \.isEmpty)
    switch call.function {
    case .sort, .sortDesc:
      let descends = call.function == .sortDesc
      columns.sort { first, second in
        let (left, right) = (first.values[0], second.values[0])
        if left.isNaN || right.isNaN { return !left.isNaN }
        return descends ? left > right : left < right
      }
    default:
      var names: [String] = []
      for argument in call.arguments.dropFirst() { names.append(try string(argument)) }
      let descends = call.function == .sortByLabelDesc
      columns.sort { first, second in
        for name in names {
          let left = first.labels[name] ?? ""
          let right = second.labels[name] ?? ""
          if left != right { return NaturalOrder.precedes(left, right) != descends }
        }
        return (first.labels < second.labels) != descends
      }
    }
    return columns
  }
}

extension Function {
  /// The function of one number that it applies to each sample.
  fileprivate var elementwise: ((Double) -> Double)? {
    switch self {
    case .abs: { $0.magnitude }
    case .ceil: { $0.rounded(.up) }
    case .floor: { $0.rounded(.down) }
    case .exp: Glibc.exp
    case .ln: Glibc.log
    case .log2: Glibc.log2
    case .log10: Glibc.log10
    case .sqrt: { $0.squareRoot() }
    case .sgn: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    case .sin: Glibc.sin
    case .cos: Glibc.cos
    case .tan: Glibc.tan
    case .asin: Glibc.asin
    case .acos: Glibc.acos
    case .atan: Glibc.atan
    case .sinh: Glibc.sinh
    case .cosh: Glibc.cosh
    case .tanh: Glibc.tanh
    case .asinh: Glibc.asinh
    case .acosh: Glibc.acosh
    case .atanh: Glibc.atanh
    case .deg: { $0 * 180 / .pi }
    case .rad: { $0 * .pi / 180 }
    default: nil
    }
  }
}

extension Double {
  /// The lesser number; NaN when either is NaN.
  static func lesser(_ left: Double, _ right: Double) -> Double {
    left.isNaN || right.isNaN ? .nan : Swift.min(left, right)
  }

  /// The greater number; NaN when either is NaN.
  static func greater(_ left: Double, _ right: Double) -> Double {
    left.isNaN || right.isNaN ? .nan : Swift.max(left, right)
  }
}

extension Expression {
  /// The labels that a plain selector fixes, which a sample of absence then carries.
  fileprivate var labelsOfAbsence: LabelSet {
    let selector: VectorSelector
    switch unwrapped.form {
    case .selector(let plain): selector = plain
    case .range(let range): selector = range.selector
    default: return .empty
    }
    // A label is known when one matcher asks for its value and none after that says more of it.
    var asked: Set<String> = []
    var values: [String: String] = [:]
    for matcher in selector.matchers where matcher.name != LabelSet.metricNameLabel {
      let isFirst = matcher.operation == .equal && !asked.contains(matcher.name)
      values[matcher.name] = isFirst ? matcher.value : nil
      if isFirst { asked.insert(matcher.name) }
    }
    return LabelSet(values)
  }
}

/// The order in which people count: `web2` before `web10`.
enum NaturalOrder {
  static func precedes(_ left: String, _ right: String) -> Bool {
    var (first, second) = (Array(left.utf8)[...], Array(right.utf8)[...])
    while let a = first.first, let b = second.first {
      if CharacterClass.isDigit(a), CharacterClass.isDigit(b) {
        let digits = first.prefix(while: CharacterClass.isDigit)
        let others = second.prefix(while: CharacterClass.isDigit)
        let zero = UInt8(ascii: "0")
        let number = digits.drop { $0 == zero }
        let other = others.drop { $0 == zero }
        if number.count != other.count { return number.count < other.count }
        if !number.elementsEqual(other) { return number.lexicographicallyPrecedes(other) }
        if digits.count != others.count { return digits.count < others.count }
        first = first.dropFirst(digits.count)
        second = second.dropFirst(others.count)
      } else {
        if a != b { return a < b }
        first = first.dropFirst()
        second = second.dropFirst()
      }
    }
    return first.count < second.count
  }
}
