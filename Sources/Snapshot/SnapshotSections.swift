// SPDX-License-Identifier: MIT
import MetricModel

/// The members of a JSON object where they stand in its text, so that those which are as they were
/// the last time need not be read again: a view asks every second, and most of a snapshot changes
/// with the polls.
struct SnapshotSections {
  /// Each with its name, as `"name":value`.
  let ranges: [Range<Int>]

  /// Nil for what is no object; whether it is whole JSON is for a reader to say.
  init?(_ json: [UInt8]) {
    var ranges: [Range<Int>] = []
    let isWhole = json.withUnsafeBufferPointer { bytes -> Bool in
      var (depth, start) = (0, 0)
      var next = 0
      while next < bytes.count {
        let index = next
        next += 1
        switch bytes[index] {
        case UInt8(ascii: "\""): next = Self.endOfText(bytes, from: next)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          depth += 1
          if depth == 1 { start = index + 1 }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          guard depth == 0 else { continue }
          ranges.append(start..<index)
          return index == bytes.count - 1
        case UInt8(ascii: ",") where depth == 1:
          ranges.append(start..<index)
          start = index + 1
        default: break
        }
      }
      return false
    }
    guard isWhole, json.first == UInt8(ascii: "{") else { return nil }
    self.ranges = ranges
  }

  /// The place behind the quotation mark that ends a text.
  private static func endOfText(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): return index + 1
      case UInt8(ascii: "\\"): index += 2
      default: index += 1
      }
    }
    return index
  }

  /// The same bytes stand in two texts, eight compared at a time.
  static func same(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        let count = left.count
        var place = 0
        while place + 8 <= count {
          guard
            left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
              == right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
          else { return false }
          place += 8
        }
        while place < count {
          guard left[place] == right[place] else { return false }
          place += 1
        }
        return true
      }
    }
  }

  /// The name of a member.
  static func name(_ member: ArraySlice<UInt8>) -> String {
    let rest = member.drop { $0 != UInt8(ascii: "\"") }.dropFirst()
    return String(decoding: rest.prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
  }
}

extension ClusterSnapshot {
  /// Reads a snapshot that came after another; what stands in both texts alike is taken over.
  ///
  /// - Parameters:
  ///   - json: The text of the new one.
  ///   - previous: The one before, and the text it was read from.
  /// - Throws: As for one that is read by itself.
  package init(
    json: [UInt8],
    after previous: (snapshot: ClusterSnapshot, json: [UInt8])
  ) throws(SnapshotError) {
    guard let sections = SnapshotSections(json), let known = SnapshotSections(previous.json),
      sections.ranges.count == known.ranges.count
    else {
      try self.init(json: json)
      return
    }
    var kept: Set<String> = []
    var changed: [UInt8] = [UInt8(ascii: "{")]
    for (range, other) in zip(sections.ranges, known.ranges) {
      let member = json[range]
      if SnapshotSections.same(member, previous.json[other]) {
        kept.insert(SnapshotSections.name(member))
      } else {
        if changed.count > 1 { changed.append(UInt8(ascii: ",")) }
        changed += member
      }
    }
    changed.append(UInt8(ascii: "}"))
    let tree: JSONTree
    do throws(JSONError) {
      tree = try JSONReader.read(changed)
    } catch {
      throw .malformed(reason: error.description)
    }
    guard kept.contains("schema_version") else {
      try self.init(json: json)
      return
    }
    self = previous.snapshot
    var reader = SnapshotReader(tree, keeping: kept)
    visit(&reader)
  }
}
