// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Simulator

@Suite struct ShellTests {
  private static let words = [
    "-F", "/dev/null", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-l", "app", "-p",
    "2222", "--", "127.0.30.107", "exec sh -c 'x'",
  ]

  private func call(_ words: [String]) -> ShellCall? {
    ShellCall(line: (["4711"] + words).joined(separator: "\u{1f}")[...])
  }

  private func call(_ address: String, as user: String = "hvsmon") throws -> ShellCall {
    try #require(self.call(["-o", "ConnectTimeout=3", "-l", user, "-p", "22", "--", address, "x"]))
  }

  @Test func `a call is understood as ssh understands it`() throws {
    let call = try #require(self.call(Self.words))
    #expect(call.processID == 4_711 && call.user == "app" && call.address == "127.0.30.107")
    #expect(call.port == 2_222 && call.connectTimeout == 3)
    #expect(self.call(["app@127.0.30.107", "x"])?.user == "app")
    #expect(self.call([]) == nil)
    #expect(self.call(["-l"]) == nil)
    #expect(self.call(["-Z", "host"]) == nil)
    #expect(ShellCall(line: "1\u{1f}host") == nil)
  }

  @Test func `each failure has the words of OpenSSH`() throws {
    var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    let expected: [(Fault, String, Duration)] = [
      (.shellDown(106), "connect to host 127.0.30.106 port 22: Connection refused", .zero),
      (.shellHung(107), "Connection timed out during banner exchange", .seconds(3)),
      (.hostKeyChanged(108), "REMOTE HOST IDENTIFICATION HAS CHANGED", .zero),
      (.loginRefused(100), "hvsmon@127.0.30.100: Permission denied (publickey).", .zero),
      (
        .guestStopped(101), "connect to host 127.0.30.101 port 22: Connection timed out",
        .seconds(3)
      ),
    ]
    for (fault, _, _) in expected { world.begin(fault, at: tuesday) }
    let reception = ShellReception(world: world, now: tuesday.plus(1))
    for (fault, text, delay) in expected {
      let vmID = try #require(fault.vmID)
      let guest = try #require(world.plan.guest(vmID))
      guard case .failed(let words, let after) = reception.welcome(try call(guest.address)) else {
        Issue.record("\(fault) lets somebody in")
        continue
      }
      #expect(words.contains(text), "\(fault)")
      #expect(after == delay, "\(fault)")
    }
    let welcome = reception.welcome(try call("127.0.30.102"))
    #expect(welcome == .accepted(try #require(world.plan.guest(102))))
    guard case .failed(let denied, _) = reception.welcome(try call("127.0.30.102", as: "root"))
    else {
      Issue.record("root is let in")
      return
    }
    #expect(denied.contains("Permission denied"))
  }

  @Test func `a connection ends with what it leads to`() throws {
    var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    let guest = try #require(world.plan.guest(107))
    func standing(at second: Int) -> ShellReception.Standing {
      ShellReception(world: world, now: tuesday.plus(second)).standing(of: guest, since: tuesday)
    }
    world.begin(.shellDown(107), at: tuesday.plus(1))
    #expect(standing(at: 5) == .works)
    world.begin(.nodeDown("CoolerHostname2"), at: tuesday.plus(10))
    #expect(standing(at: 10) == .silent)
    world.end(.nodeDown("CoolerHostname2"), at: tuesday.plus(20))
    #expect(standing(at: 30) == .closed)
  }

  @Test func `one request is one answer, section by section`() throws {
    let world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    let guest = try #require(world.plan.guest(100))
    let face = HostFace(world: world, guest: guest, user: "hvsmon", now: tuesday)
    var conversation = HostConversation()
    let nonce = "0123456789abcdef"
    let request = Array("ask \(nonce) unit:nginx.service shadow\n".utf8)
    #expect(conversation.receive(request.prefix(9), face) == .nothing)
    guard case .answer(let bytes) = conversation.receive(request.dropFirst(9), face) else {
      Issue.record("it was not answered")
      return
    }
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(
      text.hasPrefix("@@\(nonce) begin 1 \(tuesday.wholeSeconds)\n@@\(nonce) section 1 262144\n")
    )
    #expect(
      text.contains("\n@@\(nonce) end 1 0\n@@\(nonce) section 2 262144\n\n@@\(nonce) end 2 64\n")
    )
    #expect(text.hasSuffix("@@\(nonce) done\n"))
    for line in ["ask short addresses\n", "ask \(nonce)\n", "rm -rf /\n"] {
      var other = HostConversation()
      #expect(
        other.receive(Array(line.utf8), face) == .refused(Array("hvsmon-facts 1 refused\n".utf8))
      )
    }
  }

  @Test func `random bytes never trap, and never grow`() throws {
    let world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)
    let guest = try #require(world.plan.guest(100))
    let face = HostFace(world: world, guest: guest, user: "hvsmon", now: tuesday)
    var random = SeededRandom(seed: 0x55)
    for _ in 0..<200 {
      var conversation = HostConversation()
      let bytes = (0..<Int.random(in: 0...20_000, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      _ = conversation.receive(bytes, face)
      _ = ShellCall(line: String(decoding: bytes.prefix(500), as: UTF8.self)[...])
    }
  }
}

extension Fault {
  fileprivate var vmID: Int? {
    switch self {
    case .shellDown(let vmID), .shellHung(let vmID), .hostKeyChanged(let vmID),
      .loginRefused(let vmID), .guestStopped(let vmID):
      vmID
    default: nil
    }
  }
}
