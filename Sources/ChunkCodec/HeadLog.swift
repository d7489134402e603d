// SPDX-License-Identifier: MIT

/// What one flush adds to a store's log, before it is in blocks: rows of values of series that share
/// their times, and single samples that came late.
///
/// ```
/// +---------+----------------+------------------------------------------------+---------+
/// | version | entries varint | entry: number * 4 + isFresh * 2 + isLate varint| CRC-32C |
/// | 1 byte  |                |        time minus the last entry's (signed)    | 4 bytes |
/// | = 2     |                |        late: 8 bytes of value                  |         |
/// |         |                |        row: columns varint, 0 or 1 and a bit   |         |
/// |         |                |             for each column that has a value,  |         |
/// |         |                |             length varint, changes             |         |
/// +---------+----------------+------------------------------------------------+---------+
/// change: columns passed over since the last change, 4 bits (15: the rest follows as a varint), and
///         coding, 4 bits: 0 to 7, 1 to 8 bytes of the folded difference of whole numbers;
///         8 to 15, 1 to 8 bytes that differ, the highest are zero; then these bytes, lowest first
/// ```
/// A value is told by what changed since the group's row before, in this record or an earlier one;
/// before a fresh row all values are 0. Rows of a group that nobody wants any more are passed over by
/// their length.
package struct HeadLogWriter {
  private static let version: UInt8 = 2

  /// The bits of each group's values as the log has them.
  private var previous: [UInt32: [UInt64]] = [:]

  /// Makes a writer whose first row of each group is fresh.
  package init() {}

  /// Makes the next row of a group fresh: after its rows went into a block.
  package mutating func restart(group: UInt32) {
    previous[group] = nil
  }

  /// Makes the next row of each group fresh: after a record was not written.
  package mutating func restartAll() {
    previous.removeAll()
  }

  /// The rows and late samples as one record, its checksum included.
  package mutating func encode(_ entries: HeadEntries) -> [UInt8] {
    var sink = ByteSink()
    sink.append(byte: Self.version)
    sink.append(varint: UInt64(entries.rows.count + entries.late.count))
    var lastTime: Int64 = 0
    for row in entries.rows {
      let isFresh = previous[row.group] == nil
      sink.append(varint: UInt64(row.group) << 2 | (isFresh ? 2 : 0))
      sink.append(signed: row.time &- lastTime)
      lastTime = row.time
      write(row, entries.columns[row.cells], entries.bits[row.cells], to: &sink)
    }
    for sample in entries.late {
      sink.append(varint: UInt64(sample.series) << 2 | 1)
      sink.append(signed: sample.time &- lastTime)
      lastTime = sample.time
      sink.append(littleEndian: sample.bits, count: 8)
    }
    var bytes = sink.bytes
    CRC32C.seal(&bytes)
    return bytes
  }

  private mutating func write(
    _ row: HeadEntries.Row,
    _ columns: ArraySlice<UInt16>,
    _ bits: ArraySlice<UInt64>,
    to sink: inout ByteSink
  ) {
    var known = previous.removeValue(forKey: row.group) ?? []
    let count = columns.reduce(0) { max($0, Int($1) + 1) }
    if known.count < count {
      known.append(contentsOf: repeatElement(0, count: count - known.count))
    }
    sink.append(varint: UInt64(count))
    writePresence(columns, count: count, to: &sink)
    var changes = ByteSink()
    var next = 0
    for (column, value) in zip(columns, bits) where known[Int(column)] != value {
      let place = Int(column)
      Self.write(value, after: known[place], gap: place - next, to: &changes)
      known[place] = value
      next = place + 1
    }
    sink.append(varint: UInt64(changes.bytes.count))
    sink.append(changes)
    previous[row.group] = known
  }

  private func writePresence(_ columns: ArraySlice<UInt16>, count: Int, to sink: inout ByteSink) {
    guard columns.count < count else { return sink.append(byte: 0) }
    sink.append(byte: 1)
    var present = [Bool](repeating: false, count: count)
    for column in columns { present[Int(column)] = true }
    for isPresent in present { sink.append(bits: isPresent ? 1 : 0, count: 1) }
    sink.finishBits()
  }

  private static func write(
    _ bits: UInt64,
    after last: UInt64,
    gap: Int,
    to sink: inout ByteSink
  ) {
    var code: UInt64
    var payload: UInt64
    if let number = wholeNumber(bits), let before = wholeNumber(last) {
      payload = zigzag(number - before)
      code = 0
    } else {
      payload = bits ^ last
      code = 8
    }
    let size = max((payload.bitWidthNeeded + 7) / 8, 1)
    code += size - 1
    sink.append(byte: UInt8(min(gap, 15) << 4) | UInt8(code))
    if gap >= 15 { sink.append(varint: UInt64(gap - 15)) }
    sink.append(littleEndian: payload, count: Int(size))
  }
}

