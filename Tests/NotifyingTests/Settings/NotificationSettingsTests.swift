// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Testing

@Suite struct NotificationSettingsTests {
  private struct TestKind: ReceiverKind {
    let key = "test"

    func make(_ section: SettingsSection) -> (any Receiver)? {
      section.require("url", "where to send") && section.text("url") != nil
        ? SilentReceiver() : nil
    }
  }

  private func read(_ text: String) -> (settings: NotificationSettings?, issues: [String]) {
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
    let section = tree.root.section("notifications")
    let settings = NotificationSettings.read(section, kinds: [TestKind()])
    return (settings, tree.issues.map(\.description))
  }

  @Test func `a whole section reads into routes and integrations`() throws {
    let (read, issues) = read(
      """
      notifications:
        external_url: https://hvsmon.example.net/
        route:
          receiver: chat
          group_by: [tier]
          group_wait: 2s
          group_interval: 5m
          repeat_interval: 1d
          routes:
            - {matchers: ['severity="page"', 'tier=~"a|b"'], receiver: pager, group_wait: 0s}
            - {matchers: [a!="b"], group_by: ['...'], continue: true}
        receivers:
          - {name: chat, test: [{url: a}, {url: b, send_resolved: false}]}
          - {name: pager, test: [{url: c}]}
      """
    )
    #expect(issues == [])
    let settings = try #require(read)
    #expect(settings.externalURL == "https://hvsmon.example.net")
    #expect(settings.root.grouping == .labels(["tier"]))
    let timing = GroupTiming(
      wait: .seconds(2),
      interval: .seconds(300),
      repetition: .seconds(86_400)
    )
    #expect(settings.root.timing == timing)
    let (first, second) = (settings.root.children[0], settings.root.children[1])
    #expect(first.key == #"{}/{severity="page",tier=~"a|b"}"#)
    #expect(first.receiver == "pager")
    #expect(first.timing.wait == .zero)
    #expect(first.timing.repetition == .seconds(86_400))
    #expect(first.grouping == .labels(["tier"]))
    #expect(!first.continues)
    #expect(second.receiver == "chat")
    #expect(second.grouping == .everyAlert)
    #expect(second.continues)
    #expect(
      settings.integrations.map(\.id.description) == [
        "chat/test[0]", "chat/test[1]", "pager/test[0]",
      ]
    )
    #expect(settings.integrations.map(\.sendsResolved) == [true, false, true])
    #expect(settings.warnings == [])
  }

  @Test func `without the section nobody is told and nothing is wrong`() {
    let (settings, issues) = read("cluster: {}\n")
    #expect(settings == nil)
    #expect(
      issues == ["f.yml:1:1: cluster: is not a key hvsmon knows here; known are notifications"]
    )
  }

  @Test func `the only receiver needs no route, and the pace is hvsmon's`() throws {
    let (read, issues) = read("notifications: {receivers: [{name: chat, test: [{url: a}]}]}\n")
    #expect(issues == [])
    let root = try #require(read).root
    #expect(root.receiver == "chat")
    #expect(root.grouping == .labels(["alertname", "tier"]))
    #expect(root.timing == GroupTiming.standard)
    #expect(root.timing.wait == .milliseconds(250))
  }

  @Test(arguments: [
    (
      "{route: {receiver: pagr}, receivers: [{name: pager}]}",
      "route.receiver: there is no receiver \"pagr\"; did you mean \"pager\"?"
    ),
    ("{route: {group_wait: 1s}, receivers: [{name: a}]}", "route.receiver: is required here"),
    (
      "{route: {receiver: a, matchers: ['a=b']}, receivers: [{name: a}]}",
      "route.matchers: has no meaning in the first route"
    ),
    (
      "{route: {receiver: a, routes: [{matchers: ['a']}]}, receivers: [{name: a}]}",
      "route.routes[0].matchers: a: needs =, !=, =~ or !~"
    ),
    (
      "{route: {receiver: a, routes: [{matchers: ['a=~\"(\"']}]}, receivers: [{name: a}]}",
      "route.routes[0].matchers: a=~\"(\": "
    ),
    ("{receivers: [{name: a}, {name: a}]}", "receivers[1].name: \"a\" is taken"),
    ("{receivers: [{name: a}, {name: b}]}", "route: is required here"),
    ("{route: {receiver: a}}", "receivers: is required here"),
    ("{receivers: [{test: [{url: a}]}]}", "receivers[0].name: is required here"),
    ("{receivers: [{name: a, tests: []}]}", "receivers[0].tests: is not a key hvsmon knows here"),
    ("{receivers: [{name: a, test: [{}]}]}", "receivers[0].test[0].url: is required here"),
    (
      "{route: {receiver: a, group_wait: 2h}, receivers: [{name: a}]}",
      "route.group_wait: must be 0s to 1h, not 2h"
    ),
    (
      "{route: {receiver: a, group_by: ['...', b]}, receivers: [{name: a}]}",
      "route.group_by: '...' means all labels and stands alone"
    ),
    ("{external_url: x, receivers: [{name: a}]}", "external_url: must be a URL"),
    ("{alertmanagers: [], receivers: [{name: a}]}", "alertmanagers: is not a key hvsmon knows"),
  ])
  func `a fault is named with its place`(text: String, expected: String) {
    let (_, issues) = read("notifications: \(text)\n")
    #expect(issues.count >= 1)
    #expect(issues.contains { $0.contains(": notifications.\(expected)") }, "\(issues)")
    #expect(issues.allSatisfy { $0.hasPrefix("f.yml:1:") })
  }

  @Test func `repeats that are faster than the group interval are warned of`() throws {
    let (read, issues) = read(
      """
      notifications:
        route: {receiver: a, repeat_interval: 10s}
        receivers: [{name: a}]
      """
    )
    #expect(issues == [])
    let warning = try #require(read?.warnings.first)
    #expect(warning.contains("repeat_interval 10s is shorter than group_interval 1m"))
  }
}
