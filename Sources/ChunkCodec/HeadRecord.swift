// SPDX-License-Identifier: MIT

/// Samples of many series in the order in which they came, as the write-ahead part of a store.
///
/// ```
/// +---------+--------------+---------------------------------------------+---------+
/// | version | groups       | group: first time or its delta, zigzag      | CRC-32C |
/// | 1 byte  | varint       |        count * 2 + late, varint             | 4 bytes |
/// | = 1     |              |        count samples                        |         |
/// +---------+--------------+---------------------------------------------+---------+
/// sample: series number minus the one before it, zigzag varint; number of value bytes, 1 byte;
///         the value's highest bytes, highest first, without the zero bytes at its end
/// ```
/// Samples one after the other with the same time and the same late flag make a group.
package struct HeadRecord: Equatable, Sendable {
  /// The samples' series.
  package private(set) var series: [UInt32] = []
  /// Unix milliseconds at the same positions, in no order.
  package private(set) var times: [Int64] = []
  /// The bits of the values at the same positions: compared as bits, NaN is equal to itself.
  package private(set) var valueBits: [UInt64] = []
  /// Whether the sample came after a chunk that covers its time was closed.
  package private(set) var isLate: [Bool] = []

  private static let version: UInt8 = 1

  /// Makes an empty record.
  package init() {}

  /// The number of samples.
  package var count: Int { series.count }

  /// Adds a sample at the end.
  package mutating func append(series number: UInt32, time: Int64, value: Double, isLate: Bool) {
    series.append(number)
    times.append(time)
    valueBits.append(value.bitPattern)
    self.isLate.append(isLate)
  }

  /// Says that the sample at a position came after a chunk that covers its time was closed.
  package mutating func markLate(at index: Int) {
    isLate[index] = true
  }

  /// Adds all samples of `other` at the end.
  package mutating func append(_ other: HeadRecord) {
    series += other.series
    times += other.times
    valueBits += other.valueBits
    isLate += other.isLate
  }

  /// Takes the oldest `count` samples away.
  package mutating func removeFirst(_ count: Int) {
    series.removeFirst(count)
    times.removeFirst(count)
    valueBits.removeFirst(count)
    isLate.removeFirst(count)
  }

  /// The samples as bytes, checksum included.
  package func encoded() -> [UInt8] {
    var writer = BitWriter()
    writer.append(byte: Self.version)
    let starts = groupStarts
    writer.append(varint: UInt64(starts.count))
    var lastTime: Int64 = 0
    for (position, start) in starts.enumerated() {
      let end = position + 1 < starts.count ? starts[position + 1] : count
      writer.append(varint: zigzag(times[start] &- lastTime))
      lastTime = times[start]
      writer.append(varint: UInt64(end - start) << 1 | (isLate[start] ? 1 : 0))
      var lastSeries: Int64 = 0
      for index in start..<end {
        writer.append(varint: zigzag(Int64(series[index]) - lastSeries))
        lastSeries = Int64(series[index])
        let bits = valueBits[index]
        let length = (64 - bits.trailingZeroBitCount + 7) / 8
        writer.append(byte: UInt8(length))
        for place in 0..<length {
          writer.append(byte: UInt8(truncatingIfNeeded: bits >> UInt64(56 - place * 8)))
        }
      }
    }
    var bytes = writer.bytes
    CRC32C.seal(&bytes)
    return bytes
  }

  private var groupStarts: [Int] {
    series.indices.filter {
      $0 == 0 || times[$0] != times[$0 - 1] || isLate[$0] != isLate[$0 - 1]
    }
  }

  /// Restores a record.
  ///
  /// - Throws: ``ChunkError`` for bytes that ``encoded()`` did not make.
  package init(decoding bytes: [UInt8]) throws(ChunkError) {
    var reader = BitReader(try CRC32C.unseal(bytes))
    let found = try reader.byte()
    guard found == Self.version else { throw .unknownVersion(found) }
    let groups = try reader.varint()
    var time: Int64 = 0
    var decoded: UInt64 = 0
    while decoded < groups {
      time &+= unzigzag(try reader.varint())
      let header = try reader.varint()
      try decodeGroup(&reader, time: time, count: header >> 1, isLate: header & 1 == 1)
      decoded += 1
    }
    guard reader.isAtEnd else { throw .malformed(reason: "bytes follow the last group") }
  }

  private mutating func decodeGroup(
    _ reader: inout BitReader,
    time: Int64,
    count: UInt64,
    isLate late: Bool
  ) throws(ChunkError) {
    // A sample takes at least two bytes, which bounds what a false count allocates.
    guard count <= UInt64(reader.bytesLeft / 2) else { throw .truncated }
    var number: Int64 = 0
    for _ in 0..<count {
      number &+= unzigzag(try reader.varint())
      guard let series = UInt32(exactly: number) else {
        throw .malformed(reason: "a series number is out of range")
      }
      let length = try reader.byte()
      guard length <= 8 else { throw .malformed(reason: "a value has more than eight bytes") }
      var bits: UInt64 = 0
      for place in 0..<UInt64(length) { bits |= UInt64(try reader.byte()) << (56 - place * 8) }
      append(series: series, time: time, value: Double(bitPattern: bits), isLate: late)
    }
  }
}