/// Restores the records of a store's log, one after the other in the order in which they were made.
package struct HeadLogReader {
  private static let version: UInt8 = 2

  private var previous: [UInt32: [UInt64]] = [:]

  /// Makes a reader that has seen no record.
  package init() {}

  /// One row of a record.
  package struct Row {
    /// The group whose series the columns are.
    package let group: UInt32
    /// Unix milliseconds.
    package let time: Int64
    /// Columns from here on have no value.
    package let columnCount: Int
    /// Bits of the values by column, at least ``columnCount``; those of columns without a value mean
    /// nothing.
    package let bits: [UInt64]
    /// Whether each column below ``columnCount`` has a value; nil when all have.
    package let isPresent: [Bool]?
  }

  /// Restores a record.
  ///
  /// - Parameters:
  ///   - bytes: What ``HeadLogWriter/encode(_:)`` made.
  ///   - isWanted: Whether the row of a group at a time is needed. Those that are not must be all
  ///     that come before a fresh one.
  ///   - row: Takes a row.
  ///   - late: Takes a late sample: series, Unix milliseconds, bits of the value.
  /// - Throws: ``ChunkError`` for bytes that no writer made.
  package mutating func decode(
    _ bytes: [UInt8],
    isWanted: (_ group: UInt32, _ time: Int64) -> Bool,
    row: (Row) -> Void,
    late: (_ series: UInt32, _ time: Int64, _ bits: UInt64) -> Void
  ) throws(ChunkError) {
    let count = try CRC32C.unseal(bytes).count
    try bytes.read(0..<count) { source throws(ChunkError) in
      let found = try source.byte()
      guard found == Self.version else { throw .unknownVersion(found) }
      let entries = try source.count(max: source.left, of: "entries")
      var time: Int64 = 0
      for _ in 0..<entries {
        let head = try source.varint()
        guard let number = UInt32(exactly: head >> 2) else {
          throw .malformed(reason: "a series or group number is out of range")
        }
        time = time &+ (try source.signed())
        if head & 1 == 1 {
          late(number, time, try source.littleEndian(count: 8))
        } else if let found = try readRow(
          &source,
          group: number,
          time: time,
          isFresh: head & 2 != 0,
          isWanted: isWanted(number, time)
        ) {
          row(found)
        }
      }
      guard source.left == 0 else { throw .malformed(reason: "bytes follow the last entry") }
    }
  }

  private mutating func readRow(
    _ source: inout ByteSource,
    group: UInt32,
    time: Int64,
    isFresh: Bool,
    isWanted: Bool
  ) throws(ChunkError) -> Row? {
    let count = try source.count(max: SampleBlock.columnsMax, of: "columns")
    var isPresent: [Bool]?
    switch try source.byte() {
    case 0: break
    case 1:
      let part = try source.part(count: (count + 7) / 8)
      isPresent = (0..<count).map { part.word(atBit: $0) & 1 == 1 }
    default: throw .malformed(reason: "unknown presence")
    }
    var changes = try source.part(count: try source.count(max: source.left, of: "changed bytes"))
    guard isWanted else { return nil }
    var known = previous.removeValue(forKey: group) ?? []
    if isFresh {
      known.removeAll(keepingCapacity: true)
    } else if known.isEmpty {
      throw .malformed(reason: "the first row of a group is not fresh")
    }
    if known.count < count {
      known.append(contentsOf: repeatElement(0, count: count - known.count))
    }
    var place = 0
    while changes.left > 0 {
      let head = try changes.byte()
      var gap = Int(head >> 4)
      if gap == 15 { gap += try changes.count(max: count, of: "columns passed over") }
      place += gap
      guard place < count else { throw .malformed(reason: "a change is behind the last column") }
      let payload = try changes.littleEndian(count: Int(head & 7) + 1)
      if head & 8 != 0 {
        known[place] ^= payload
      } else {
        guard let before = wholeNumber(known[place]) else {
          throw .malformed(reason: "a difference to what is no whole number")
        }
        known[place] = Double(before &+ unzigzag(payload)).bitPattern
      }
      place += 1
    }
    previous[group] = known
    return Row(
      group: group,
      time: time,
      columnCount: count,
      bits: known,
      isPresent: isPresent
    )
  }
}

/// The whole number that gives a value's bits back, or nil: -0 and NaN have none.
private func wholeNumber(_ bits: UInt64) -> Int64? {
  let value = Double(bitPattern: bits)
  guard value.magnitude <= 0x1p53 else { return nil }
  let number = Int64(value)
  return Double(number).bitPattern == bits ? number : nil
}
