// SPDX-License-Identifier: MIT

/// The parts of a zone file that tell offsets.
///
/// ```
/// header 44 bytes: "TZif" version:1 reserved:15 isutcnt:4 isstdcnt:4 leapcnt:4 timecnt:4 typecnt:4 charcnt:4
/// block: times:timecnt*size  type of each:timecnt  types:typecnt*6  names:charcnt
///        leaps:leapcnt*(size+4)  isstd:isstdcnt  isut:isutcnt
/// ```
/// Version 1 is one header and block with times of 4 bytes. Later ones go on with a second header
/// and block with times of 8 bytes, then the footer: a line feed, a rule, a line feed.
///
/// Source: RFC 8536, section 3.
struct ZoneFile {
  private(set) var transitions: [(start: Int, offset: Int)] = []
  private(set) var firstOffset = 0
  private(set) var rule: PosixZoneRule?

  init(parsing bytes: [UInt8]) throws(TimeZoneFault) {
    guard bytes.count <= TimeZoneRules.bytesMax else { throw TimeZoneFault("the file is too long") }
    let first = try Header(bytes, at: 0)
    guard first.version >= 2 else {
      try read(bytes, first, at: Header.size, timeSize: 4)
      return
    }
    let secondStart = Header.size + first.blockSize(timeSize: 4)
    let second = try Header(bytes, at: secondStart)
    try read(bytes, second, at: secondStart + Header.size, timeSize: 8)
    let footer = bytes.dropFirst(secondStart + Header.size + second.blockSize(timeSize: 8))
    guard footer.first == 0x0a, let end = footer.dropFirst().firstIndex(of: 0x0a) else {
      throw TimeZoneFault("the footer is missing")
    }
    let text = String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self)
    if !text.isEmpty { rule = try PosixZoneRule(parsing: text) }
  }

  private struct Header {
    static let size = 44

    let version: Int
    let utCount: Int
    let standardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let nameBytes: Int

    init(_ bytes: [UInt8], at start: Int) throws(TimeZoneFault) {
      guard start + Self.size <= bytes.count,
        bytes[start..<(start + 4)].elementsEqual("TZif".utf8)
      else {
        throw TimeZoneFault("it is not a zone file")
      }
      let mark = bytes[start + 4]
      version = mark == 0 ? 1 : Int(mark) - 0x30
      let counts = (0..<6).map { bytes.bigEndian(at: start + 20 + 4 * $0, size: 4) }
      guard counts.allSatisfy({ (0...bytes.count).contains($0) }), counts[4] > 0 else {
        throw TimeZoneFault("its counts are impossible")
      }
      (utCount, standardCount, leapCount) = (counts[0], counts[1], counts[2])
      (timeCount, typeCount, nameBytes) = (counts[3], counts[4], counts[5])
    }

    func blockSize(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + nameBytes + leapCount * (timeSize + 4)
        + standardCount + utCount
    }
  }

  private mutating func read(
    _ bytes: [UInt8],
    _ header: Header,
    at start: Int,
    timeSize: Int
  ) throws(TimeZoneFault) {
    guard start + header.blockSize(timeSize: timeSize) <= bytes.count else {
      throw TimeZoneFault("the file ends too early")
    }
    let indexes = start + header.timeCount * timeSize
    let types = indexes + header.timeCount
    let offsets = (0..<header.typeCount).map { bytes.bigEndian(at: types + 6 * $0, size: 4) }
    guard offsets.allSatisfy({ abs($0) < PosixZoneRule.offsetSecondsMax }) else {
      throw TimeZoneFault("an offset is larger than a day")
    }
    firstOffset = offsets[0]
    transitions.reserveCapacity(header.timeCount)
    for index in 0..<header.timeCount {
      let time = bytes.bigEndian(at: start + index * timeSize, size: timeSize)
      let type = Int(bytes[indexes + index])
      guard type < offsets.count else { throw TimeZoneFault("a type does not exist") }
      if let last = transitions.last, last.start >= time {
        throw TimeZoneFault("its transitions do not rise")
      }
      transitions.append((time, offsets[type]))
    }
  }
}

extension [UInt8] {
  /// The signed number in `size` bytes, the most significant first; the bytes must exist.
  fileprivate func bigEndian(at start: Int, size: Int) -> Int {
    let bits = self[start..<(start + size)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return size == 4 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(bitPattern: bits))
  }
}
