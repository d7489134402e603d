// SPDX-License-Identifier: MIT
import Configuration
import Patterns
import YAML

/// Reads the routing tree; every route inherits from its parent what it does not say.
struct RouteReader {
  /// The longest chain of routes.
  static let maximumDepth = 16

  let receiverNames: [String]
  let windowNames: Set<String>
  private(set) var warnings: [String] = []

  init(receiverNames: [String], windowNames: Set<String> = []) {
    self.receiverNames = receiverNames
    self.windowNames = windowNames
  }

  /// Reads the root, which takes every alert.
  mutating func root(_ section: SettingsSection) -> Route? {
    for key in ["matchers", "match", "match_re", "continue"] where section.has(key) {
      section.report(key, "has no meaning in the first route, which takes every alert")
    }
    for key in ["mute_time_intervals", "active_time_intervals"] where section.has(key) {
      section.report(key, "must not stand in the first route: what no other takes would be lost")
    }
    let hasReceiver = section.require("receiver", "where alerts go that no other route takes")
    let inherited = Route(receiver: "")
    let route = read(section, inheriting: inherited, key: "{}", depth: 0)
    return hasReceiver ? route : nil
  }

  private mutating func read(
    _ section: SettingsSection,
    inheriting parent: Route,
    key: String,
    depth: Int,
    matchers: [CompiledMatcher] = []
  ) -> Route {
    let receiver = receiver(section) ?? parent.receiver
    let own = Route(
      key: key,
      receiver: receiver,
      grouping: grouping(section) ?? parent.grouping,
      timing: timing(section, inheriting: parent.timing),
      matchers: matchers,
      escalation: escalation(section, of: receiver) ?? parent.escalation
    )
    var children: [Route] = []
    if depth < Self.maximumDepth {
      for child in section.sections("routes") {
        let matchers = child.matchers("matchers", old: "match")
        let key = own.childKey(matchers.map(\.matcher))
        children.append(
          read(child, inheriting: own, key: key, depth: depth + 1, matchers: matchers)
        )
      }
    } else if section.has("routes") {
      section.report("routes", "routes may stand at most \(Self.maximumDepth) deep")
    }
    return Route(
      key: own.key,
      receiver: own.receiver,
      grouping: own.grouping,
      timing: own.timing,
      matchers: matchers,
      continues: depth > 0 && section.flag("continue", default: false),
      muting: depth > 0 ? muting(section) : RouteMuting(),
      // To the route's own receiver nothing can be escalated.
      escalation: own.escalation.filter { $0.receiver != receiver },
      children: children
    )
  }

  private func receiver(_ section: SettingsSection) -> String? {
    guard let name = section.text("receiver") else { return nil }
    if !receiverNames.contains(name) {
      let hint = nearestName(to: name, among: receiverNames).map { "; did you mean \"\($0)\"?" }
      section.report("receiver", "there is no receiver \"\(name)\"\(hint ?? "")")
    }
    return name
  }

  private func grouping(_ section: SettingsSection) -> Grouping? {
    guard section.node("group_by") != nil else { return nil }
    let names = section.texts("group_by")
    if names.contains(where: { $0.text == "..." }) {
      if names.count > 1 {
        section.report("group_by", "'...' means all labels and stands alone")
      }
      return .everyAlert
    }
    var seen: Set<String> = []
    for (name, mark) in names where !seen.insert(name).inserted {
      section.report("group_by", at: mark, "\(name) stands here twice")
    }
    return .labels(seen)
  }

  private mutating func timing(
    _ section: SettingsSection,
    inheriting parent: GroupTiming
  ) -> GroupTiming {
    let day = Duration.seconds(86_400)
    let timing = GroupTiming(
      wait: section.span("group_wait", default: parent.wait, in: .zero...(.seconds(3_600))),
      interval: section.span("group_interval", default: parent.interval, in: .seconds(1)...day),
      repetition: section.span(
        "repeat_interval",
        default: parent.repetition,
        in: .seconds(1)...(day * 30)
      )
    )
    let isSaidHere = section.has("repeat_interval") || section.has("group_interval")
    if isSaidHere && timing.repetition < timing.interval {
      warnings.append(
        "line \(section.mark.line): \(section.path): repeat_interval "
          + "\(QuantityText.text(of: timing.repetition)) is shorter than group_interval "
          + "\(QuantityText.text(of: timing.interval)): messages repeat faster than news may come"
      )
    }
    return timing
  }

  private func muting(_ section: SettingsSection) -> RouteMuting {
    func names(_ key: String) -> [String] {
      section.texts(key).map { name, mark in
        if !windowNames.contains(name) {
          let hint = nearestName(to: name, among: windowNames).map { "; did you mean \"\($0)\"?" }
          section.report(key, at: mark, "there is no time interval \"\(name)\"\(hint ?? "")")
        }
        return name
      }
    }
    return RouteMuting(
      mute: names("mute_time_intervals"),
      active: names("active_time_intervals")
    )
  }

  /// The steps that stand here, as one section or a list; nil when none do.
  private func escalation(
    _ section: SettingsSection,
    of receiver: String
  ) -> [EscalationStep]? {
    guard let node = section.node("escalate") else { return nil }
    let items: [SettingsSection]
    if case .mapping = node.content {
      items = section.section("escalate").map { [$0] } ?? []
    } else {
      items = section.sections("escalate")
    }
    let week = Duration.seconds(7 * 86_400)
    return items.compactMap { item -> EscalationStep? in
      _ = item.require("after", "how long to wait for an acknowledgement, such as 15m")
      let after = item.optionalSpan("after", in: .seconds(10)...week)
      _ = item.require("receiver", "whom to tell then")
      let name = self.receiver(item)
      if name == receiver {
        item.report("receiver", "\"\(receiver)\" is told already: name another receiver")
      }
      guard let after, let name else { return nil }
      return EscalationStep(after: after, receiver: name)
    }.sorted { $0.after < $1.after }
  }
}
