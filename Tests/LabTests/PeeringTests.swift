// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

extension LabSuite {
  /// Two monitors of one cluster: nothing twice while they hear each other, nothing lost when one is
  /// killed or they are cut off from each other.
  @Suite struct PeeringTests {
    @Test func `two monitors tell each thing once, and the second goes on for the first`()
      async throws
    {
      let scene = try await PeerScene()
      scene.makePage(good: false)
      #expect(await scene.receives(1))
      // It will not be sent any more: the second knows that it was.
      #expect(await scene.leaves(1))
      scene.makePage(good: true)
      #expect(await scene.receives(2))
      #expect(await scene.leaves(2))
      #expect(scene.told == ["hvsmon1 firing", "hvsmon1 resolved"])
      scene.makePage(good: false)
      #expect(await scene.receives(3))
      #expect(await scene.leaves(3))
      scene.kill(0)
      scene.makePage(good: true)
      #expect(await scene.receives(4))
      #expect(scene.told.suffix(2) == ["hvsmon1 firing", "hvsmon2 resolved"])
      try await scene.close()
    }

    @Test func `what the first was to tell when it was killed, the second tells`() async throws {
      let scene = try await PeerScene()
      // Before it could know, and at a moment when it may know.
      for pause in [Duration.zero, .milliseconds(Int.random(in: 300...1_500))] {
        let before = scene.messages.count
        scene.makePage(good: false)
        if pause > .zero { _ = await eventually(within: pause) { scene.messages.count > before } }
        scene.kill(0)
        #expect(await scene.receives(before + 1), "\(pause)")
        try scene.start(0)
        #expect(await scene.hear(each: true))
        scene.makePage(good: true)
        // The first may have died between an answer and its record: then it repeats itself once it is
        // back, at any time before the recovery.
        #expect(await scene.hasRecovered(after: before), "\(scene.told)")
        let told = scene.messages[before...].map(\.status)
        #expect(told.firstIndex(of: "resolved") == told.lastIndex(of: "firing").map { $0 + 1 })
        let firing = scene.messages[before...].filter { $0.status == "firing" }
        #expect((1...3).contains(firing.count), "\(scene.told)")
        #expect(Set(firing.map(\.eventID)).count == 1, "\(scene.told)")
      }
      try await scene.close()
    }

    @Test func `a message that was under way when the first was killed comes again, as the same`()
      async throws
    {
      let scene = try await PeerScene()
      scene.onNextMessage { scene.kill(0) }
      scene.makePage(good: false)
      #expect(await scene.receives(2))
      #expect(scene.told == ["hvsmon1 firing", "hvsmon2 firing"])
      #expect(Set(scene.messages.map(\.eventID)).count == 1)
      try scene.start(0)
      #expect(await scene.hear(each: true))
      // The first finds it in its queue and learns that it was told.
      let isLeft = await eventually(within: .seconds(10)) {
        await scene.shows(0, "hvsmon_peer_deduplicated_notifications_total{", "} 1")
      }
      #expect(isLeft && scene.messages.count == 2, "\(scene.told)")
      try await scene.close()
    }

    @Test func `cut off from each other both tell, and nothing more when they meet again`()
      async throws
    {
      let scene = try await PeerScene()
      try await scene.part(true)
      #expect(await scene.hear(each: false))
      scene.makePage(good: false)
      #expect(await scene.receives(2))
      #expect(scene.told.sorted() == ["hvsmon1 firing", "hvsmon2 firing"])
      // A service that tells repetitions by their ids shows it once.
      #expect(Set(scene.messages.map(\.eventID)).count == 1)
      for index in 0...1 {
        let made = try await scene.ask(index, "/api/v2/silences", post: Self.silence("of \(index)"))
        #expect(made.status == 200, "\(made.text)")
      }
      try await scene.part(false)
      #expect(await scene.hear(each: true))
      let areShared = await eventually(within: .seconds(10)) {
        for index in 0...1 {
          let text = try? await scene.ask(index, "/api/v2/silences").text
          guard text?.contains("of 0") == true, text?.contains("of 1") == true else { return false }
        }
        return true
      }
      #expect(areShared)
      scene.makePage(good: true)
      #expect(await scene.receives(3))
      #expect(await scene.leaves(1))
      #expect(scene.told.last == "hvsmon1 resolved" && scene.messages.count == 3, "\(scene.told)")
      try await scene.close()
    }

    private static func silence(_ comment: String) -> String {
      let end = Date().addingTimeInterval(3_600).ISO8601Format()
      let start = Date().ISO8601Format()
      return """
        {"matchers":[{"name":"alertname","value":"Other","isRegex":false}],\
        "startsAt":"\(start)","endsAt":"\(end)","createdBy":"ann","comment":"\(comment)"}
        """
    }
  }
}
