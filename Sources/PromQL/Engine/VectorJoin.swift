// SPDX-License-Identifier: MIT
import MetricModel

/// Matches the samples of two vectors and applies an operator to each pair.
struct VectorJoin {
  private let binary: BinaryExpression
  private let matching: VectorMatching
  private let matchedNames: Set<String>
  /// The names of the labels that results have from the one side or not at all.
  private let changedNames: [ChangedName]
  private let count: Int
  private let many: [Column]
  private let one: [Column]
  private let isOneLeft: Bool
  private let keys: LabelGroups
  private let manyKeys: [Int]
  private let oneKeys: [Int]
  private var output: [Column] = []
  private var outputPlaces: [LabelSet: Int] = [:]
  /// The output column of a pair, by the positions of both.
  private var pairPlaces: [Int: Int] = [:]

  init(_ left: [Column], _ right: [Column], _ binary: BinaryExpression, count: Int) {
    self.binary = binary
    self.count = count
    matching = binary.matching ?? VectorMatching()
    matchedNames = Set(matching.labels)
    changedNames = Self.changedNames(
      dropped: binary.operation.isComparison ? [] : LabelSet.nameLabels,
      included: matching.includedLabels
    )
    if case .oneToMany = matching.cardinality { isOneLeft = true } else { isOneLeft = false }
    (many, one) = isOneLeft ? (right, left) : (left, right)
    var keys = LabelGroups(matching)
    manyKeys = many.map { keys.number(of: $0.labels) }
    oneKeys = one.map { keys.number(of: $0.labels) }
    self.keys = keys
  }

  /// The columns of all pairs.
  ///
  /// - Parameter work: Told how many values each step looks at, and may stop the query.
  /// - Returns: Columns with at least one sample; no label set twice.
  /// - Throws: ``QueryError/execution(message:)`` when a sample has more partners than allowed.
  mutating func joined(
    work: (Int) throws(QueryError) -> Void
  ) throws(QueryError) -> [Column] {
    if let partners, let output = try joined(with: partners, work) { return output }
    return try joinedByTime(work)
  }

  /// The one column that each column of the many side can ever match; nil when which one it is may
  /// depend on the time.
  private var partners: [Int?]? {
    guard fillForOne == nil, fillForMany == nil, Set(oneKeys).count == oneKeys.count else {
      return nil
    }
    if case .oneToOne = matching.cardinality, Set(manyKeys).count < manyKeys.count { return nil }
    var positions = [Int?](repeating: nil, count: keys.count)
    for (position, key) in oneKeys.enumerated() { positions[key] = position }
    return manyKeys.map { positions[$0] }
  }

  /// Joins a column after the other; nil when two results have the same labels.
  private func joined(
    with partners: [Int?],
    _ work: (Int) throws(QueryError) -> Void
  ) throws(QueryError) -> [Column]? {
    let keepsLeft = binary.operation.isComparison && !binary.returnsBool
    var output: [Column] = []
    output.reserveCapacity(partners.count)
    var seen = DistinctLabels()
    for (position, partner) in partners.enumerated() {
      guard let partner else { continue }
      try work(count)
      let labels = resultLabels(many: position, one: partner)
      guard seen.insert(labels) else { return nil }
      let (many, one) = (many[position].values, one[partner].values)
      var values = [Double](count: count, Column.absent)
      for index in 0..<count
      where !many[index].isStalenessMarker && !one[index].isStalenessMarker {
        let (left, right) = isOneLeft ? (one[index], many[index]) : (many[index], one[index])
        let result = binary.operation.apply(left, right)
        if keepsLeft, result == 0 { continue }
        values[index] = keepsLeft ? left : result
      }
      let dropsName = dropsName(many: position, one: partner)
      let column = Column(labels, values, dropsName: dropsName)
      if !column.isEmpty { output.append(column) }
    }
    return output
  }

  private mutating func joinedByTime(
    _ work: (Int) throws(QueryError) -> Void
  ) throws(QueryError) -> [Column] {
    let none = -1
    var partner = Array(repeating: none, count: keys.count)
    var manyOfKey = Array(repeating: none, count: keys.count)
    // For each output column the key that wrote to it at this time.
    var writers: [Int] = []
    for index in 0..<count {
      try work(one.count + many.count)
      // Nothing can match when a side has no sample, and what never matches is no fault.
      guard
        fillForOne != nil || fillForMany != nil || hasSamples(many, index) && hasSamples(one, index)
      else { continue }
      for key in partner.indices {
        partner[key] = none
        manyOfKey[key] = none
      }
      for place in writers.indices { writers[place] = none }
      for (position, column) in one.enumerated() where !column.values[index].isStalenessMarker {
        let key = oneKeys[position]
        guard partner[key] == none else { throw duplicate(key, partner[key], position) }
        partner[key] = position
      }
      for (position, column) in many.enumerated() where !column.values[index].isStalenessMarker {
        let key = manyKeys[position]
        let other = partner[key]
        if other == none && fillForOne == nil {
          continue
        }
        let isFirst = manyOfKey[key] == none
        manyOfKey[key] = position
        if case .oneToOne = matching.cardinality, !isFirst { throw multipleMatches }
        let place = outputPlace(many: position, one: other == none ? nil : other)
        while writers.count < output.count { writers.append(none) }
        if writers[place] != none {
          throw writers[place] == key
            ? notUnique
            : .execution(message: "vector cannot contain metrics with the same labelset")
        }
        writers[place] = key
        let oneValue = other == none ? fillForOne ?? .nan : one[other].values[index]
        write(many: column.values[index], one: oneValue, to: place, at: index)
      }
      guard let fill = fillForMany else { continue }
      for (key, position) in partner.enumerated() where position != none && manyOfKey[key] == none {
        let place = outputPlace(many: nil, one: position)
        while writers.count < output.count { writers.append(none) }
        write(many: fill, one: one[position].values[index], to: place, at: index)
      }
    }
    return output.filter { !$0.isEmpty }
  }

