// SPDX-License-Identifier: MIT
import Architecture
import YAML

/// Reads `architecture.backups` and the zone their schedules are meant in.
struct BackupReader {
  let root: SettingsSection

  func timeZone() -> TimeZoneRules {
    root.section("cluster")?.timeZone("timezone") ?? .utc
  }

  func backups() -> [DeclaredBackup] {
    guard let architecture = root.section("architecture") else { return [] }
    var names: Set<String> = []
    return architecture.sections("backups").compactMap { section in
      let guests = guests(section)
      let schedule = schedule(section)
      let name = section.text("name") ?? schedule?.description ?? ""
      if section.has("name"), name.isEmpty { section.report("name", "must not be empty") }
      if !name.isEmpty, !names.insert(name).inserted {
        section.report("name", "\"\(name)\" is used twice: give each backup a name of its own")
      }
      let modes = DeclaredBackup.Mode.allCases.map { ($0.rawValue, Optional($0)) }
      let storage = section.text("storage")
      if storage?.isEmpty == true { section.report("storage", "must not be empty") }
      let keepLast =
        section.has("keep_last")
        ? section.integer("keep_last", default: 1, in: 1...100_000) : nil
      let mode = section.choice(
        "mode",
        default: nil,
        among: Dictionary(uniqueKeysWithValues: modes)
      )
      let allowance = section.span(
        "run_allowance",
        default: .seconds(600),
        in: .seconds(60)...(.seconds(86_400))
      )
      guard let schedule, !guests.isEmpty else { return nil }
      return DeclaredBackup(
        name: name,
        guests: guests,
        schedule: schedule,
        keepLast: keepLast,
        mode: mode,
        storage: storage,
        runAllowance: allowance
      )
    }
  }

  private func schedule(_ section: SettingsSection) -> CalendarEvent? {
    let text = section.requiredText("schedule", "when it runs, such as mon..fri 00:00")
    guard !text.isEmpty else { return nil }
    do throws(CalendarEventFault) {
      return try CalendarEvent(parsing: text)
    } catch {
      section.report("schedule", error.reason)
      return nil
    }
  }

  /// Guests are listed as numbers and ranges: `[100-108, 200]`.
  private func guests(_ section: SettingsSection) -> [Int] {
    guard section.require("guests", "the guests it copies, such as [100-108]") else { return [] }
    if section.node("guests")?.content == .sequence([]) {
      section.report("guests", "must list at least one guest")
    }
    var guests: Set<Int> = []
    for (text, mark) in section.texts("guests") {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1],
        first >= 100, first <= last, last <= 999_999_999
      else {
        section.report(
          "guests",
          at: mark,
          "must be a guest such as 100 or 100-108, not \"\(text)\""
        )
        continue
      }
      guard last - first + guests.count < DeclaredBackup.guestsMax else {
        section.report("guests", at: mark, "names more than \(DeclaredBackup.guestsMax) guests")
        continue
      }
      for guest in first...last where !guests.insert(guest).inserted {
        section.report("guests", at: mark, "\(guest) is named twice")
        break
      }
    }
    return guests.sorted()
  }
}
