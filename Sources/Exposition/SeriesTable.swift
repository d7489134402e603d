// SPDX-License-Identifier: MIT

/// Numbers series by their names and labels as they were written.
///
/// All texts lie one after another in one array; a hash with a seed of its own finds them, so that
/// no peer can choose texts that collide.
struct SeriesTable {
  private var text: [UInt8] = []
  /// Where each series' text ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Number + 1 of a series, 0 where there is none; at most half of them are taken.
  private var buckets: [UInt32] = Array(repeating: 0, count: 64)
  /// Which series stood behind each the last time: texts come again in the order they came in.
  private var successors: [UInt32] = []
  private var last = 0
  private let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
  }

  var count: Int { ends.count }

  /// Bytes of all texts.
  var textBytes: Int { text.count }

  mutating func removeAll() {
    self = SeriesTable(seed: seed)
  }

  /// The series that is likely to come next, with the length of its text, if the text at `place` of
  /// which `count` bytes are there begins with it.
  @inline(__always)
  func expected(at place: UnsafePointer<UInt8>, count: Int) -> (number: Int, length: Int)? {
    guard last < successors.count else { return nil }
    let number = Int(successors[last])
    let start = number == 0 ? 0 : ends[number - 1]
    let length = ends[number] - start
    guard length < count, isText(from: start, length, place) else { return nil }
    return (number, length)
  }

  /// The number of the series with this text; nil when it has none.
  func number(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let place = bytes.baseAddress else { return nil }
    let hash = Self.hash(bytes, seed: seed)
    let mask = buckets.count - 1
    var bucket = Int(truncatingIfNeeded: hash) & mask
    while buckets[bucket] != 0 {
      let number = Int(buckets[bucket]) - 1
      let start = number == 0 ? 0 : ends[number - 1]
      if hashes[number] == hash, ends[number] - start == bytes.count,
        isText(from: start, bytes.count, place)
      {
        return number
      }
      bucket = (bucket + 1) & mask
    }
    return nil
  }

  /// Gives the next number to a text that has none yet.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    if (count + 1) * 2 > buckets.count { grow() }
    let number = count
    text.append(contentsOf: bytes)
    ends.append(text.count)
    hashes.append(Self.hash(bytes, seed: seed))
    successors.append(0)
    place(number)
    return number
  }

  /// Remembers that a line of this series was read.
  @inline(__always)
  mutating func pass(_ number: Int) {
    if Int(successors[last]) != number { successors[last] = UInt32(truncatingIfNeeded: number) }
    last = number
  }

  private mutating func grow() {
    buckets = Array(repeating: 0, count: buckets.count * 2)
    for number in 0..<count { place(number) }
  }

  private mutating func place(_ number: Int) {
    let mask = buckets.count - 1
    var bucket = Int(truncatingIfNeeded: hashes[number]) & mask
    while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
    buckets[bucket] = UInt32(number + 1)
  }

  /// The `length` bytes at `place` are those of the table from `start`.
  @inline(__always)
  private func isText(from start: Int, _ length: Int, _ place: UnsafePointer<UInt8>) -> Bool {
    text.withUnsafeBytes { text in
      let other = UnsafeRawPointer(place)
      var at = 0
      while at + 8 <= length {
        let ours = text.loadUnaligned(fromByteOffset: start + at, as: UInt64.self)
        guard ours == other.loadUnaligned(fromByteOffset: at, as: UInt64.self) else { return false }
        at += 8
      }
      while at < length {
        guard text[start + at] == place[at] else { return false }
        at += 1
      }
      return true
    }
  }

  /// Multiplies eight bytes at a time into one word and folds the product.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
    let raw = UnsafeRawBufferPointer(bytes)
    var hash = seed ^ UInt64(raw.count) &* 0x9e37_79b9_7f4a_7c15
    var at = 0
    while at + 8 <= raw.count {
      hash = folded(hash, raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      at += 8
    }
    var rest: UInt64 = 0
    while at < raw.count {
      rest = rest << 8 | UInt64(raw[at])
      at += 1
    }
    return folded(hash, rest)
  }

  private static func folded(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return (product.high ^ product.low) &+ 0x632b_e59b_d9b4_e019
  }
}
