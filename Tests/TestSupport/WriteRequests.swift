// SPDX-License-Identifier: MIT
/// Makes remote write requests, from the documents and not from the reader.
package struct WriteRequests {
  /// The request so far.
  package private(set) var bytes: [UInt8] = []

  /// Makes an empty request.
  package init() {}

  /// A number as a varint.
  package static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// A field with a length.
  package static func part(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  /// A label as a field of a series.
  package static func label(_ name: String, _ value: String) -> [UInt8] {
    part(1, part(1, Array(name.utf8)) + part(2, Array(value.utf8)))
  }

  /// A sample as a field of a series.
  package static func sample(_ value: Double, at time: Int64) -> [UInt8] {
    // What is 0 is left out, as proto3 says; negative zero is not 0.
    var fields: [UInt8] = []
    if value.bitPattern != 0 {
      fields.append(0x09)
      withUnsafeBytes(of: value.bitPattern.littleEndian) { fields.append(contentsOf: $0) }
    }
    if time != 0 { fields += [0x10] + varint(UInt64(bitPattern: time)) }
    return part(2, fields)
  }

  /// Adds a series.
  package mutating func add(_ labels: [(String, String)], _ samples: [(Double, Int64)]) {
    addSeries(
      labels.flatMap { Self.label($0.0, $0.1) } + samples.flatMap { Self.sample($0.0, at: $0.1) }
    )
  }

  /// Adds a series of these fields.
  package mutating func addSeries(_ fields: [UInt8]) {
    bytes += Self.part(1, fields)
  }

  /// Adds a field of the request itself.
  package mutating func addField(_ field: [UInt8]) {
    bytes += field
  }
}
