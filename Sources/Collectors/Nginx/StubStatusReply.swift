// SPDX-License-Identifier: MIT
import Polling

/// The answer of nginx's `stub_status`.
///
/// Four lines of fixed words and seven unsigned numbers; source: nginx,
/// `ngx_http_stub_status_module`.
struct StubStatusReply: Equatable {
  /// A genuine answer has about 100 bytes.
  static let bytesMax = 4_096

  let active: UInt64
  let accepted: UInt64
  let handled: UInt64
  let requests: UInt64
  let reading: UInt64
  let writing: UInt64
  let waiting: UInt64

  /// Reads an answer, strictly: an application that answers the same path with 200 must not pass.
  init(parsing body: [UInt8]) throws(CollectionError) {
    guard body.count <= Self.bytesMax else {
      throw .malformedReply(path: "body", reason: "longer than \(Self.bytesMax) bytes")
    }
    let text = String(decoding: body, as: UTF8.self)
    guard text.utf8.first != UInt8(ascii: "<") else {
      throw .malformedReply(
        path: "body",
        reason: "an HTML page, not a stub status: is `stub_status` on at this location?"
      )
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count == 4 else {
      throw .malformedReply(path: "body", reason: "\(lines.count) lines where stub_status has 4")
    }
    let first = try Self.numbers(lines[0], 1, "Active connections:", "_")
    guard lines[1].trimmed == "server accepts handled requests" else {
      throw .malformedReply(path: "line 2", reason: "not the heading of stub_status")
    }
    let counters = try Self.numbers(lines[2], 3, "_", "_", "_")
    let states = try Self.numbers(lines[3], 4, "Reading:", "_", "Writing:", "_", "Waiting:", "_")
    guard counters[0] >= counters[1] else {
      throw .malformedReply(path: "line 3", reason: "more connections handled than accepted")
    }
    active = first[0]
    accepted = counters[0]
    handled = counters[1]
    requests = counters[2]
    reading = states[0]
    writing = states[1]
    waiting = states[2]
  }

  /// The numbers of a line whose words are `pattern`, `_` standing for a number.
  private static func numbers(
    _ line: Substring,
    _ number: Int,
    _ pattern: String...
  ) throws(CollectionError) -> [UInt64] {
    let expected = pattern.flatMap { $0.split(separator: " ") }
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == expected.count else {
      throw .malformedReply(path: "line \(number)", reason: "not the words of stub_status")
    }
    var found: [UInt64] = []
    for (word, wanted) in zip(words, expected) {
      if wanted == "_" {
        guard word.utf8.allSatisfy({ (48...57).contains($0) }), let value = UInt64(word) else {
          throw .malformedReply(path: "line \(number)", reason: "not a number where one belongs")
        }
        found.append(value)
      } else if word != wanted {
        throw .malformedReply(path: "line \(number)", reason: "not the words of stub_status")
      }
    }
    return found
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return text.drop(while: \.isWhitespace)
  }
}
