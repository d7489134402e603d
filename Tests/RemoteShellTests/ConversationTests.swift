// SPDX-License-Identifier: MIT
import Testing

@testable import RemoteShell

@Suite struct ConversationTests {
  private static let nonce = "0123456789abcdef0123456789abcdef"

  private func receive(
    _ text: String,
    _ conversation: inout Conversation
  ) throws(RemoteShellError) -> [Conversation.Event] {
    try conversation.receive(Array(text.utf8)[...])
  }

  @Test func `an account that wants the script is sent it once`() throws {
    var conversation = Conversation()
    let greeting = Conversation.greeting("send") + "\n"
    #expect(try receive("Last login\n\n" + greeting, &conversation) == [.wantsScript])
    #expect(try receive(greeting, &conversation) == [])
    #expect(!conversation.isOpen)
    #expect(try receive("\n" + Conversation.greeting("ready") + "\n", &conversation) == [.ready])
    #expect(conversation.isOpen)
  }

  @Test func `a request is one line with a nonce and the words`() {
    var conversation = Conversation()
    let bytes = conversation.ask([.addresses, .pm2List], nonce: Self.nonce, answerBytesMax: 1_000)
    #expect(bytes == Array("ask \(Self.nonce) addresses pm2\n".utf8))
  }

  @Test func `another version of the facts is named`() {
    var conversation = Conversation()
    #expect(throws: RemoteShellError.factsVersion("2")) {
      _ = try receive("hvsmon-facts 2 ready\n", &conversation)
    }
  }

  @Test func `a far side that never greets fails at the limit of its noise`() {
    var conversation = Conversation()
    #expect(throws: RemoteShellError.self) {
      for _ in 0...Conversation.noiseBytesMax / 100 {
        _ = try receive(String(repeating: "x", count: 99) + "\n", &conversation)
      }
    }
  }

  @Test func `a refusal ends the talk`() {
    var greeting = Conversation()
    #expect(throws: RemoteShellError.requestRefused) {
      _ = try receive("hvsmon-facts 1 refused\n", &greeting)
    }
    var asking = Conversation()
    _ = asking.ask([.addresses], nonce: Self.nonce, answerBytesMax: 1_000)
    #expect(throws: RemoteShellError.requestRefused) {
      _ = try receive("hvsmon-facts 1 refused\n", &asking)
    }
  }
}
