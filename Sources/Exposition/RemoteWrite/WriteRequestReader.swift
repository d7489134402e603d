// SPDX-License-Identifier: MIT
import MetricModel

/// Reads remote write requests, one after another: `prometheus.WriteRequest` after decompression.
///
/// Series keep their numbers from request to request, so that a series that comes again is known by
/// a comparison of its labels' bytes.
package struct WriteRequestReader: Sendable {
  /// Labels of one series, its name not counted; a series with more is refused.
  package static let labelsMax = 64
  /// Bytes of one label's value; a series with a longer one is refused.
  package static let labelBytesMax = 1_024
  /// Series at which numbers start again.
  package static let seriesMax = 250_000

  private var table = SeriesTable(seed: .random(in: .min ... .max))

  /// Makes a reader that knows no series.
  package init() {}

  /// Series that have a number.
  package var seriesCount: Int { table.count }

  /// Forgets all series; the next one that is met has the number 0.
  package mutating func forgetSeries() {
    table.removeAll()
  }

  /// Reads a whole request.
  ///
  /// - Parameters:
  ///   - bytes: The request.
  ///   - batch: An empty batch, which gets what the request holds.
  /// - Throws: ``WriteRequestFault``; the batch is empty then, and all series are forgotten.
  package mutating func read(
    _ bytes: Span<UInt8>,
    into batch: inout WriteBatch
  ) throws(WriteRequestFault) {
    try bytes.withUnsafeBufferPointer { bytes throws(WriteRequestFault) in
      guard let start = bytes.baseAddress else { return }
      do throws(ProtobufCursor.Fault) {
        try readRequest(ProtobufCursor(start, start + bytes.count), into: &batch)
      } catch {
        batch.removeAll()
        forgetSeries()
        let offset = error.address - Int(bitPattern: start)
        throw WriteRequestFault(offset: offset, reason: error.reason)
      }
    }
  }

  // Tags: the field's number times eight, plus its wire type.
  private static let lengthOfOne: UInt64 = 0x0a

  private mutating func readRequest(
    _ cursor: ProtobufCursor,
    into batch: inout WriteBatch
  ) throws(ProtobufCursor.Fault) {
    var cursor = cursor
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      if tag == Self.lengthOfOne {
        try readSeries(try cursor.part(), into: &batch)
      } else {
        // Metadata, and what later versions add.
        try cursor.skip(tag: tag)
      }
    }
  }

  /// Reads one `TimeSeries`: labels, then samples.
  private mutating func readSeries(
    _ cursor: ProtobufCursor,
    into batch: inout WriteBatch
  ) throws(ProtobufCursor.Fault) {
    var cursor = cursor
    let start = cursor.place
    var number: Int?
    if let (known, length) = table.expected(at: start, count: cursor.end - start),
      start[length] != UInt8(Self.lengthOfOne)
    {
      number = known
      cursor.place += length
      table.pass(known)
    } else {
      while !cursor.isAtEnd, cursor.place.pointee == UInt8(Self.lengthOfOne) {
        cursor.place += 1
        _ = try cursor.part()
      }
      number = try self.number(of: ProtobufCursor(start, cursor.place), in: &batch)
    }
    let isRefused = number == nil
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x12:
        let (value, time) = try Self.sample(try cursor.part())
        if let number {
          batch.samples.append(WrittenSample(series: number, value: value, unixMilliseconds: time))
        } else {
          batch.refusedSamples += 1
        }
      case 0x22:
        _ = try cursor.part()
        batch.histograms += 1
      case Self.lengthOfOne: throw cursor.fault("labels stand behind the samples of a series")
      default: try cursor.skip(tag: tag)
      }
    }
    if isRefused, batch.refusal == nil { batch.refusal = "a series has no labels" }
  }

  /// Reads one `Sample`; what is left out is 0.
  @inline(__always)
  private static func sample(
    _ cursor: ProtobufCursor
  ) throws(ProtobufCursor.Fault) -> (Double, Int64) {
    var cursor = cursor
    var value: UInt64 = 0
    var time: UInt64 = 0
    while !cursor.isAtEnd {
      switch try cursor.varint() {
      case 0x09: value = try cursor.fixed64()
      case 0x10: time = try cursor.varint()
      case let tag: try cursor.skip(tag: tag)
      }
    }
    return (Double(bitPattern: value), Int64(bitPattern: time))
  }

  /// The number of the series with these labels; nil when they break a rule.
  private mutating func number(
    of labels: ProtobufCursor,
    in batch: inout WriteBatch
  ) throws(ProtobufCursor.Fault) -> Int? {
    if let known = table.number(of: labels.bytes) {
      table.pass(known)
      return known
    }
    switch try Self.labelSet(labels) {
    case .failure(let refusal):
      batch.refusal = refusal.reason
      return nil
    case .success(let set):
      let number = table.insert(labels.bytes)
      table.pass(number)
      batch.newSeries.append(set)
      return number
    }
  }

  private struct Refusal: Error {
    let reason: String
  }

  private static func labelSet(
    _ cursor: ProtobufCursor
  ) throws(ProtobufCursor.Fault) -> Result<LabelSet, Refusal> {
    var cursor = cursor
    var labels: [Label] = []
    var names: Set<String> = []
    while !cursor.isAtEnd {
      _ = try cursor.varint()
      let (name, value) = try label(try cursor.part())
      guard let name, let value else { return .failure(Refusal(reason: "a label is not UTF-8")) }
      guard !name.isEmpty else { return .failure(Refusal(reason: "a label has no name")) }
      guard names.insert(name).inserted else {
        return .failure(Refusal(reason: "the label \(name.prefix(64)) stands twice"))
      }
      guard value.utf8.count <= labelBytesMax, name.utf8.count <= labelBytesMax else {
        let reason = "the label \(name.prefix(64)) is over the limit of \(labelBytesMax) bytes"
        return .failure(Refusal(reason: reason))
      }
      labels.append(Label(name, value))
    }
    let set = LabelSet(labels)
    guard set.metricName != nil else {
      return .failure(Refusal(reason: "a series has no \(LabelSet.metricNameLabel)"))
    }
    guard set.labels.count <= labelsMax + 1 else {
      return .failure(Refusal(reason: "a series has more than \(labelsMax) labels"))
    }
    return .success(set)
  }

  /// Reads one `Label`; nil in place of what is not UTF-8.
  private static func label(
    _ cursor: ProtobufCursor
  ) throws(ProtobufCursor.Fault) -> (String?, String?) {
    var cursor = cursor
    var label: (String?, String?) = ("", "")
    while !cursor.isAtEnd {
      switch try cursor.varint() {
      case 0x0a: label.0 = String(validating: try cursor.part().bytes, as: UTF8.self)
      case 0x12: label.1 = String(validating: try cursor.part().bytes, as: UTF8.self)
      case let tag: try cursor.skip(tag: tag)
      }
    }
    return label
  }
}
