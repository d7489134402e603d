// SPDX-License-Identifier: MIT
import MetricModel

/// Reads one text after another, each in slices of any length.
///
/// Series keep their numbers from text to text, so that a text that comes again, as at each scrape,
/// is read without taking its labels apart.
package struct ExpositionReader: Sendable {
  /// What is taken.
  package private(set) var rules: ExpositionRules
  /// Whether lines that describe metrics are kept; may be changed between texts.
  package var wantsMetadata: Bool {
    get { rules.wantsMetadata }
    set { rules.wantsMetadata = newValue }
  }
  private var table: SeriesTable
  private var checks: FamilyChecks?
  /// The beginning of a line whose end has not come yet.
  private var begun: [UInt8] = []
  /// The line that has begun is too long; its rest is passed over.
  private var isPassingOver = false
  /// Lines whose end has come.
  private var lines = 0
  private var hasEnded = false

  typealias Bytes = UnsafeBufferPointer<UInt8>
  private static let lineFeed = UInt8(ascii: "\n")

  /// Makes a reader at the beginning of a text.
  package init(_ rules: ExpositionRules) {
    self.rules = rules
    table = SeriesTable(seed: .random(in: .min ... .max))
    checks = rules.isStrict ? FamilyChecks(rules) : nil
  }

  /// Series that have a number.
  package var seriesCount: Int { table.count }

  /// Bytes of the names and labels that are remembered.
  package var seriesTextBytes: Int { table.textBytes }

  /// Forgets all series; the next one that is met has the number 0.
  package mutating func forgetSeries() {
    table.removeAll()
  }

  /// Goes back to the beginning of a text; series keep their numbers.
  package mutating func restart() {
    begun.removeAll(keepingCapacity: true)
    isPassingOver = false
    lines = 0
    hasEnded = false
    checks = rules.isStrict ? FamilyChecks(rules) : nil
  }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - bytes: The next slice of the text.
  ///   - batch: Gets what was found added.
  /// - Throws: The first fault, where the rules refuse; the batch has what came before it.
  package mutating func read(
    _ bytes: Span<UInt8>,
    into batch: inout ExpositionBatch
  ) throws(ExpositionFault) {
    try bytes.withUnsafeBufferPointer { bytes throws(ExpositionFault) in
      try read(bytes, into: &batch)
    }
  }

  /// Ends the text: reads a last line without line feed, and finds what a cut text lacks.
  ///
  /// - Parameter batch: Gets what was found added.
  /// - Throws: The fault of the end, where the rules refuse.
  package mutating func finish(into batch: inout ExpositionBatch) throws(ExpositionFault) {
    if !begun.isEmpty || isPassingOver {
      let isLastMark = begun.elementsEqual("# EOF".utf8)
      if rules.format == .openMetrics ? !isLastMark : rules.isStrict {
        lines += 1
        begun.removeAll(keepingCapacity: true)
        try report(LineFault("the line has no line feed at its end"), into: &batch)
      } else {
        try endLine(into: &batch)
      }
    }
    if rules.format == .openMetrics, !hasEnded {
      lines += 1
      try report(LineFault("# EOF is missing: the end of the text is cut off"), into: &batch)
    }
    do throws(LineFault) {
      try checks?.finish()
    } catch {
      try report(error, into: &batch)
    }
  }

  // Lines.

  private mutating func read(
    _ bytes: Bytes,
    into batch: inout ExpositionBatch
  ) throws(ExpositionFault) {
    var rest = bytes
    if !begun.isEmpty || isPassingOver {
      guard let end = rest.firstIndex(of: Self.lineFeed) else { return keep(rest) }
      keep(Bytes(rebasing: rest[..<end]))
      try endLine(into: &batch)
      rest = Bytes(rebasing: rest[(end + 1)...])
    }
    guard let last = rest.lastIndex(of: Self.lineFeed) else { return keep(rest) }
    try readLines(Bytes(rebasing: rest[...last]), into: &batch)
    keep(Bytes(rebasing: rest[(last + 1)...]))
  }

  /// Keeps the beginning of a line, as far as it may be long.
  private mutating func keep(_ part: Bytes) {
    guard !isPassingOver else { return }
    isPassingOver = begun.count + part.count > rules.lineBytesMax
    if isPassingOver {
      begun.removeAll(keepingCapacity: true)
    } else {
      begun.append(contentsOf: part)
    }
  }

  /// Reads the line that has begun, which ends here.
  private mutating func endLine(into batch: inout ExpositionBatch) throws(ExpositionFault) {
    guard !isPassingOver else {
      isPassingOver = false
      lines += 1
      return try report(tooLong, into: &batch)
    }
    var line = begun
    begun = []
    line.append(Self.lineFeed)
    try line.withUnsafeBufferPointer { line throws(ExpositionFault) in
      try readLines(line, into: &batch)
    }
    line.removeAll(keepingCapacity: true)
    begun = line
  }

  /// Reads whole lines; the last byte is a line feed.
  private mutating func readLines(
    _ bytes: Bytes,
    into batch: inout ExpositionBatch
  ) throws(ExpositionFault) {
    guard var place = bytes.baseAddress else { return }
    let end = place + bytes.count
    let isQuick = !rules.isStrict
    while place < end {
      lines += 1
      if isQuick, let next = readQuickly(place, end, into: &batch) {
        place = next
        continue
      }
      let rest = Bytes(start: place, count: end - place)
      let line = Bytes(rebasing: rest[..<(rest.firstIndex(of: Self.lineFeed) ?? rest.count)])
      do throws(LineFault) {
        try readCarefully(line, into: &batch)
      } catch {
        try report(error, into: &batch)
      }
      place += line.count + 1
    }
  }

  private var tooLong: LineFault {
    LineFault("the line is over the limit of \(rules.lineBytesMax) bytes")
  }

  private func report(
    _ fault: LineFault,
    into batch: inout ExpositionBatch
  ) throws(ExpositionFault) {
    let fault = ExpositionFault(line: lines, reason: fault.reason)
    switch rules.faultHandling {
    case .skip: batch.faults.append(fault)
    case .refuse: throw fault
    }
  }

  // The quick way: a series that is known and plain numbers, of which most lines consist.

  /// Reads the line at `start`; nil, and nothing done, when it wants the careful way.
  @inline(__always)
  private mutating func readQuickly(
    _ start: UnsafePointer<UInt8>,
    _ end: UnsafePointer<UInt8>,
    into batch: inout ExpositionBatch
  ) -> UnsafePointer<UInt8>? {
    let blank = UInt8(ascii: " ")
    var found = table.expected(at: start, count: end - start)
    if found.map({ start[$0.length] != blank }) ?? true { found = lookUp(start, end) }
    guard let (number, length) = found, start[length] == blank, !hasEnded else { return nil }
    var place = start + length + 1
    guard let value = DecimalDigits(at: &place)?.double else { return nil }
    var time: Int64?
    if place.pointee == blank {
      place += 1
      let sign = place.pointee
      guard let digits = DecimalDigits(at: &place) else { return nil }
      if rules.format == .openMetrics {
        time = digits.thousandths
      } else {
        // Digits alone, so few that they are within the limits of time.
        guard digits.isPlainInteger, digits.mantissa < 1 << 60, sign != UInt8(ascii: "+") else {
          return nil
        }
        time = digits.isNegative ? -Int64(digits.mantissa) : Int64(digits.mantissa)
      }
    } else if rules.needsTimestamps {
      return nil
    }
    guard place.pointee == Self.lineFeed, time.map({ rules.times.contains($0) }) ?? true else {
      return nil
    }
    table.pass(number)
    batch.samples.append(ExpositionSample(series: number, value: value, unixMilliseconds: time))
    return place + 1
  }

  private func lookUp(
    _ start: UnsafePointer<UInt8>,
    _ end: UnsafePointer<UInt8>
  ) -> (number: Int, length: Int)? {
    let rest = Bytes(start: start, count: end - start)
    guard let feed = rest.firstIndex(of: Self.lineFeed) else { return nil }
    var cursor = LineCursor(Bytes(rebasing: rest[..<feed]), rules)
    guard cursor.passSeriesText() else { return nil }
    let length = cursor.position
    return table.number(of: cursor.slice(from: 0)).map { ($0, length) }
  }

  // The careful way.

  private mutating func readCarefully(
    _ line: Bytes,
    into batch: inout ExpositionBatch
  ) throws(LineFault) {
    guard !hasEnded else { throw LineFault("there is more text behind # EOF") }
    guard line.count <= rules.lineBytesMax else { throw tooLong }
    var cursor = LineCursor(line, rules)
    cursor.passBlanks()
    guard let first = cursor.next else {
      if rules.format == .text { return }
      throw LineFault("OpenMetrics has no empty lines")
    }
    guard first == UInt8(ascii: "#") else { return try readSample(&cursor, into: &batch) }
    switch try cursor.remark() {
    case .comment: break
    case .end: hasEnded = true
    case .metadata(let metadata):
      try checks?.note(metadata)
      if rules.wantsMetadata { batch.metadata.append(metadata) }
    }
  }

  private func check(_ time: Int64?) throws(LineFault) {
    guard let time else {
      if rules.needsTimestamps { throw LineFault("the sample has no timestamp") }
      return
    }
    if time < rules.times.lowerBound { throw LineFault("the timestamp is too early") }
    if time > rules.times.upperBound { throw LineFault("the timestamp is too late") }
  }

  private mutating func readSample(
    _ cursor: inout LineCursor,
    into batch: inout ExpositionBatch
  ) throws(LineFault) {
    let start = cursor.position
    var ahead = cursor
    var known: Int?
    if ahead.passSeriesText() { known = table.number(of: ahead.slice(from: start)) }
    var labels: LabelSet?
    if known != nil, checks == nil { cursor = ahead } else { labels = try cursor.series() }
    let text = cursor.slice(from: start)
    let rest = try cursor.measurement()
    try check(rest.time?.unixMilliseconds)
    if let labels {
      try checks?.note(labels, rest)
      if known == nil {
        guard table.count < rules.seriesMax else {
          throw LineFault("more than \(rules.seriesMax) series")
        }
        known = table.insert(text)
        batch.newSeries.append(labels)
      }
    }
    guard let number = known else { return }
    table.pass(number)
    batch.samples.append(
      ExpositionSample(
        series: number,
        value: rest.value,
        unixMilliseconds: rest.time?.unixMilliseconds
      )
    )
  }
}
