// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import MetricModel
import Topology

/// Reads `maintenance`.
enum MaintenanceReader {
  /// The most announcements; each is asked about every alert while it lasts.
  static let countMax = 1_000

  /// The announcements in the order of the file; faults are noted in the section.
  static func read(_ section: SettingsSection) -> [MaintenanceWindow] {
    let items = section.sections("maintenance")
    if items.count > countMax {
      section.report("maintenance", "at most \(countMax) announcements may stand here")
    }
    return items.prefix(countMax).compactMap { item in
      let name = item.requiredText("name", "messages and explanations call the work by it")
      let components =
        item.texts("nodes").map { Component.node($0.text) } + guests(item)
        + item.texts("tiers").map { Component.tier($0.text) }
      let matchers = item.matchers("matchers")
      if !["nodes", "guests", "tiers", "matchers"].contains(where: { item.has($0) }) {
        item.report("matchers", "is required here, or nodes, guests or tiers: what is worked on")
      }
      guard let time = time(item) else { return nil }
      return MaintenanceWindow(
        name: name,
        time: time,
        matchers: matchers,
        components: components
      )
    }
  }

  private static func guests(_ item: SettingsSection) -> [Component] {
    item.texts("guests").compactMap { text, mark in
      guard let number = Int(text), number > 0 else {
        let message = "must be the number of a guest, such as 104, not \"\(text)\""
        item.report("guests", at: mark, message)
        return nil
      }
      return .guest(number)
    }
  }

  private static func time(_ item: SettingsSection) -> MaintenanceWindow.Time? {
    guard item.has("schedule") else {
      guard item.require("start", "when it begins, such as 2026-12-01T22:00:00Z, or a schedule"),
        item.require("end", "when it is over, such as 2026-12-02T02:00:00Z"),
        let start = instant(item, "start"), let end = instant(item, "end")
      else { return nil }
      if end <= start { item.report("end", "must be later than start") }
      return .once(start: start, end: end)
    }
    for key in ["start", "end"] where item.has(key) {
      item.report(key, "excludes schedule: work is done once or again and again")
    }
    _ = item.require("duration", "how long it takes each time, such as 2h")
    let duration = item.optionalSpan("duration", in: .seconds(60)...(.seconds(7 * 86_400)))
    let zone = item.timeZone("location") ?? .utc
    guard let text = item.text("schedule") else { return nil }
    do throws(CalendarEventFault) {
      let event = try CalendarEvent(parsing: text)
      return duration.map { .recurring(event, zone: zone, duration: $0) }
    } catch {
      item.report("schedule", error.reason)
      return nil
    }
  }

  private static func instant(_ item: SettingsSection, _ key: String) -> Timestamp? {
    guard let text = item.text(key) else { return nil }
    let instant = Timestamp(rfc3339: text)
    if instant == nil {
      item.report(key, "must be a date and time such as 2026-12-01T22:00:00Z, not \"\(text)\"")
    }
    return instant
  }
}