  private func hasSamples(_ columns: [Column], _ index: Int) -> Bool {
    columns.contains { !$0.values[index].isStalenessMarker }
  }

  // Prometheus gives the fill values to the sides after it has swapped them for `group_right`, so
  // that left always means the many side; the same queries must give the same results here.

  private var fillForOne: Double? { matching.rightFill?.value }

  private var fillForMany: Double? { matching.leftFill?.value }

  private mutating func write(many: Double, one: Double, to place: Int, at index: Int) {
    let (left, right) = isOneLeft ? (one, many) : (many, one)
    let result = binary.operation.apply(left, right)
    if binary.operation.isComparison && !binary.returnsBool {
      if result != 0 { output[place].values[index] = left }
    } else {
      output[place].values[index] = result
    }
  }

  // MARK: Result labels

  private mutating func outputPlace(many: Int?, one: Int?) -> Int {
    // Positions are below 2^31: a vector of that many series fits no limit.
    let pair = ((many ?? -1) + 1) << 32 | ((one ?? -1) + 1)
    if let place = pairPlaces[pair] { return place }
    let labels = resultLabels(many: many, one: one)
    let dropsName = dropsName(many: many, one: one)
    let place: Int
    if let known = outputPlaces[labels] {
      place = known
      output[place].dropsName = output[place].dropsName || dropsName
    } else {
      place = output.count
      outputPlaces[labels] = place
      output.append(Column(emptyFor: labels, count: count, dropsName: dropsName))
    }
    pairPlaces[pair] = place
    return place
  }

  private func dropsName(many: Int?, one: Int?) -> Bool {
    let ofMany = many.map { self.many[$0].dropsName }
    let ofLeft = isOneLeft ? one.map { self.one[$0].dropsName } : ofMany
    return binary.returnsBool || (ofLeft ?? ofMany ?? false)
  }

  private func resultLabels(many: Int?, one: Int?) -> LabelSet {
    guard let many else {
      // The missing sample on the many side is made up: it has the key's labels only.
      let key = one.map { keys.labels[oneKeys[$0]] } ?? .empty
      return key.setting(sorted: changes(changedNames.filter(\.isIncluded), from: one))
    }
    let labels = self.many[many].labels.setting(sorted: changes(changedNames, from: one))
    guard case .oneToOne = matching.cardinality else { return labels }
    return matching.isOn ? labels.keeping(matchedNames) : labels.removing(matchedNames)
  }

  /// A label that a result does not have as its many side has it.
  private struct ChangedName {
    /// The name, and the empty value of a label that is dropped.
    let dropped: Label
    /// The value is that of the one side.
    let isIncluded: Bool
  }

  /// Sorted by name, no name twice.
  private static func changedNames(
    dropped: Set<String>,
    included: [String]
  ) -> [ChangedName] {
    let included = included.map { Label($0, "") }
    var changed: [ChangedName] = []
    for label in (dropped.map { Label($0, "") } + included).sorted()
    where changed.last?.dropped != label {
      changed.append(ChangedName(dropped: label, isIncluded: included.contains(label)))
    }
    return changed
  }

  /// The labels of names with the values that they get; the empty value where there is none.
  private func changes(_ names: [ChangedName], from one: Int?) -> [Label] {
    names.map { name in
      guard name.isIncluded, let one,
        let value = self.one[one].labels[name.dropped.name]
      else { return name.dropped }
      return Label(name.dropped.name, value)
    }
  }

  // MARK: Faults

  private var multipleMatches: QueryError {
    .execution(
      message: "multiple matches for labels: many-to-one matching must be explicit "
        + "(group_left/group_right)"
    )
  }

  private var notUnique: QueryError {
    .execution(
      message: "multiple matches for labels: grouping labels must ensure unique matches"
    )
  }

  private func duplicate(_ key: Int, _ first: Int, _ second: Int) -> QueryError {
    let texts = [one[first].labels, one[second].labels].sorted().map(\.bracedText)
    let side = isOneLeft ? "left" : "right"
    return .execution(
      message: "found duplicate series for the match group \(keys.labels[key].bracedText) "
        + "on the \(side) hand-side of the operation: [\(texts.joined(separator: ", "))];"
        + "many-to-many matching not allowed: matching labels must be unique on one side"
    )
  }
}

/// Tells whether label sets that come one after the other are all distinct.
private struct DistinctLabels {
  private var rising: [LabelSet] = []
  /// All of them, once one was not beyond the one before.
  private var known: Set<LabelSet>?

  /// Adds a set; false when it was there before.
  mutating func insert(_ labels: LabelSet) -> Bool {
    // Most come in order, and what rises has no two that are equal.
    if known == nil, rising.last.map({ $0 < labels }) ?? true {
      rising.append(labels)
      return true
    }
    var sets = known ?? Set(rising)
    known = nil
    defer { known = sets }
    return sets.insert(labels).inserted
  }
}

extension LabelSet {
  /// All labels in braces, the metric name as `__name__`.
  fileprivate var bracedText: String {
    let pairs = map { "\($0.name)=\($0.value.quotedForPromQL)" }
    return "{\(pairs.joined(separator: ", "))}"
  }
}
