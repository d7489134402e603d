// SPDX-License-Identifier: MIT
//
// Stories of alerts with what Alertmanager's documents say is told of them, run through the planner
// with a manual clock. Where hvsmon differs on purpose, the case says what Alertmanager would do.
import Configuration
import Foundation
import MetricModel
import Notifying
import Patterns
import Rules
import Testing

/// One story and what is told in it.
struct AlertmanagerCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// The keys below `notifications` but the receivers.
  let settings: String
  /// When second 0 is, as `2026-03-02 09:00`, in UTC.
  let begins: String
  /// Lines such as `0 fire A n=1 severity=page`, `60 end A n=1`, `10 silence n=1 until 100`,
  /// `10 ack A n=1`; the last may be `900 look`.
  let story: String
  /// Lines such as `30 team A1 A2 -B`: who is told when that which alerts fire, and which ended;
  /// `flapping` and `calm` before them are why.
  let told: String
  /// What Alertmanager does instead, where hvsmon differs.
  let alertmanager: String?

  init(
    _ name: String,
    _ settings: String,
    begins: String = "2026-03-02 09:00",
    story: String,
    told: String,
    alertmanager: String? = nil
  ) {
    testDescription = name
    self.settings = settings
    self.begins = begins
    self.story = story
    self.told = told
    self.alertmanager = alertmanager
  }
}

extension AlertmanagerCase {
  /// The names of the receivers of every case.
  private static let receivers = ["team", "pager", "db", "web", "ops"]

  private struct TestKind: ReceiverKind {
    let key = "test"

    func make(_ section: SettingsSection) -> (any Receiver)? { SilentReceiver() }
  }

  /// One line of a story.
  private struct Event {
    let second: Double
    let words: [Substring]
  }

  /// Runs the story and compares.
  func check() throws {
    let lines = try run()
    #expect(lines == told.split(separator: "\n").map(String.init))
  }

  private func run() throws -> [String] {
    var planner = NotificationPlanner(settings: try readSettings())
    let origin = try instant(begins)
    var firing: [LabelSet: Alert] = [:]
    var silences: [Silence] = []
    var acknowledgements: [Acknowledgement] = []
    var lines: [String] = []
    func step(_ ended: [Alert], at now: Timestamp) {
      let book = SilenceBook(silences, acknowledgements: acknowledgements)
      let alerts = Array(firing.values) + ended
      let plan = planner.step(alerts: alerts, silences: book, now: now)
      let seconds = (now - origin).inSeconds
      let second = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
      lines += plan.notifications.map { "\(second) \(text($0))" }.sorted()
    }
    let events = try Self.events(story)
    for second in Set(events.map(\.second)).sorted() {
      let now = origin + .milliseconds(Int(second * 1_000))
      while let deadline = planner.nextDeadline, deadline < now { step([], at: deadline) }
      var ended: [Alert] = []
      for event in events where event.second == second {
        let words = event.words.dropFirst()
        switch event.words.first {
        case "fire":
          let labels = Self.labels(words)
          firing[labels] = Alert(labels: labels, startsAt: now)
        case "end":
          let removed = firing.removeValue(forKey: Self.labels(words))
          var alert = try #require(removed)
          alert.endsAt = now
          ended.append(alert)
        case "silence":
          silences.append(try silence(words, id: "s\(silences.count)", from: now, origin))
        case "ack":
          acknowledgements.append(
            Acknowledgement(.alert(Self.labels(words)), by: "ann", at: now)
          )
        case "look": break
        default: throw Unreadable(line: event.words.joined(separator: " "))
        }
      }
      step(ended, at: now)
    }
    return lines
  }

  private struct Unreadable: Error {
    let line: String
  }

  private func readSettings() throws -> NotificationSettings {
    let receivers = Self.receivers.map { "{name: \($0), test: [{}]}" }.joined(separator: ", ")
    let indented = settings.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    let text = "notifications:\n  receivers: [\(receivers)]\n  storm: {groups: 0}\n\(indented)\n"
    let environment = SettingsEnvironment(
      readFile: { _ throws(SettingsEnvironment.Unreadable) in
        throw SettingsEnvironment.Unreadable(reason: "no such file")
      },
      variable: { _ in nil },
      readTimeZone: { name throws(SettingsEnvironment.Unreadable) in
        guard let data = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)") else {
          throw SettingsEnvironment.Unreadable(reason: "no such file")
        }
        return Array(data)
      }
    )
    let tree = SettingsTree(parsing: Array(text.utf8), file: "case", environment: environment)
    let section = tree.root.section("notifications")
    let settings = NotificationSettings.read(section, kinds: [TestKind()])
    #expect(tree.issues.map(\.description) == [])
    return try #require(settings)
  }

  private static func events(_ story: String) throws -> [Event] {
    try story.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      guard let first = words.first, let second = Double(first) else {
        throw Unreadable(line: String(line))
      }
      return Event(second: second, words: Array(words.dropFirst()))
    }
  }

  private static func labels(_ words: ArraySlice<Substring>) -> LabelSet {
    var labels = ["alertname": words.first.map(String.init) ?? ""]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1)
      labels[String(parts[0])] = String(parts[1])
    }
    return LabelSet(labels)
  }

  /// `MATCHER... until SECOND`.
  private func silence(
    _ words: ArraySlice<Substring>,
    id: String,
    from now: Timestamp,
    _ origin: Timestamp
  ) throws -> Silence {
    let end = try #require(words.last.flatMap { Double($0) })
    let matchers = try words.dropLast(2).map { word in
      try CompiledMatcher(try MatcherText.matcher(String(word)))
    }
    return Silence(
      id: id,
      matchers: matchers,
      startsAt: now,
      endsAt: origin + .milliseconds(Int(end * 1_000)),
      updatedAt: now
    )
  }

  private func text(_ notification: AlertNotification) -> String {
    let alerts = notification.alerts.map { told in
      let labels = told.alert.labels
      let mark = told.alert.isResolved ? "-" : ""
      return "\(mark)\(labels["alertname"] ?? "")\(labels["n"] ?? "")"
    }
    let sorted = alerts.sorted { ($0.hasPrefix("-") ? 1 : 0, $0) < ($1.hasPrefix("-") ? 1 : 0, $1) }
    let mark =
      switch notification.reason {
      case .flapping: "flapping "
      case .flappingEnded: "calm "
      default: ""
      }
    return "\(notification.integration.receiver) \(mark)\(sorted.joined(separator: " "))"
  }

  private func instant(_ text: String) throws -> Timestamp {
    let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
    let civil = CivilTime(
      year: numbers[0],
      month: numbers[1],
      day: numbers[2],
      hour: numbers[3],
      minute: numbers[4]
    )
    return try #require(civil).instant
  }
}
