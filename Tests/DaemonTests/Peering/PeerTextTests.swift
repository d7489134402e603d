// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@testable import Daemon

@Suite struct PeerTextTests {
  private static func time(_ seconds: Double) -> Timestamp {
    Timestamp(unixSeconds: 1_700_000_000 + seconds)
  }

  private static func full() throws -> PeerMessage {
    let key = ToldKey(IntegrationID(receiver: "chat", kind: "slack", index: 1), "{}:{a=\"\u{1f}\"}")
    let reference = try #require(MessageReference("C1 17.5"))
    let told = ToldGroup(
      alerts: [
        "00000000000000ab": ToldAlert(.firing, .page, version: 5, by: "a"),
        "00000000000000ac": ToldAlert(.ended, .info, version: 7, by: "b"),
      ],
      last: ToldMessage(
        version: 7,
        sentAt: time(7),
        by: "b",
        message: SentMessage(reference: reference, sentAt: time(6), severity: .warning)
      ),
      serial: 12,
      expiresAt: time(9_000)
    )
    let silence = try Silence(
      id: "s1",
      labelMatchers: [
        LabelMatcher("alertname", .matches, "A.*"), LabelMatcher("x", .notEqual, ""),
      ],
      startsAt: time(1),
      endsAt: time(100),
      createdBy: "ann",
      comment: "why \"this\"\n\u{202e}",
      updatedAt: time(2)
    )
    let labels = LabelSet(["alertname": "A", "b": "ü"])
    var message = PeerMessage(
      cluster: "test",
      from: "a",
      to: "b",
      epoch: "e1",
      sentAt: time(50),
      received: PeerMessage.Receipt(epoch: "e2", revision: 44),
      items: [
        .told(key, told), .silence(silence),
        .acknowledgement(Acknowledgement(.alert(labels), by: "ann", at: time(4), comment: "on it")),
        .acknowledgement(Acknowledgement(.group(key: "g"), by: "", at: time(5), isWithdrawn: true)),
      ],
      revision: 99,
      isWhole: false,
      isTelling: false,
      steady: [IntegrationID(receiver: "pager", kind: "webhook")]
    )
    message.isWhole = true
    return message
  }

  @Test func `a message is read as it was written`() throws {
    let message = try Self.full()
    #expect(try PeerText.message(PeerText.bytes(of: message)) == message)
    for item in message.items { #expect(PeerText.bytes(of: item) != nil) }
  }

  @Test func `what is no message is refused with a sentence`() throws {
    let text = String(decoding: PeerText.bytes(of: try Self.full()), as: UTF8.self)
    let cases = [
      ("", "it is no JSON object"), ("[]", "it is no JSON object"),
      (#"{"form":2}"#, "only 1: run the same version"),
      (#"{"form":1}"#, "is not what it should be"),
      (text.replacing("\"from\":\"a\"", with: "\"from\":\"\""), "a name in it is missing"),
      (text.replacing("00000000000000ab", with: "short"), ".items[0] is not what it should be"),
      (text.replacing("A.*", with: "A(*"), ".items[1] is not what it should be"),
      (text.replacing("\"revision\":99", with: "\"revision\":-1"), "out of range"),
      (String(repeating: "[", count: 100_000), "it is no JSON object"),
    ]
    for (text, words) in cases {
      let refusal = #expect(throws: PeerRefusal.self) {
        try PeerText.message(Array(text.utf8))
      }
      #expect(
        refusal?.description.contains(words) == true,
        "\(text.prefix(80)) \(refusal?.description ?? "")"
      )
    }
  }

  @Test func `damaged messages are refused or read, and never more than that`() async throws {
    let original = PeerText.bytes(of: try Self.full())
    await Mutation.run([original], seed: 77, standard: 3_000) { bytes, _ in
      do throws(PeerRefusal) {
        let read = try PeerText.message(bytes)
        // What was read can be written and read again.
        let again = try PeerText.message(PeerText.bytes(of: read))
        #expect(again == read)
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    for count in stride(from: 0, to: original.count, by: 7) {
      #expect(throws: PeerRefusal.self) { try PeerText.message(Array(original.prefix(count))) }
    }
  }
}
