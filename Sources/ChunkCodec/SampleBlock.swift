// SPDX-License-Identifier: MIT

/// Samples of several series that share their times, as bytes; drawn in the module's overview.
///
/// Any one series is read without decoding the others.
package final class SampleBlock: Sendable {
  /// The most samples a series has in a block.
  package static let rowsMax = 65_536
  /// The most series in a block.
  package static let columnsMax = 4_096

  private static let version: UInt8 = 2

  /// The series, rising.
  package let series: [UInt32]
  /// Unix milliseconds of the samples that each series has.
  package let times: [Int64]
  private let bytes: [UInt8]
  /// Where each series' values begin, and where the last one's end.
  private let offsets: [Int32]

  /// The size of the block in bytes.
  package var byteCount: Int { bytes.count }

  // Writing.

  /// Compresses samples.
  ///
  /// - Parameters:
  ///   - series: Strictly rising, at most ``columnsMax``.
  ///   - times: Any numbers, best those of rising Unix milliseconds; 1 to ``rowsMax``.
  ///   - columns: For each series its values at those times.
  /// - Returns: The block, its checksum included.
  package static func encode(series: [UInt32], times: [Int64], columns: [[Double]]) -> [UInt8] {
    precondition(series.count == columns.count, "a block has one column for each series")
    precondition((1...columnsMax).contains(series.count), "a block has 1 to \(columnsMax) series")
    precondition((1...rowsMax).contains(times.count), "a block has 1 to \(rowsMax) rows")
    var timeColumn = ByteSink()
    IntegerSequence.append(times, to: &timeColumn)
    var body = ByteSink()
    var lengths: [Int] = []
    for column in columns {
      precondition(column.count == times.count, "a column has one value for each time")
      let start = body.bytes.count
      ValueColumn.append(column, to: &body)
      lengths.append(body.bytes.count - start)
    }
    var sink = ByteSink()
    sink.append(byte: version)
    sink.append(varint: UInt64(times.count))
    append(series, to: &sink)
    sink.append(varint: UInt64(timeColumn.bytes.count))
    for length in lengths { sink.append(varint: UInt64(length)) }
    sink.append(timeColumn)
    sink.append(body)
    var bytes = sink.bytes
    CRC32C.seal(&bytes)
    return bytes
  }

  /// Series numbers as stretches of neighbours.
  private static func append(_ series: [UInt32], to sink: inout ByteSink) {
    var stretches: [(gap: UInt64, count: Int)] = []
    var next: UInt64 = 0
    for number in series.lazy.map({ UInt64($0) }) {
      precondition(number >= next, "the series of a block rise")
      if number == next, !stretches.isEmpty {
        stretches[stretches.count - 1].count += 1
      } else {
        stretches.append((number - next, 1))
      }
      next = number + 1
    }
    sink.append(varint: UInt64(stretches.count))
    for stretch in stretches {
      sink.append(varint: stretch.gap)
      sink.append(varint: UInt64(stretch.count))
    }
  }

  // Reading.

  /// Checks a block and restores its times.
  ///
  /// - Throws: ``ChunkError`` for bytes that ``encode(series:times:columns:)`` did not make.
  package init(decoding bytes: [UInt8]) throws(ChunkError) {
    let body = try CRC32C.unseal(bytes)
    let bodyCount = body.count
    let parts = try bytes.read(0..<bodyCount) { source throws(ChunkError) in
      try Parts(&source, end: bodyCount)
    }
    self.bytes = bytes
    series = parts.series
    times = parts.times
    offsets = parts.offsets
  }

  /// What stands before the values.
  private struct Parts {
    var series: [UInt32] = []
    var times: [Int64] = []
    var offsets: [Int32] = []

    init(_ source: inout ByteSource, end: Int) throws(ChunkError) {
      let found = try source.byte()
      guard found == SampleBlock.version else { throw .unknownVersion(found) }
      let rows = try source.count(max: SampleBlock.rowsMax, of: "rows")
      try readSeries(&source)
      guard rows > 0, !series.isEmpty else { throw .malformed(reason: "the block is empty") }
      let timeLength = try source.count(max: source.left, of: "the times' bytes")
      var lengths: [Int] = []
      lengths.reserveCapacity(series.count)
      for _ in series { lengths.append(try source.count(max: source.left, of: "a column's bytes")) }
      var timeSource = try source.part(count: timeLength)
      times = [Int64](repeating: 0, count: rows)
      try times.withUnsafeMutableBufferPointer { times throws(ChunkError) in
        try IntegerSequence.read(from: &timeSource, into: times)
      }
      guard timeSource.left == 0 else { throw .malformed(reason: "bytes follow the times") }
      var offset = source.position
      offsets.reserveCapacity(series.count + 1)
      for length in lengths {
        offsets.append(Int32(offset))
        offset += length
      }
      guard offset == end else { throw .malformed(reason: "the columns do not fill the block") }
      offsets.append(Int32(offset))
    }

    private mutating func readSeries(_ source: inout ByteSource) throws(ChunkError) {
      let stretches = try source.count(max: SampleBlock.columnsMax, of: "stretches of series")
      var next: UInt64 = 0
      for _ in 0..<stretches {
        next += min(try source.varint(), UInt64(UInt32.max) + 1)
        let count = try source.count(max: SampleBlock.columnsMax - series.count, of: "series")
        guard next + UInt64(count) <= UInt64(UInt32.max) + 1 else {
          throw .malformed(reason: "a series number is out of range")
        }
        for _ in 0..<count {
          series.append(UInt32(next))
          next += 1
        }
      }
    }
  }

  /// The position of a series among ``series``, or nil when the block does not have it.
  package func position(of number: UInt32) -> Int? {
    var low = 0
    var high = series.count
    while low < high {
      let middle = (low + high) / 2
      if series[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < series.count && series[low] == number ? low : nil
  }

  /// Restores the values of the series at a position, in place of what `values` holds; it is empty
  /// after an error.
  package func read(column: Int, into values: inout [Double]) throws(ChunkError) {
    values.removeAll(keepingCapacity: true)
    try append(column: column, rows: 0..<times.count, to: &values)
  }

  /// Adds the values that the series at a position has in some rows; nothing after an error.
  package func append(
    column: Int,
    rows: Range<Int>,
    to values: inout [Double]
  ) throws(ChunkError) {
    let start = values.count
    let count = countToDecode(before: rows.upperBound)
    values += [Double](repeating: 0, count: count)
    do throws(ChunkError) {
      try values.withUnsafeMutableBufferPointer { values throws(ChunkError) in
        let room = UnsafeMutableBufferPointer(rebasing: values[start...])
        try decode(column: column, from: rows.lowerBound, into: room)
      }
    } catch {
      values.removeLast(values.count - start)
      throw error
    }
    if rows.upperBound < count { values.removeLast(count - rows.upperBound) }
    if rows.lowerBound > 0 { values.removeSubrange(start..<start + rows.lowerBound) }
  }

  /// The value that the series at a position has in one row.
  package func value(column: Int, row: Int) throws(ChunkError) -> Double {
    let count = countToDecode(before: row + 1)
    let value = withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { values in
      Result { () throws(ChunkError) in
        try decode(column: column, from: row, into: values)
        return values[row]
      }
    }
    return try value.get()
  }

  /// How many values are decoded to have those of the first rows: numbers depend on those before
  /// them, not on those behind, but the second may go with the first.
  private func countToDecode(before end: Int) -> Int { min(max(end, 2), times.count) }

  /// Restores the first values of a column; those before `first` may be any, and stay uninitialized.
  private func decode(
    column: Int,
    from first: Int,
    into values: UnsafeMutableBufferPointer<Double>
  ) throws(ChunkError) {
    let place = Int(offsets[column])..<Int(offsets[column + 1])
    try bytes.read(place) { source throws(ChunkError) in
      let wish = IntegerSequence.Wish(from: first, of: times.count)
      try ValueColumn.read(from: &source, into: values, wish)
      guard source.left == 0 || values.count < times.count else {
        throw .malformed(reason: "bytes follow a column's values")
      }
    }
  }
}
