// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot
import TestSupport
import Testing

@testable import StatusPage

@Suite struct PageTests {
  static let now = Timestamp(unixSeconds: 1_796_005_680)

  /// A cluster whose every name is the given one.
  static func snapshot(named name: String = "pve2", guests: Int = 3) -> ClusterSnapshot {
    var snapshot = ClusterSnapshot()
    (snapshot.cluster, snapshot.time, snapshot.version) = (name, now, "0.1.0")
    var verdict = VerdictPart()
    (verdict.level, verdict.words, verdict.situation) = (.warning, "Site works: \(name)", name)
    snapshot.verdict = verdict
    var freshness = FreshnessPart()
    (freshness.ageSeconds, freshness.targets, freshness.failing) = (4, 27, 1)
    snapshot.freshness = freshness
    var counts = AlertCounts()
    (counts.warning, counts.held) = (1, 2)
    snapshot.alertCounts = counts
    let down = Condition(.critical, .failed, since: now - .seconds(240), note: name, ageSeconds: 2)
    var node = NodeRow()
    (node.name, node.condition, node.evidence, node.cpuTrend) = (name, down, name, [0.1, 0.5])
    snapshot.nodes = [node]
    snapshot.guests = (0..<guests).map { index in
      var guest = GuestRow()
      (guest.id, guest.name, guest.node) = ("lxc/\(index)", name, name)
      guest.condition = Condition(.held, .failed, note: name)
      (guest.member, guest.tier) = ("\(name)\(index)", name)
      return guest
    }
    var tier = TierRow()
    (tier.name, tier.declared, tier.working, tier.failed) = (name, 3, 2, 1)
    (tier.condition, tier.members) = (Condition(.warning, .working), [name])
    snapshot.tiers = [tier]
    var entry = EntryRow()
    (entry.name, entry.condition, entry.durationSeconds) = (name, Condition(.ok, .working), 0.012)
    snapshot.entries = [entry]
    var balancer = BalancerRow()
    (balancer.name, balancer.tier, balancer.node) = (name, name, name)
    (balancer.vrrpState, balancer.hasFloatingAddress) = ("MASTER", true)
    balancer.condition = Condition(.ok, .working)
    snapshot.loadBalancers = [balancer]
    var alert = AlertRow()
    (alert.name, alert.level, alert.since, alert.summary) = (name, .warning, now, name)
    (alert.runbook, alert.holdsBack) = ("https://runbooks.example/\(name)", 2)
    snapshot.alerts = [alert]
    var change = ChangeRow()
    (change.time, change.level, change.object, change.words) = (now, .critical, name, name)
    snapshot.changes = [change]
    var backup = BackupRow()
    (backup.id, backup.name, backup.level, backup.note) = ("lxc/1", name, .critical, name)
    snapshot.backups = [backup]
    return snapshot
  }

  @Test func `a problem that flaps is told as one`() {
    var snapshot = Self.snapshot()
    var flapping = FlapPart()
    (flapping.since, flapping.changes) = (Self.now - .seconds(1_500), 12)
    (flapping.firingRatio, flapping.isFiring) = (0.4, true)
    snapshot.alerts[0].flapping = flapping
    let words = "It flaps: 12 changes in 25m, fired 40% of that time, fires now"
    #expect(PageDocument.html(.page, snapshot).contains(words))
    #expect(!PageDocument.html(.page, Self.snapshot()).contains("flaps"))
  }

  @Test func `a page says what people want to know in that order`() throws {
    let html = PageDocument.html(.page, Self.snapshot())
    var rest = html[...]
    for words in [
      "<title>(1!) hvsmon pve2</title>", "role=\"status\"", "Site works: pve2", "1 warning, 2 held",
      "data ", ">4s</time> old", "1 do not answer", "What users reach", "Redundancy", "Problems",
      "It holds back 2.", "The cluster", "floating IP", "What changed", "Backups: 1 of 1 not well",
      "Nodes: 1 of 1 not well", "Guests: 3 of 3 not well",
    ] {
      guard let place = rest.range(of: words) else {
        Issue.record("\(words) is missing or out of order")
        continue
      }
      rest = rest[place.upperBound...]
    }
    #expect(html.hasSuffix("</html>"))
  }

  @Test func `nothing that is not known passes for well`() {
    let html = PageDocument.html(.page, ClusterSnapshot())
    #expect(html.contains("badge unknown"))
    #expect(html.contains("nobody knows how the cluster stands"))
    #expect(html.contains("data of unknown age"))
    #expect(!html.contains("badge ok"))
    #expect(html.contains("<title>(?) hvsmon </title>"))
  }

  static let badNames = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
    "javascript:alert(1)", "</main></body>", "<!--", "]]>", "&lt;b&gt;", "\u{202e}x",
    "{{7*7}}", String(repeating: "<", count: 5_000),
  ]

  @Test(arguments: badNames)
  func `names that try to get out show as text`(_ name: String) {
    for kind in PageDocument.Kind.allCases {
      let plain = PageDocument.html(kind, Self.snapshot(named: "x"))
      let html = PageDocument.html(kind, Self.snapshot(named: name))
      // The same tags and no others: every name is text.
      #expect(Self.tags(html) == Self.tags(plain))
      #expect(!html.contains("\u{202e}"))
    }
  }

  private static func tags(_ html: String) -> [String] {
    html.split(separator: "<").dropFirst().map { part in
      String(part.prefix { $0 != " " && $0 != ">" })
    }
  }

  @Test func `only a web address becomes a link`() {
    var snapshot = Self.snapshot()
    snapshot.alerts[0].runbook = "javascript:alert(1)"
    #expect(!PageDocument.html(.page, snapshot).contains("javascript:"))
  }

  @Test func `nothing is inline, so that the policy can forbid it`() {
    for kind in PageDocument.Kind.allCases {
      let html = PageDocument.html(kind, Self.snapshot())
      #expect(!html.contains(" style="))
      #expect(!html.contains("<style"))
      for tag in html.split(separator: "<").map({ $0.prefix { $0 != ">" } }) {
        #expect(!tag.contains(" on"), "an event handler in \(tag)")
      }
      #expect(html.components(of: "<script").count == 2)
      #expect(html.contains("<noscript><meta http-equiv=\"refresh\""))
    }
  }

  @Test func `a first visit weighs less than sixty kilobytes, compressed`() throws {
    let html = PageDocument.html(.page, Self.snapshot(guests: 1_000))
    let parts = [Array(html.utf8), PackageResources.page_css, PackageResources.page_js]
    let bytes = try parts.reduce(0) { try $0 + #require(Gzip.compressed($1)).count }
    #expect(bytes < 60_000, "\(bytes)")
  }

  @Test func `the wall shows four problems and says how many more there are`() {
    var snapshot = Self.snapshot()
    snapshot.alerts = .init(repeating: snapshot.alerts[0], count: 9)
    let html = PageDocument.html(.wall, snapshot)
    #expect(html.contains("and 5 more"))
    #expect(!html.contains("Guests:"))
  }

  @Test func `the same snapshot makes the same page`() {
    let snapshot = Self.snapshot()
    #expect(PageDocument.html(.page, snapshot) == PageDocument.html(.page, snapshot))
  }
}

extension String {
  fileprivate func components(of separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }

  fileprivate func range(of text: String) -> Range<String.Index>? { self[...].range(of: text) }
}

extension Substring {
  /// Where a text begins and ends.
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
