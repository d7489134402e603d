// SPDX-License-Identifier: MIT
import TestSupport

/// A run of samples of one of the shapes that monitoring makes, or of plain noise.
struct RandomRun {
  var times: [Int64] = []
  var values: [Double] = []

  init(using random: inout SeededRandom, count: Int) {
    let timeShape = Int.random(in: 0..<4, using: &random)
    let valueShape = Int.random(in: 0..<8, using: &random)
    var time = Int64.random(in: -1_000_000...2_000_000_000_000, using: &random)
    var value = Double(Int.random(in: -1_000...1_000_000, using: &random))
    for _ in 0..<count {
      times.append(time)
      values.append(value)
      switch timeShape {
      case 0: time += 15_000
      case 1: time += 15_000 + Int64.random(in: -20...20, using: &random)
      case 2: time += Int64.random(in: 1...100_000_000, using: &random)
      default: time = Int64(bitPattern: random.next())
      }
      value = Self.next(after: value, shape: valueShape, using: &random)
    }
  }

  private static let special: [Double] = [
    0, -0.0, .nan, .signalingNaN, .infinity, -.infinity, .leastNonzeroMagnitude,
    Double(bitPattern: 0x7ff0_0000_0000_0002), Double(bitPattern: 0xffff_ffff_ffff_ffff), 0x1p53,
    0x1p53 + 2, -0x1p53, 1e300, 0.1,
  ]

  private static func next(
    after value: Double,
    shape: Int,
    using random: inout SeededRandom
  ) -> Double {
    switch shape {
    case 0: value
    case 1: value + Double(Int.random(in: 0...3, using: &random))
    case 2: value + 1_024 * Double(Int.random(in: -5...5, using: &random))
    case 3: value + Double.random(in: 0..<1, using: &random)
    case 4: (value * 100 + Double(Int.random(in: 0...9, using: &random))) / 100
    case 5: special[Int.random(in: 0..<special.count, using: &random)]
    case 6: Double(Int64.random(in: -(1 << 53)...(1 << 53), using: &random))
    default: Double(bitPattern: random.next())
    }
  }
}
