// SPDX-License-Identifier: MIT

/// One run of samples of one series as bytes; the layout is drawn in the module's overview.
package enum SampleChunk {
  /// The most samples a chunk holds.
  package static let samplesMax = 65_536

  private static let version: UInt8 = 1

  private enum ValueCodec: UInt8 {
    case constant = 0
    case deltas = 1
    case curves = 2
    case xor = 3
  }

  /// Compresses a run.
  ///
  /// - Parameters:
  ///   - times: Any numbers, best those of rising Unix milliseconds; at most ``samplesMax``.
  ///   - values: The values at the same positions.
  /// - Returns: The chunk, its checksum included.
  package static func encode(times: [Int64], values: [Double]) -> [UInt8] {
    precondition(times.count == values.count, "a chunk has one value for each time")
    precondition(times.count <= samplesMax, "a chunk holds at most \(samplesMax) samples")
    var bytes =
      candidates(for: values)
      .map { encode(times, values, $0) }
      .min { $0.count < $1.count } ?? []
    CRC32C.seal(&bytes)
    return bytes
  }

  /// Restores a run, in place of what the arrays hold; they are empty after an error.
  ///
  /// - Throws: ``ChunkError`` for bytes that ``encode(times:values:)`` did not make.
  package static func decode(
    _ bytes: [UInt8],
    times: inout [Int64],
    values: inout [Double]
  ) throws(ChunkError) {
    times.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    do throws(ChunkError) {
      try decodeBody(CRC32C.unseal(bytes), &times, &values)
    } catch {
      times.removeAll()
      values.removeAll()
      throw error
    }
  }

  private static func candidates(for values: [Double]) -> [ValueCodec] {
    guard let first = values.first?.bitPattern else { return [.constant] }
    if values.allSatisfy({ $0.bitPattern == first }) { return [.constant] }
    if values.allSatisfy({ $0.wholeNumber != nil }) { return [.deltas, .curves, .xor] }
    return [.xor]
  }

  private static func encode(
    _ times: [Int64],
    _ values: [Double],
    _ codec: ValueCodec
  ) -> [UInt8] {
    var writer = BitWriter()
    writer.append(byte: version)
    writer.append(byte: codec.rawValue)
    writer.append(varint: UInt64(times.count))
    guard let firstTime = times.first, let firstValue = values.first else { return writer.bytes }
    writer.append(varint: zigzag(firstTime))
    var predictor = Predictor(order: 2, first: firstTime)
    for time in times.dropFirst() { writer.append(signed: predictor.residual(of: time)) }
    switch codec {
    case .constant:
      writer.append(bits: firstValue.bitPattern, count: 64)
    case .deltas, .curves:
      var predictor = Predictor(order: codec == .deltas ? 1 : 2, first: 0)
      for value in values { writer.append(signed: predictor.residual(of: value.wholeNumber ?? 0)) }
    case .xor:
      var state = XORState()
      for value in values { state.write(value.bitPattern, to: &writer) }
    }
    writer.finish()
    return writer.bytes
  }

  private static func decodeBody(
    _ body: ArraySlice<UInt8>,
    _ times: inout [Int64],
    _ values: inout [Double]
  ) throws(ChunkError) {
    var reader = BitReader(body)
    let found = try reader.byte()
    guard found == version else { throw .unknownVersion(found) }
    guard let codec = ValueCodec(rawValue: try reader.byte()) else {
      throw .malformed(reason: "unknown value codec")
    }
    let declared = try reader.varint()
    guard let count = Int(exactly: declared), count <= samplesMax else {
      throw .malformed(reason: "the count is over \(samplesMax)")
    }
    guard count > 0 else {
      guard reader.isAtEnd else { throw .malformed(reason: "bytes follow an empty chunk") }
      return
    }
    // A sample after the first takes at least one bit, which bounds what a false count allocates.
    guard count - 1 <= reader.bytesLeft * 8 else { throw .truncated }
    times.reserveCapacity(count)
    values.reserveCapacity(count)
    times.append(unzigzag(try reader.varint()))
    var predictor = Predictor(order: 2, first: times[0])
    for _ in 1..<count { times.append(predictor.value(from: try reader.signed())) }
    try decodeValues(&reader, codec, count, &values)
    guard reader.isAtEnd else { throw .malformed(reason: "bytes follow the values") }
  }

  private static func decodeValues(
    _ reader: inout BitReader,
    _ codec: ValueCodec,
    _ count: Int,
    _ values: inout [Double]
  ) throws(ChunkError) {
    switch codec {
    case .constant:
      let value = Double(bitPattern: try reader.bits(64))
      values.append(contentsOf: repeatElement(value, count: count))
    case .deltas, .curves:
      var predictor = Predictor(order: codec == .deltas ? 1 : 2, first: 0)
      for _ in 0..<count { values.append(Double(predictor.value(from: try reader.signed()))) }
    case .xor:
      var state = XORState()
      for _ in 0..<count { values.append(Double(bitPattern: try state.read(from: &reader))) }
    }
  }
}

