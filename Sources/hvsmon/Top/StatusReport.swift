// SPDX-License-Identifier: MIT
import Snapshot
import TopView

/// What `hvsmon status` says of a snapshot.
struct StatusReport {
  let lines: [String]
  let exitStatus: Int32

  /// Nil when there is no such tier.
  init?(_ snapshot: ClusterSnapshot, tier name: String?) {
    let isOld = Self.isOld(snapshot)
    guard let name else {
      let level = snapshot.verdict?.level ?? .unknown
      exitStatus = isOld ? 3 : Self.exitStatus(level)
      lines = Self.whole(snapshot, level, isOld: isOld)
      return
    }
    guard let tier = snapshot.tiers.first(where: { $0.name == name }) else { return nil }
    exitStatus = isOld ? 3 : Self.exitStatus(tier.condition.level)
    lines = [Self.line(tier)] + (isOld ? [Self.oldWords(snapshot)] : [])
  }

  private static func whole(_ snapshot: ClusterSnapshot, _ level: Level, isOld: Bool) -> [String] {
    var lines = ["\(word(level)): \(snapshot.verdict?.words ?? "the daemon gives no verdict")"]
    if isOld { lines = ["UNKNOWN: \(oldWords(snapshot)). Last: \(lines[0])"] }
    if let situation = snapshot.verdict?.situation, !situation.isEmpty { lines.append(situation) }
    lines.append("")
    lines += snapshot.tiers.map { line($0) }
    if let quorum = snapshot.quorum {
      let present = quorum.votesPresent.map { String($0) } ?? "?"
      let needed = quorum.votesNeeded.map { String($0) } ?? "?"
      lines.append("\(word(quorum.condition)) quorum: \(present) votes, \(needed) needed")
    }
    let open = snapshot.alerts.filter { $0.level != .held }
    if !open.isEmpty { lines += ["", "Alerts:"] }
    lines += open.prefix(20).map { alert in
      let held = alert.holdsBack > 0 ? " (holds back \(alert.holdsBack))" : ""
      let flaps = alert.flapping.map { " (\($0.briefWords(at: snapshot.time)))" } ?? ""
      let says = alert.summary ?? alert.object ?? ""
      return "  \(word(alert.level)) \(alert.name): \(says)\(flaps)\(held)"
    }
    if open.count > 20 { lines.append("  and \(open.count - 20) more") }
    let age = snapshot.freshness?.ageSeconds.map(Self.seconds) ?? "of unknown age"
    lines += ["", "Data: \(age) old, \(snapshot.freshness?.targets ?? 0) targets"]
    return lines.map(CleanText.line)
  }

  private static func line(_ tier: TierRow) -> String {
    let spare =
      tier.condition.state == .failed
      ? "down" : tier.failuresTolerated > 0 ? "\(tier.failuresTolerated) more may fail" : "no spare"
    return CleanText.line(
      "\(word(tier.condition)) \(tier.name): \(tier.working) of \(tier.declared) work, "
        + "\(tier.needed) needed, \(spare)"
    )
  }

  private static func word(_ condition: Condition) -> String {
    condition.state == .failed ? "CRITICAL" : word(condition.level)
  }

  private static func word(_ level: Level) -> String {
    switch level {
    case .ok, .info, .maintenance: "OK"
    case .warning, .held: "WARNING"
    case .critical: "CRITICAL"
    case .unknown: "UNKNOWN"
    }
  }

  private static func exitStatus(_ level: Level) -> Int32 {
    switch level {
    case .ok, .info, .maintenance: 0
    case .warning, .held: 1
    case .critical: 2
    case .unknown: 3
    }
  }

  /// Nothing was asked for a while: what is known may be over.
  private static func isOld(_ snapshot: ClusterSnapshot) -> Bool {
    guard let freshness = snapshot.freshness, let age = freshness.ageSeconds else { return true }
    return age > max(60, 3 * (freshness.intervalSeconds ?? 0))
  }

  private static func oldWords(_ snapshot: ClusterSnapshot) -> String {
    snapshot.freshness?.ageSeconds.map { "what is known is \(seconds($0)) old" }
      ?? "nothing was asked yet"
  }

  /// A daemon may say any number.
  private static func seconds(_ age: Double) -> String {
    "\(Int(max(0, min(age, 1e9)))) s"
  }
}
