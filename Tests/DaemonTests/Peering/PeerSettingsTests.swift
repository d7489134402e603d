// SPDX-License-Identifier: MIT
import Configuration
import TestSupport
import Testing

@testable import Daemon

@Suite struct PeerSettingsTests {
  private func faults(_ section: String) async throws -> [String] {
    let harness = try MonitorHarness()
    try harness.writeSettings("peers: \(section)\n")
    let check = await harness.plan.loader.check(harness.folder.file("hvsmon.yml"))
    return check.faults.map(\.description)
  }

  private static let both =
    "instances: [{name: a, url: \"https://a.test:9820\"}, {name: b, url: \"https://b.test:9820/\"}]"
  private static let token = "token: 0123456789abcdef"

  @Test func `what is right has no fault`() async throws {
    #expect(try await faults("{name: a, \(Self.token), \(Self.both)}") == [])
    let local = "[{name: a, url: \"http://127.0.0.1:1\"}, {name: b, url: \"http://localhost:2\"}]"
    #expect(
      try await faults("{name: b, wait: 5s, ca_file: /ca.pem, \(Self.token), instances: \(local)}")
        == []
    )
  }

  @Test(arguments: [
    ("{name: c, TOKEN, BOTH}", "peers.name: \"c\" is none of peers.instances: a, b"),
    ("{TOKEN, BOTH}", "peers.name: is required here"),
    ("{name: a, BOTH}", "peers.token: is required here, the same for all"),
    ("{name: a, token: short, BOTH}", "peers.token: must be at least 16 characters long"),
    ("{name: a, token: \"0123456789 abcdef\", BOTH}", "must hold no blanks"),
    ("{name: a, TOKEN}", "peers.instances: is required here"),
    ("{name: a, wait: 1s, TOKEN, BOTH}", "peers.wait: must be 2s to 5m, not 1s"),
    ("{name: a, waits: 5s, TOKEN, BOTH}", "peers.waits: "),
    (
      "{name: a, TOKEN, instances: [{name: a, url: \"https://a.test\"}]}",
      "peers.instances: names one instance only"
    ),
    (
      "{name: a, TOKEN, instances: [{name: a, url: \"https://a.test\"}, {name: a, url: \"https://b.test\"}]}",
      "\"a\" stands here twice"
    ),
    (
      "{name: a, TOKEN, instances: [{name: a, url: \"https://a.test\"}, {name: b, url: \"https://a.test/\"}]}",
      "peers.instances[1].url: stands here twice"
    ),
    (
      "{name: a, TOKEN, instances: [{name: a, url: \"https://a.test\"}, {name: b, url: \"http://b.test\"}]}",
      "peers.instances[1].url: must begin with https://"
    ),
    (
      "{name: a, TOKEN, instances: [{name: a, url: \"https://a.test\"}, {name: b, url: \"http://127.0.0.1.b.test\"}]}",
      "peers.instances[1].url: must begin with https://"
    ),
  ])
  func `what is wrong is said at its place`(section: String, words: String) async throws {
    let text = section.replacing("TOKEN", with: Self.token).replacing("BOTH", with: Self.both)
    let found = try await faults(text)
    #expect(found.contains { $0.contains(words) }, "\(found)")
    #expect(!found.joined().contains("0123456789"))
  }
}
