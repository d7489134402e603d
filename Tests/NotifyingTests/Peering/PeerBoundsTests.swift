// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

@testable import Notifying

/// What instances keep for each other, and what they leave out.
@Suite struct PeerBoundsTests {
  private static func replica(_ name: String, _ log: ToldLog = ToldLog()) -> PeerReplica {
    let terms = PeerReplica.Terms(
      cluster: "c",
      name: name,
      order: ["a", "b"],
      wait: .seconds(15)
    )
    return PeerReplica(terms: terms, epoch: "\(name)-1", log: log, now: time(0))
  }

  private static func key(_ group: String) -> ToldKey {
    ToldKey(IntegrationID(receiver: "chat", kind: "test"), group)
  }

  private static func fingerprint(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// A full log; the group `g0` is of use for the shortest time.
  private static let full = ToldLog(
    Dictionary(
      uniqueKeysWithValues: (0..<ToldLog.groupsMax).map {
        (key("g\($0)"), ToldGroup(expiresAt: time(10_000 + Double($0))))
      }
    )
  )

  @Test func `of more groups than there may be those of use for the longest are read`() {
    var groups = Self.full.groups
    groups[Self.key("soon")] = ToldGroup(expiresAt: time(9_999))
    let log = ToldLog(groups)
    #expect(log.groups.count == ToldLog.groupsMax && log.groups[Self.key("soon")] == nil)
  }

  @Test func `a group that makes room is told, to be dropped where it is stored`() throws {
    var replica = Self.replica("a", Self.full)
    let told = replica.note(notification("new", [], at: 1), leaving: nil, now: time(1))
    #expect(told == [Self.key("new"), Self.key("g0")])
    var other = Self.replica("b")
    _ = other.note(notification("newer", [], at: 2), leaving: nil, now: time(2))
    let news = try replica.take(other.message(to: "a", now: time(2)), now: time(2))
    #expect(Set(news.told) == [Self.key("newer"), Self.key("g1")])
    // Nothing is left that would be handed on.
    #expect(replica.journal.changes(after: 0).count == ToldLog.groupsMax)
  }

  @Test func `to one that does not answer only a sign of life is sent`() throws {
    var first = Self.replica("a")
    var second = Self.replica("b")
    _ = first.note(notification("g", [], at: 1), leaving: nil, now: time(1))
    let bare = first.message(to: "b", isBare: true, now: time(2)) { _ in
      Issue.record("nothing is looked at")
      return .enough
    }
    #expect(bare.items.isEmpty && !bare.isWhole)
    _ = try second.take(bare, now: time(2))
    #expect(second.isAlive("a", at: time(2)) && second.link(to: "a")?.isSettled == false)
    // What it lacks follows, and then nothing does.
    _ = try second.take(first.message(to: "b", now: time(3)), now: time(3))
    #expect(second.log.groups == first.log.groups)
    _ = try first.take(second.message(to: "a", now: time(3)), now: time(3))
    #expect(first.message(to: "b", isBare: true, now: time(4)).isWhole)
  }

  @Test func `what does not stay is no news`() {
    func alerts(_ numbers: Range<Int>, version: Int64) -> [String: ToldAlert] {
      Dictionary(
        uniqueKeysWithValues: numbers.map {
          (Self.fingerprint($0), ToldAlert(.firing, .warning, version: version, by: "a"))
        }
      )
    }
    var full = ToldGroup(alerts: alerts(0..<ToldGroup.alertsMax, version: 5), expiresAt: time(9))
    let before = full
    let older = ToldGroup(alerts: alerts(20_000..<20_010, version: 4), expiresAt: time(9))
    var isNews = full.merge(older)
    #expect(!isNews && full == before)
    isNews = full.merge(full)
    #expect(!isNews && full == before)
    let newer = ToldGroup(alerts: alerts(20_000..<20_010, version: 6), expiresAt: time(9))
    isNews = full.merge(newer)
    #expect(isNews && full.alerts.count == ToldGroup.alertsMax && full.newestVersion == 6)
    let ended = ToldAlert(.ended, .warning, version: 5, by: "a")
    let days = ToldGroup.endedKept.wholeMilliseconds * 2
    var late = ToldGroup(alerts: alerts(0..<1, version: days), expiresAt: time(9))
    let old = ToldGroup(alerts: [Self.fingerprint(7): ended], expiresAt: time(9))
    isNews = late.merge(old)
    #expect(!isNews && late.alerts.count == 1)
  }

  @Test func `many ends of one group are one change of it`() throws {
    var log = ToldLog()
    let alerts = (0..<3).map { alert("A\($0)") }
    log.note(
      notification("g", alerts.map { NotifiedAlert($0) }, at: 1),
      leaving: nil,
      by: "a",
      serial: nil,
      lifetime: .seconds(7_200),
      now: time(1)
    )
    let ends = alerts.prefix(2).map { SilentEnd(Self.key("g"), fingerprint: $0.fingerprint) }
    let unknown = SilentEnd(Self.key("other"), fingerprint: alerts[0].fingerprint)
    let changed = log.note(ends + [unknown], by: "b", now: time(5))
    #expect(changed == [Self.key("g")])
    let group = try #require(log.groups[Self.key("g")])
    #expect(
      alerts.map { group.alerts[$0.fingerprint]?.state } == [.forgotten, .forgotten, .firing]
    )
    #expect(Set(ends.map { group.alerts[$0.fingerprint]?.version }).count == 1)
    #expect(group.newestVersion == group.alerts.values.map(\.version).max())
    let again = log.note(ends, by: "b", now: time(6))
    let tooLate = log.note(
      [SilentEnd(Self.key("g"), fingerprint: alerts[2].fingerprint)],
      by: "b",
      now: time(9_000)
    )
    #expect(again.isEmpty && tooLate.isEmpty)
  }
}
