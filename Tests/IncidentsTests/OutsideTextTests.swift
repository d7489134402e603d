// SPDX-License-Identifier: MIT
import TestSupport
import Testing

@testable import Incidents

/// Credentials and control characters never pass.
@Suite struct OutsideTextTests {
  @Test(arguments: [
    ("https://user:SECRETVALUE@host/x", "https://[hidden]@host/x"),
    ("a?access_token=SECRETVALUE&b=1", "a?access_token=[hidden]&b=1"),
    ("{\"password\": \"SECRETVALUE\"}", "{\"password\": \"[hidden]\"}"),
    ("X-Api-Key: SECRETVALUE", "X-Api-Key: [hidden]"),
    ("Authorization: Bearer SECRETVALUE", "Authorization: Bearer [hidden]"),
    (
      "https://hooks.slack.com/services/T0/B0/SECRETVALUE",
      "https://hooks.slack.com/services/[hidden]"
    ),
    (
      "https://discord.com/api/webhooks/1/SECRETVALUE no",
      "https://discord.com/api/webhooks/[hidden] no"
    ),
    ("https://api.telegram.org/bot123:SECRETVALUE/x", "https://api.telegram.org/bot[hidden]"),
    ("the token = SECRETVALUE; the rest stays", "the token = [hidden]; the rest stays"),
  ])
  func `what looks like a credential is hidden`(text: String, clean: String) {
    #expect(OutsideText.clean(text) == clean)
  }

  @Test(arguments: [
    "NodeDown{node=\"pve2\"}", "accepted, known there as 1234.5678", "http://10.0.0.1:8080/health",
    "disk 85% = 40 GiB: full soon", "connection refused", "",
  ])
  func `other text stays as it is`(text: String) {
    #expect(OutsideText.clean(text) == text)
  }

  @Test func `control characters and marks of direction go, length is bounded`() {
    #expect(OutsideText.clean("a\u{1b}[2J\nb\u{202e}c\u{200b}") == "a [2J bc")
    let long = OutsideText.clean(String(repeating: "x", count: 100_000))
    #expect(long.count == OutsideText.charactersMax && long.hasSuffix("…"))
  }

  @Test func `random text never breaks it`() {
    var random = SeededRandom(seed: 11)
    let parts = [
      "://", "@", "token", "=", ":", " ", "\"", "bearer ", "/bot", "/services/", "a", "ß", "👩‍👩‍👧",
    ]
    for _ in 0..<2_000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        parts[Int.random(in: 0..<parts.count, using: &random)]
      }.joined()
      let clean = OutsideText.clean(text)
      #expect(clean.count <= OutsideText.charactersMax)
    }
  }
}
