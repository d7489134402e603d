// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct SampleValueTextTests {
  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0"), (1, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e-6, "0.000001"),
    (9.9e-7, "9.9e-07"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
    (-1.25e300, "-1.25e+300"), (123_456.789, "123456.789"), (.leastNonzeroMagnitude, "5e-324"),
    (1e15, "1000000000000000"), (1_234_567_890_123_456_768, "1234567890123456800"),
    (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e-100, "1e-100"),
    (0.30000000000000004, "0.30000000000000004"), (100_000.5, "100000.5"),
  ])
  func `a value is written as the query API writes it`(value: Double, text: String) {
    #expect(value.sampleValueText == text)
  }

  @Test(arguments: [
    (1e21, "1000000000000000000000"), (1e-7, "0.0000001"), (-2.5e-8, "-0.000000025"),
    (1.5, "1.5"), (.nan, "NaN"), (-.infinity, "-Inf"),
  ])
  func `the plain form never has an exponent`(value: Double, text: String) {
    #expect(value.plainDecimalText == text)
  }

  @Test func `every value reads back as it was`() {
    let seed: UInt64 = 7
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      #expect(Double(value.sampleValueText) == value)
      #expect(value.magnitude > 1e30 || Double(value.plainDecimalText) == value)
    }
  }

  @Test(arguments: [
    (0, "0"), (1_435_781_451_781, "1435781451.781"), (1_500, "1.500"), (50, "0.050"),
    (-1, "-0.001"), (-2_000, "-2"), (1_000, "1"),
  ])
  func `an instant is written in seconds`(milliseconds: Int64, text: String) {
    #expect(Timestamp(unixMilliseconds: milliseconds).secondsText == text)
  }

  @Test func `points are written with commas between, many at a time`() {
    let samples = (0..<700).map { Sample(Timestamp(unixMilliseconds: $0 * 1_000), Double($0) / 4) }
    var json = JSONText()
    json.points(samples)
    let parts = samples.map { "[\($0.timestamp.secondsText),\"\($0.value.sampleValueText)\"]" }
    #expect(String(decoding: json.bytes, as: UTF8.self) == parts.joined(separator: ","))
    json = JSONText()
    json.points([])
    #expect(json.bytes.isEmpty)
  }

  @Test func `values and times are written as bytes like their texts`() {
    var random = SystemRandomNumberGenerator()
    var values: [Double] = [0, -0.0, 1, -1, 0.1, 1e-4, 9.9e-5, 1e15, 1e15 - 1, 1e21, 1e-7, .nan]
    values += [.infinity, -.infinity, .pi, -123.25, 0.0001234]
    for _ in 0..<20_000 {
      values.append(Double(bitPattern: random.next()))
      // Every number of binary digits behind the point, and halves that round to even.
      let exponent = UInt64.random(in: 1_009...1_073, using: &random)
      values.append(Double(bitPattern: random.next() >> 12 | exponent << 52))
      values.append(Double(UInt64.random(in: 0..<1 << 53)) * 0x1p-4)
      values.append(Double.random(in: -1e6...1e6))
      values.append(Double(Int.random(in: -1_000_000...1_000_000)) / 100)
    }
    for value in values where !value.isStalenessMarker {
      var bytes: [UInt8] = []
      bytes.append(sampleValue: value)
      #expect(String(decoding: bytes, as: UTF8.self) == value.sampleValueText)
    }
    for milliseconds: Int64 in [0, 1, 10, 1_500, -1, -1_001, 1_435_781_451_781, 1_000] {
      let time = Timestamp(unixMilliseconds: milliseconds)
      var bytes: [UInt8] = []
      bytes.append(secondsOf: time)
      #expect(String(decoding: bytes, as: UTF8.self) == time.secondsText)
    }
  }
}
