// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Rules
import Testing

/// The shipped rules about what hosts tell by ssh, over series in memory.
@Suite struct HostRulesTests {
  private final class Bench {
    private let bench: RuleBench
    private var live: [LabelSet: Double] = [:]
    private var seconds = 0
    private(set) var firing: [Alert] = []

    init() throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      let text = try Data(contentsOf: root.appending(path: "alerts.yml"))
      bench = try RuleBench(String(decoding: text, as: UTF8.self))
    }

    func names() -> [String] {
      firing.map { "\($0.labels["alertname"] ?? "") \($0.labels["instance"] ?? "")" }.sorted()
    }

    func set(_ metric: String, _ labels: [String: String], _ value: Double) {
      live[LabelSet(metric: metric, labels.merging(["cluster": "c"]) { $1 })] = value
    }

    func raise(_ metric: String, _ labels: [String: String], by step: Double) {
      let key = LabelSet(metric: metric, labels.merging(["cluster": "c"]) { $1 })
      live[key, default: 0] += step
    }

    /// Evaluates every group that ships, every 15 seconds.
    func run(for span: Int, each step: () -> Void = {}) {
      for _ in 0..<span / 15 {
        seconds += 15
        step()
        for (labels, value) in live { bench.series.add(labels, value, at: at(seconds)) }
        firing = bench.evaluator.groups.indices.flatMap {
          bench.evaluate(at(seconds), group: $0).firing
        }
      }
    }
  }

  private let failures = [
    "job": "nginx_host", "tier": "load-balancer", "instance": "nginx1", "reason": "refused",
    "server": "10.0.0.6:3000", "member": "webapp1",
  ]

  @Test func `requests that fail at a server that works are told, at one that is down not`() throws
  {
    for isDown in [false, true] {
      let bench = try Bench()
      let member = ["tier": "app", "instance": "webapp1"]
      bench.set("hvsmon_member_working", member, 1)
      bench.set("hvsmon_nginx_upstream_failures_total", failures, 0)
      bench.run(for: 60)
      bench.set("hvsmon_member_working", member, isDown ? 0 : 1)
      bench.run(for: 120) { bench.raise("hvsmon_nginx_upstream_failures_total", failures, by: 6) }
      // What it left in the log is not told after its return either.
      bench.set("hvsmon_member_working", member, 1)
      bench.run(for: 120)
      #expect(bench.names() == (isDown ? [] : ["NginxUpstreamFailing nginx1"]), "\(isDown)")
    }
  }

  @Test func `an upstream without a server is not told beside the tier that is down`() throws {
    for isDown in [false, true] {
      let bench = try Bench()
      let labels = ["tier": "load-balancer", "instance": "nginx1", "upstream": "app"]
      bench.set("hvsmon_nginx_upstream_exhausted_total", labels, 0)
      bench.set("hvsmon_tier_state", ["tier": "app", "state": "failed"], isDown ? 1 : 0)
      bench.run(for: 30)
      bench.raise("hvsmon_nginx_upstream_exhausted_total", labels, by: 4)
      bench.run(for: 30)
      #expect(bench.names() == (isDown ? ["TierDown "] : ["NginxUpstreamExhausted nginx1"]))
    }
  }

  @Test func `a configuration that differs is told where it is not known in what`() throws {
    for isKnown in [false, true] {
      let bench = try Bench()
      let labels = ["job": "nginx_host", "tier": "load-balancer", "instance": "nginx3"]
      bench.set("hvsmon_nginx_config_differs", labels, 1)
      let deviation = ["component": "member", "name": "nginx3", "aspect": "nginx burst"]
      if isKnown { bench.set("hvsmon_deviation", labels.merging(deviation) { $1 }, 1) }
      bench.run(for: 20 * 60)
      #expect(
        bench.names()
          == (isKnown ? ["ArchitectureDeviates nginx3"] : ["NginxConfigurationsDiffer nginx3"])
      )
    }
  }

  @Test func `rejected requests are told after a minute, and a short burst not`() throws {
    let bench = try Bench()
    let labels = [
      "tier": "load-balancer", "instance": "nginx1", "zone": "z", "outcome": "rejected",
    ]
    bench.set("hvsmon_nginx_limited_requests_total", labels, 0)
    bench.run(for: 60)
    bench.raise("hvsmon_nginx_limited_requests_total", labels, by: 600)
    bench.run(for: 120)
    #expect(bench.names() == [])
    bench.run(for: 105) { bench.raise("hvsmon_nginx_limited_requests_total", labels, by: 600) }
    #expect(bench.names() == ["NginxRejectsMany nginx1"])
    bench.run(for: 240)
    #expect(bench.names() == [])
  }

  @Test func `a host with another key is one alarm, one that refuses the login is not asked`()
    throws
  {
    for reason in ["host_key_changed", "authentication"] {
      let bench = try Bench()
      let jobs = [("nginx_host", "load-balancer"), ("vrrp_host", "")]
      func each(_ body: ([String: String]) -> Void) {
        for (job, tier) in jobs { body(["job": job, "tier": tier, "instance": "nginx3"]) }
      }
      each { bench.set("up", $0, 1) }
      bench.run(for: 60)
      each { bench.set("up", $0, 0) }
      bench.run(for: 180) {
        each { labels in
          bench.raise(
            "hvsmon_target_poll_failures_total",
            labels.merging(["reason": reason]) { $1 },
            by: 1
          )
        }
      }
      let expected = reason == "authentication" ? "HostNotAsked" : "HostKeyChanged"
      #expect(bench.names() == ["\(expected) nginx3"])
    }
  }

  @Test func `a fail-over tells first how long nobody had the address`() throws {
    let bench = try Bench()
    let tier = ["tier": "load-balancer"]
    let moved = ["from": "nginx1", "to": "nginx2", "cause": "resigned"]
    bench.set("hvsmon_vrrp_transitions_total", tier.merging(["cause": "resigned"]) { $1 }, 0)
    bench.run(for: 60)
    bench.set("hvsmon_vrrp_transitions_total", tier.merging(["cause": "resigned"]) { $1 }, 1)
    bench.set("hvsmon_vrrp_last_transition_info", tier.merging(moved) { $1 }, 1)
    bench.set("hvsmon_vrrp_failover_gap_seconds", tier, 0.612)
    bench.run(for: 15)
    let summary = bench.firing.first?.annotations.first { $0.name == "summary" }?.value
    #expect(
      summary == "The floating IP of tier load-balancer moved from nginx1 to nginx2; "
        + "nobody had it for 612ms."
    )
  }
}
