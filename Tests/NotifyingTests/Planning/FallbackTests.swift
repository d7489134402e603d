// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules
import Testing

@Suite struct FallbackTests {
  private func settings() throws -> NotificationSettings {
    let places = ["chat", "mail"].map { IntegrationID(receiver: $0, kind: "test") }
    return NotificationSettings(
      root: try route("chat", wait: 0),
      integrations: places.map { Integration(id: $0, receiver: SilentReceiver()) },
      fallbacks: ["chat": Fallback(receiver: "mail", after: .seconds(300))]
    )
  }

  private let first = alert("A")

  private func told(
    _ planner: inout NotificationPlanner,
    _ alerts: [Alert],
    at seconds: Double,
    unreached: [String: Timestamp] = ["chat": time(0)]
  ) -> [String] {
    planner.step(alerts: alerts, unreached: unreached, now: time(seconds)).notifications.map(line)
  }

  @Test func `what a receiver did not take for a time is told to its fallback`() throws {
    var planner = NotificationPlanner(settings: try settings())
    #expect(told(&planner, [first], at: 0) == ["chat firing +A"])
    #expect(told(&planner, [first], at: 299) == [])
    #expect(planner.nextDeadline == time(300))
    #expect(told(&planner, [first], at: 300) == ["mail fallback +A"])
    #expect(told(&planner, [first], at: 400) == [])
  }

  @Test func `the end is told to both, even when the receiver works again`() throws {
    var planner = NotificationPlanner(settings: try settings())
    _ = told(&planner, [first], at: 0)
    _ = told(&planner, [first], at: 300)
    #expect(told(&planner, [first], at: 310, unreached: [:]) == [])
    #expect(
      told(&planner, [alert("A", endedAt: 320)], at: 320, unreached: [:])
        == ["chat resolved -A", "mail resolved -A"]
    )
  }

  @Test func `what arrived before is not told again`() throws {
    var planner = NotificationPlanner(settings: try settings())
    _ = told(&planner, [first], at: 0, unreached: [:])
    let second = alert("B", at: 100)
    _ = told(&planner, [first, second], at: 100, unreached: [:])
    #expect(
      told(&planner, [first, second], at: 500, unreached: ["chat": time(100)])
        == ["mail fallback +B"]
    )
  }

  @Test func `a receiver that works again in time needs no fallback`() throws {
    var planner = NotificationPlanner(settings: try settings())
    _ = told(&planner, [first], at: 0)
    #expect(told(&planner, [first], at: 200, unreached: [:]) == [])
    #expect(told(&planner, [first], at: 900, unreached: [:]) == [])
  }

  @Test func `a fallback names another receiver that exists`() {
    func issues(_ fallback: String) -> [String] {
      let text = """
        notifications:
          route: {receiver: a}
          receivers: [{name: a, fallback: \(fallback)}, {name: mail}]
        """
      let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
      _ = NotificationSettings.read(tree.root.section("notifications"), kinds: [])
      return tree.issues.map(\.description)
    }
    #expect(issues("{receiver: mail}") == [])
    #expect(issues("{receiver: a}").first?.contains("another receiver than \"a\"") == true)
    #expect(issues("{receiver: mial}").first?.contains("did you mean \"mail\"") == true)
    #expect(issues("{after: 5m}").first?.contains("is required here") == true)
    #expect(issues("{receiver: mail, after: 1s}").first?.contains("must be 10s to 1d") == true)
  }
}
