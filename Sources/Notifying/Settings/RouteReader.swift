// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Patterns
import YAML

/// Reads the routing tree; every route inherits from its parent what it does not say.
struct RouteReader {
  /// The longest chain of routes.
  static let maximumDepth = 16

  let receiverNames: [String]
  private(set) var warnings: [String] = []

  init(receiverNames: [String]) {
    self.receiverNames = receiverNames
  }

  /// Reads the root, which takes every alert.
  mutating func root(_ section: SettingsSection) -> Route? {
    for key in ["matchers", "continue"] where section.has(key) {
      section.report(key, "has no meaning in the first route, which takes every alert")
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
    let own = Route(
      key: key,
      receiver: receiver(section) ?? parent.receiver,
      grouping: grouping(section) ?? parent.grouping,
      timing: timing(section, inheriting: parent.timing),
      matchers: matchers
    )
    var children: [Route] = []
    if depth < Self.maximumDepth {
      for child in section.sections("routes") {
        let matchers = self.matchers(child)
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

  private func matchers(_ section: SettingsSection) -> [CompiledMatcher] {
    section.texts("matchers").compactMap { text, mark in
      do throws(MatcherText.Malformed) {
        let matcher = try MatcherText.matcher(text)
        do throws(PatternError) {
          return try CompiledMatcher(matcher)
        } catch {
          section.report("matchers", at: mark, "\(text): \(error.reason)")
          return nil
        }
      } catch {
        section.report("matchers", at: mark, "\(text): \(error.reason)")
        return nil
      }
    }
  }

}
