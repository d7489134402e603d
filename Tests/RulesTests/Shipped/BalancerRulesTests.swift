// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Rules
import Testing

/// The shipped rules about load balancers and hosts: what is one fault is told by one rule.
@Suite struct BalancerRulesTests {
  /// One group of the shipped rules over series that stay as they are, evaluated every 15 seconds.
  private final class Bench {
    private let bench: RuleBench
    private let group: Int
    private var live: [LabelSet: Double] = [:]
    private var seconds = 0
    private(set) var names: Set<String> = []
    private(set) var firing: [Alert] = []

    init(_ group: String) throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
      bench = try RuleBench(String(decoding: text, as: UTF8.self))
      self.group = try #require(bench.evaluator.groups.firstIndex { $0.group.name == group })
    }

    func set(_ metric: String, _ labels: [String: String], _ value: Double?) {
      let own = ["cluster": "c", "tier": "lb", "instance": "lb1"].merging(labels) { $1 }
      let series = LabelSet(metric: metric, own.filter { !$0.value.isEmpty })
      live[series] = value
      if value == nil { bench.series.add(series, .stalenessMarker, at: at(seconds + 1)) }
    }

    func run(for span: Int) {
      for _ in 0..<span / 15 {
        seconds += 15
        for (labels, value) in live { bench.series.add(labels, value, at: at(seconds)) }
        firing = bench.evaluate(at(seconds), group: group).firing
        names = Set(firing.compactMap { $0.labels["alertname"] })
      }
    }
  }

  private static let nginx = ["job": "nginx_host"]
  private static let router = ["job": "vrrp"]

  @Test func `a configuration that differs is told, unless it is told as what deviates`() throws {
    let bench = try Bench("load-balancer")
    bench.set("hvsmon_nginx_config_differs", Self.nginx, 1)
    bench.set("hvsmon_nginx_moved_clients_ratio", Self.nginx, 0.66)
    bench.run(for: 15 * 60)
    #expect(bench.names == [])
    bench.run(for: 30)
    #expect(bench.names == ["NginxConfigurationsDiffer"])
    let text = bench.firing.first?.annotations.first { $0.name == "description" }?.value
    #expect(text?.contains("Clients of 66% of all networks would move") == true, "\(text ?? "")")
    let labels = Self.nginx.merging(["name": "lb1", "aspect": "nginx max_fails"]) { $1 }
    bench.set("hvsmon_deviation", labels, 1)
    bench.run(for: 15)
    #expect(bench.names == [])
  }

  @Test func `clients that wander are told, unless a member is known to have lost ip_hash`() throws
  {
    let bench = try Bench("load-balancer")
    let sticky = ["job": "nginx_sticky", "instance": ""]
    bench.set("hvsmon_nginx_sticky", sticky, 0)
    bench.run(for: 120)
    #expect(bench.names == [])
    bench.run(for: 30)
    #expect(bench.names == ["NginxNotSticky"])
    bench.set("hvsmon_nginx_sticky", sticky, 1)
    bench.run(for: 300)
    #expect(bench.names == [])
    bench.set("hvsmon_nginx_sticky", sticky, 0)
    let labels = Self.nginx.merging(["name": "lb1", "aspect": "nginx balancing"]) { $1 }
    bench.set("hvsmon_deviation", labels, 1)
    bench.run(for: 300)
    #expect(bench.names == [])
  }

  @Test func `another server than the computed one is told only while all members work`() throws {
    let bench = try Bench("load-balancer")
    bench.set("hvsmon_nginx_sticky_as_hashed", ["job": "nginx_sticky", "instance": ""], 0)
    bench.set("hvsmon_member_working", ["tier": "app", "instance": "app1"], 0)
    bench.run(for: 20 * 60)
    #expect(bench.names == [])
    bench.set("hvsmon_member_working", ["tier": "app", "instance": "app1"], 1)
    bench.run(for: 16 * 60)
    #expect(bench.names == ["NginxStickyElsewhere"])
  }

  @Test func `keepalived that is down is told, unless its address or the lack of one is`() throws {
    for state in ["stale", "none"] {
      let bench = try Bench("load-balancer")
      bench.set("keepalived_up", Self.router, 0)
      bench.set(
        "hvsmon_vrrp_verdict",
        Self.router.merging(["instance": "", "state": state]) { $1 },
        1
      )
      bench.run(for: 120)
      #expect(!bench.names.contains("VrrpMemberDown"))
      bench.set(
        "hvsmon_vrrp_verdict",
        Self.router.merging(["instance": "", "state": state]) { $1 },
        0
      )
      bench.run(for: 90)
      #expect(bench.names == ["VrrpMemberDown"])
    }
  }

  @Test func `a master that was stopped is told as a fail-over, and much later as down`() throws {
    let bench = try Bench("load-balancer")
    let whole = Self.router.merging(["instance": ""]) { $1 }
    let change = whole.merging(["from": "lb1", "to": "lb2", "cause": "resigned"]) { $1 }
    bench.set("hvsmon_vrrp_transitions_total", whole.merging(["cause": "resigned"]) { $1 }, 0)
    bench.run(for: 60)
    let moved = at(75).unixSeconds
    bench.set("hvsmon_vrrp_transitions_total", whole.merging(["cause": "resigned"]) { $1 }, 1)
    bench.set("hvsmon_vrrp_last_transition_info", change, 1)
    bench.set("hvsmon_vrrp_last_transition_timestamp_seconds", whole, moved)
    for member in ["lb1", "lb2"] {
      bench.set("keepalived_up", Self.router.merging(["instance": member]) { $1 }, 0)
    }
    bench.run(for: 90)
    // A member that was not master has told nothing yet.
    #expect(bench.names == ["VrrpFailover", "VrrpMemberDown"])
    #expect(bench.firing.last?.labels["instance"] == "lb2")
    bench.set("keepalived_up", Self.router.merging(["instance": "lb2"]) { $1 }, 1)
    bench.run(for: 13 * 60)
    #expect(bench.names == [])
    bench.run(for: 3 * 60)
    #expect(bench.names == ["VrrpMemberDown"])
  }

  @Test(arguments: [(3.0, "in fault"), (0.0, "in its initial state")])
  func `a router that cannot take over is told, with what it is in`(state: Double, words: String)
    throws
  {
    let bench = try Bench("load-balancer")
    bench.set("keepalived_vrrp_state", Self.router, state)
    bench.run(for: 60)
    #expect(bench.names == [])
    bench.run(for: 30)
    #expect(bench.names == ["VrrpFault"])
    let summary = bench.firing.first?.annotations.first { $0.name == "summary" }?.value
    #expect(summary == "keepalived on lb1 is \(words): it cannot take the floating IP.")
    bench.set("keepalived_vrrp_state", Self.router, 1)
    bench.run(for: 15)
    #expect(bench.names == [])
  }

  @Test func `a host is one alert for all who cannot ask it, VRRP among them`() throws {
    let bench = try Bench("app")
    let jobs = ["pm2", "nginx_host", "vrrp_host"]
    for job in jobs { bench.set("up", ["job": job, "tier": job == "vrrp_host" ? "" : "lb"], 0) }
    bench.run(for: 60)
    #expect(bench.names == [])
    bench.run(for: 30)
    #expect(bench.firing.count == 1 && bench.names == ["HostNotAsked"])
    #expect(bench.firing.first?.labels["instance"] == "lb1")
    for job in ["pm2", "nginx_host"] { bench.set("up", ["job": job], 1) }
    bench.run(for: 15)
    #expect(bench.names == ["HostNotAsked"])
    bench.set("up", ["job": "vrrp_host", "tier": ""], 1)
    bench.run(for: 15)
    #expect(bench.names == [])
  }

  @Test func `another host key is an alarm at its first failure, and stays one while it lasts`()
    throws
  {
    let bench = try Bench("app")
    let labels = ["job": "vrrp_host", "tier": "", "reason": "host_key_changed"]
    bench.set("up", ["job": "vrrp_host", "tier": ""], 1)
    bench.run(for: 60)
    for count in 2...60 {
      bench.set("up", ["job": "vrrp_host", "tier": ""], 0)
      bench.set("hvsmon_target_poll_failures_total", labels, Double(count))
      bench.run(for: 30)
      #expect(bench.names == ["HostKeyChanged"] && bench.firing.count == 1)
    }
  }
}
