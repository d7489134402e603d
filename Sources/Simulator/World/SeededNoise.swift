// SPDX-License-Identifier: MIT

/// Numbers that look random and depend on nothing but the seed and what they are for.
struct SeededNoise: Sendable {
  let seed: UInt64

  /// 64 bits for a subject at a step.
  func bits(_ subject: String, _ step: Int64 = 0) -> UInt64 {
    // FNV-1a over the name, then the mixing of SplitMix64.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in subject.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    hash ^= seed &+ UInt64(bitPattern: step) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }

  /// A number in 0..<1.
  func unit(_ subject: String, _ step: Int64 = 0) -> Double {
    Double(bits(subject, step) >> 11) / Double(1 << 53 as UInt64)
  }

  /// A number in `range`.
  func value(in range: ClosedRange<Double>, _ subject: String, _ step: Int64 = 0) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * unit(subject, step)
  }
}
