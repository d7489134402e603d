// SPDX-License-Identifier: MIT
import FoundationEssentials
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct StubStatusReplyTests {
  private func parse(_ text: String) throws(CollectionError) -> StubStatusReply {
    try StubStatusReply(parsing: Array(text.utf8))
  }

  private static let good = """
    Active connections: 14 \nserver accepts handled requests\n 31 29 300 \n\
    Reading: 3 Writing: 5 Waiting: 6 \n
    """

  @Test func `a busy nginx is read`() throws {
    let reply = try parse(NginxFixture.text("stub_status.busy.txt"))
    #expect(reply.active == 14)
    #expect([reply.accepted, reply.handled, reply.requests] == [329, 329, 329])
    #expect([reply.reading, reply.writing, reply.waiting] == [3, 5, 6])
  }

  @Test func `dropped connections are accepted but not handled`() throws {
    let reply = try parse(NginxFixture.text("stub_status.dropped.txt"))
    #expect([reply.accepted, reply.handled, reply.requests] == [21, 9, 9])
  }

  @Test(arguments: ["stub_status.idle.txt", "stub_status.http.txt"])
  func `an idle nginx counts the asker as writing`(file: String) throws {
    let reply = try parse(NginxFixture.body(file))
    #expect(reply.active == 1 && reply.writing == 1 && reply.waiting == 0)
  }

  @Test(arguments: [
    "stub_status.garbage-html-200.txt", "stub_status.missing-location-proxied.http.txt",
    "stub_status.403.http.txt", "stub_status.404.http.txt",
  ])
  func `a page of somebody else is refused`(file: String) throws {
    let text = try NginxFixture.body(file)
    #expect(throws: CollectionError.self) { try parse(text) }
  }

  @Test func `an HTML page says what to look at`() throws {
    do throws(CollectionError) {
      _ = try parse("<html></html>")
      Issue.record("it was read")
    } catch {
      #expect(error.kind == "malformed")
      #expect(error.description.contains("`stub_status` on"))
    }
  }

  @Test(arguments: [
    ("Active connections: 14", "Active connections: -14"), ("14", "+14"), ("14", "1.4"),
    ("14", "18446744073709551616"), ("14", ""), ("Active", "active"), ("Reading: 3", "Reading: x"),
    ("accepts", "accept"), (" 31 29 300", " 31 29"), (" 31 29 300", " 31 29 300 4"),
    (" 31 29 300", " 28 29 300"), ("Waiting", "Waitin"), ("\n", "\n\n"), ("\n", "\r\n"),
    ("Active", "Hello\nActive"), ("14", "١٤"),
  ])
  func `anything but the words of stub_status is refused`(part: String, other: String) {
    var text = Self.good
    if let range = text.firstRange(of: part) { text.replaceSubrange(range, with: other) }
    #expect(throws: CollectionError.self) { try parse(text) }
  }

  @Test func `the largest counters are read`() throws {
    let most = "18446744073709551615"
    let text = Self.good.split(separator: "31 29 300").joined(separator: "\(most) \(most) \(most)")
    #expect(try parse(text).requests == .max)
  }

  @Test func `more than a few kilobytes are refused`() {
    let text = Self.good + String(repeating: " ", count: StubStatusReply.bytesMax)
    #expect(throws: CollectionError.self) { try parse(text) }
  }

  @Test func `cut and changed replies are read or refused, never a crash`() async {
    let original = Array(Self.good.utf8)
    for length in 0..<(original.count - 2) {
      #expect(throws: CollectionError.self) {
        try StubStatusReply(parsing: Array(original[..<length]))
      }
    }
    await Mutation.run([original], seed: 51, standard: 4_000) { bytes in
      do throws(CollectionError) {
        let reply = try StubStatusReply(parsing: bytes)
        #expect(reply.accepted >= reply.handled)
      } catch {
        #expect(error.kind == "malformed")
      }
    }
  }
}

/// Recorded answers of nginx; see the README beside the originals.
enum NginxFixture {
  static func text(_ name: String) throws -> String {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return try String(contentsOfFile: "/\(folder)/Fixtures/\(name)", encoding: .utf8)
  }

  /// The body of a recorded HTTP reply; the whole text when it has no header.
  static func body(_ name: String) throws -> String {
    let text = try text(name)
    guard text.hasPrefix("HTTP/"), let end = text.firstRange(of: "\n\n") else { return text }
    return String(text[end.upperBound...])
  }
}
