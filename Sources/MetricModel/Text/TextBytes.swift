// SPDX-License-Identifier: MIT

extension String {
  /// Compares the bytes of the UTF-8 texts: `<` on `String` orders by canonical equivalence instead.
  ///
  /// - Returns: Below zero when this text comes first, zero when they are the same, else above zero.
  func order(to other: String) -> Int {
    if isKept(as: other) { return 0 }
    return withBytes(of: other) { left, right in
      let common = Swift.min(left.count, right.count)
      let place = Self.firstDifference(left, right, in: common)
      guard place < common else { return left.count - right.count }
      return Int(left[place]) - Int(right[place])
    }
  }

  /// Equality of the UTF-8 texts: `==` on `String` takes two spellings of one character for the same.
  package func hasSameBytes(as other: String) -> Bool {
    if isKept(as: other) { return true }
    guard utf8.count == other.utf8.count else { return false }
    return withBytes(of: other) { left, right in
      Self.firstDifference(left, right, in: left.count) == left.count
    }
  }

  /// Whether both texts lie in one place, or in themselves where they are short, and so are the same.
  ///
  /// False says nothing.
  private func isKept(as other: String) -> Bool {
    unsafeBitCast(self, to: (UInt64, UInt64).self)
      == unsafeBitCast(other, to: (UInt64, UInt64).self)
  }

  private func withBytes<Result>(
    of other: String,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let result = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        body(UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
      }
    }
    if let result = result.flatMap({ $0 }) { return result }
    // Text that came from elsewhere than Swift lies in pieces.
    return Array(utf8).withUnsafeBytes { left in
      Array(other.utf8).withUnsafeBytes { right in body(left, right) }
    }
  }

  /// The first of `count` bytes that differs, or `count`; eight at a time.
  private static func firstDifference(
    _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer,
    in count: Int
  ) -> Int {
    var place = 0
    while place + 8 <= count {
      let difference =
        left.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
        ^ right.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
      if difference != 0 { return place + difference.trailingZeroBitCount / 8 }
      place += 8
    }
    while place < count, left[place] == right[place] { place += 1 }
    return place
  }
}

/// A hash of texts by their bytes, several times as fast as the standard one, which takes them apart
/// into characters that mean the same.
struct TextDigest {
  /// Chosen anew by each process, so that nobody can make many labels that meet in one place.
  private static let seed = UInt64.random(in: .min ... .max)

  private(set) var state = Self.seed

  mutating func add(_ text: String) {
    mix(UInt64(truncatingIfNeeded: text.utf8.count))
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      add(UnsafeRawBufferPointer(bytes))
    }
    // Text that came from elsewhere than Swift lies in pieces.
    if isDone == nil { Array(text.utf8).withUnsafeBytes { add($0) } }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place + 8 <= bytes.count {
      mix(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    guard place < bytes.count else { return }
    var rest: UInt64 = 0
    for byte in bytes[place...] { rest = rest << 8 | UInt64(byte) }
    mix(rest)
  }

  private mutating func mix(_ word: UInt64) {
    let product = (state ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    state = product.high ^ product.low &+ 0xd1b5_4a32_d192_ed03
  }
}
