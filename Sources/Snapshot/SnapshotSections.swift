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
      var (isInText, isEscaped) = (false, false)
      for index in bytes.indices {
        let byte = bytes[index]
        if isInText {
          if isEscaped {
            isEscaped = false
          } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
          } else if byte == UInt8(ascii: "\"") {
            isInText = false
          }
          continue
        }
        switch byte {
        case UInt8(ascii: "\""): isInText = true
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
      if range.count == other.count, member.elementsEqual(previous.json[other]) {
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
