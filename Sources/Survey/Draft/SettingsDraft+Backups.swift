// SPDX-License-Identifier: MIT
import Architecture

/// The backup jobs as declarations.
extension SettingsDraft {
  var backupLines: [String] {
    guard !survey.jobs.isEmpty else {
      return [
        "  # backups:  # no backup job was told",
        "  #   - {guests: [100-108], schedule: \"mon..fri 00:00\", keep_last: 5, mode: snapshot}",
      ]
    }
    var names: Set<String> = []
    let jobs = survey.jobs.map { declaration($0, &names) }
    let isDeclared = jobs.contains(where: \.isDeclared)
    return [isDeclared ? "  backups:" : "  # backups:"] + jobs.flatMap(\.lines)
  }

  private func declaration(
    _ job: SurveyedJob,
    _ names: inout Set<String>
  ) -> (lines: [String], isDeclared: Bool) {
    let guests = guests(of: job)
    var fields = ["guests: [\(Self.ranges(guests))]"]
    fields.append("schedule: \(DraftText.quoted(job.schedule ?? ""))")
    // Only where it is the whole rule: it is compared with all of it.
    if job.retention.count == 1, let keep = job.retention["keep-last"],
      (1...100_000).contains(keep)
    {
      fields.append("keep_last: \(keep)")
    }
    if let mode = job.mode.flatMap(DeclaredBackup.Mode.init) {
      fields.append("mode: \(mode.rawValue)")
    }
    if let storage = job.storage { fields.append("storage: \(DraftText.scalar(storage))") }
    let about = "job \(job.id)" + (scopeNote(job).map { ", \($0)" } ?? "")
    if let fault = fault(job, guests) {
      let line = DraftText.comment("- {\(fields.joined(separator: ", "))}")
      return (["    # \(DraftText.comment("\(about): \(fault)"))", "    # \(line)"], false)
    }
    // What tells two declarations apart is their schedule, or else a name.
    let schedule = event(job)?.description ?? ""
    if !names.insert(schedule).inserted {
      var name = job.id
      while !names.insert(name).inserted { name += "-2" }
      fields.insert("name: \(DraftText.scalar(name))", at: 0)
    }
    let line = "    - {\(fields.joined(separator: ", "))}"
    return (["    # \(DraftText.comment(about))", line], true)
  }

  /// Why it cannot be declared.
  private func fault(_ job: SurveyedJob, _ guests: [Int]) -> String? {
    if !job.isEnabled { return "it is not enabled, so it never runs" }
    guard let schedule = job.schedule else { return "it has no schedule" }
    if event(job) == nil { return "hvsmon does not read the schedule \(schedule)" }
    if let node = job.node {
      return "it runs on \(node) only, and a declared backup is meant for every node"
    }
    if guests.isEmpty { return "none of its guests was told" }
    return guests.count > DeclaredBackup.guestsMax ? "it has too many guests" : nil
  }

  private func event(_ job: SurveyedJob) -> CalendarEvent? {
    guard let schedule = job.schedule else { return nil }
    do throws(CalendarEventFault) {
      return try CalendarEvent(parsing: schedule)
    } catch {
      return nil
    }
  }

  private func guests(of job: SurveyedJob) -> [Int] {
    let wanted: [Int]
    switch job.scope {
    case .guests(let numbers): wanted = numbers.filter { (100...999_999_999).contains($0) }
    case .all(let excluded):
      wanted = survey.guests.filter { !$0.isTemplate }.map(\.id).filter {
        !excluded.contains($0)
      }
    case .pool(let pool): wanted = survey.guests.filter { $0.pool == pool }.map(\.id)
    }
    guard let node = job.node else { return Set(wanted).sorted() }
    return Set(wanted).filter { survey.guest($0).map { $0.node == node } ?? true }.sorted()
  }

  private func scopeNote(_ job: SurveyedJob) -> String? {
    let place = job.node.map { " on \($0)" } ?? ""
    switch job.scope {
    case .guests: return nil
    case .all: return "for all guests\(place): those of today are named"
    case .pool(let pool): return "for the pool \(pool)\(place): its guests of today are named"
    }
  }

  /// `100-108, 200`; two neighbours stay two numbers.
  static func ranges(_ numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
      if let last = runs.last, number == last.upperBound + 1 {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.flatMap { run -> [String] in
      run.count > 2 ? ["\(run.lowerBound)-\(run.upperBound)"] : run.map(String.init)
    }
    .joined(separator: ", ")
  }
}