/// Guesses the next integer from those before it: the same (order 1) or on the line (order 2).
///
/// The sums wrap around: encoder and decoder wrap alike, and made-up bytes cannot trap.
private struct Predictor {
  private let order: Int
  private var last: Int64
  private var delta: Int64 = 0

  init(order: Int, first: Int64) {
    self.order = order
    last = first
  }

  mutating func residual(of value: Int64) -> Int64 {
    let residual = value &- last &- delta
    advance(to: value)
    return residual
  }

  mutating func value(from residual: Int64) -> Int64 {
    let value = last &+ delta &+ residual
    advance(to: value)
    return value
  }

  private mutating func advance(to value: Int64) {
    if order == 2 { delta = value &- last }
    last = value
  }
}

/// What the XOR codec remembers from one value to the next.
private struct XORState {
  private var last: UInt64 = 0
  private var isFirst = true
  private var leading = 64
  private var width = 0

  mutating func write(_ bits: UInt64, to writer: inout BitWriter) {
    defer {
      last = bits
      isFirst = false
    }
    if isFirst { return writer.append(bits: bits, count: 64) }
    let difference = bits ^ last
    guard difference != 0 else { return writer.append(bits: 0, count: 1) }
    let zerosBefore = difference.leadingZeroBitCount
    let zerosAfter = difference.trailingZeroBitCount
    if width > 0, zerosBefore >= leading, zerosAfter >= 64 - leading - width {
      writer.append(bits: 0b10, count: 2)
    } else {
      leading = zerosBefore
      width = 64 - zerosBefore - zerosAfter
      writer.append(bits: 0b11, count: 2)
      writer.append(bits: UInt64(leading), count: 6)
      writer.append(bits: UInt64(width - 1), count: 6)
    }
    writer.append(bits: difference >> UInt64(64 - leading - width), count: width)
  }

  mutating func read(from reader: inout BitReader) throws(ChunkError) -> UInt64 {
    if isFirst {
      last = try reader.bits(64)
      isFirst = false
      return last
    }
    if try reader.bits(1) == 0 { return last }
    if try reader.bits(1) == 1 {
      leading = Int(try reader.bits(6))
      width = Int(try reader.bits(6)) + 1
      guard leading + width <= 64 else { throw .malformed(reason: "an XOR window is too wide") }
    }
    guard width > 0 else { throw .malformed(reason: "an XOR has no window before it") }
    last ^= try reader.bits(width) << UInt64(64 - leading - width)
    return last
  }
}

extension Double {
  /// The value as an integer that converts back to the same bits, or nil: -0 and NaN have none.
  fileprivate var wholeNumber: Int64? {
    guard magnitude <= 0x1p53 else { return nil }
    let number = Int64(self)
    return Double(number).bitPattern == bitPattern ? number : nil
  }
}
