// SPDX-License-Identifier: MIT
import Configuration
import MetricModel

/// What the section `nginx.expect` of a tier declares; what is nil does not matter.
struct NginxExpectation: Equatable, Sendable {
  /// How requests are meant to be limited.
  struct RateLimit: Equatable, Sendable {
    let zone: String
    let rate: String?
    let burst: Int?
    let isWithoutDelay: Bool?
  }

  /// One point in which a configuration is not as declared.
  struct Deviation: Equatable, Sendable {
    let aspect: String
    let expected: String
    let found: String
  }

  var upstream: String?
  var balancing: String?
  var failsMax: Int?
  var failTime: Duration?
  var limit: RateLimit?

  /// Where a configuration is not as declared; empty when it is.
  func deviations(of found: NginxConfiguration) -> [Deviation] {
    upstreamDeviations(of: found) + limitDeviations(of: found)
  }

  /// How clients are given to servers: in the upstream that is named, else in the only one; nil where
  /// that is not `ip_hash`.
  func hash(in found: NginxConfiguration) -> NginxIPHash? {
    let groups = upstream.map { name in found.upstreams.filter { $0.name == name } }
    let candidates = groups ?? found.upstreams
    return candidates.count == 1 ? NginxIPHash(candidates[0]) : nil
  }

  private func upstreamDeviations(of found: NginxConfiguration) -> [Deviation] {
    guard let upstream else { return [] }
    guard let group = found.upstreams.first(where: { $0.name == upstream }) else {
      return [Deviation(aspect: "nginx upstream", upstream, Self.list(found.upstreams.map(\.name)))]
    }
    var points: [Deviation] = []
    if let balancing, balancing != group.balancing {
      points.append(Deviation(aspect: "nginx balancing", balancing, group.balancing))
    }
    if let failsMax {
      let others = group.servers.filter { Int($0.failsMax) != failsMax }
      points += Self.deviation("nginx max_fails", String(failsMax), others, \.failsMax)
    }
    if let failTime {
      let others = group.servers.filter { Self.span($0.failTime) != failTime }
      let expected = QuantityText.text(of: failTime)
      points += Self.deviation("nginx fail_timeout", expected, others, \.failTime)
    }
    return points
  }

  private func limitDeviations(of found: NginxConfiguration) -> [Deviation] {
    guard let limit else { return [] }
    guard let zone = found.zones.first(where: { $0.name == limit.zone }) else {
      let names = Self.list(found.zones.map(\.name))
      return [Deviation(aspect: "nginx limit_req_zone", limit.zone, names)]
    }
    var points: [Deviation] = []
    if let rate = limit.rate, Self.requestsPerMinute(rate) != Self.requestsPerMinute(zone.rate) {
      points.append(Deviation(aspect: "nginx rate", rate, zone.rate))
    }
    let uses = found.limits.filter { $0.zone == limit.zone }
    if uses.isEmpty {
      points.append(Deviation(aspect: "nginx limit_req", "zone=\(limit.zone)", "not used"))
    }
    if let burst = limit.burst {
      let others = Set(uses.map(\.burst)).filter { Int($0) != burst }
      if !others.isEmpty {
        points.append(Deviation(aspect: "nginx burst", String(burst), Self.list(others.sorted())))
      }
    }
    if let isWithoutDelay = limit.isWithoutDelay,
      uses.contains(where: { $0.isWithoutDelay != isWithoutDelay })
    {
      points.append(Deviation(aspect: "nginx nodelay", "\(isWithoutDelay)", "\(!isWithoutDelay)"))
    }
    return points
  }

  /// What differs, and at which servers.
  private static func deviation(
    _ aspect: String,
    _ expected: String,
    _ others: [NginxConfiguration.Server],
    _ value: KeyPath<NginxConfiguration.Server, String>
  ) -> [Deviation] {
    guard !others.isEmpty else { return [] }
    let found = others.map { "\($0[keyPath: value]) (\($0.address))" }
    return [Deviation(aspect: aspect, expected, list(found))]
  }

  private static func list(_ texts: [String]) -> String {
    texts.isEmpty ? "none" : String(texts.joined(separator: ", ").prefix(200))
  }

  /// Requests a minute of a rate such as `20r/s` or `30r/m`; nil when it is no rate.
  static func requestsPerMinute(_ rate: String) -> Int? {
    let number = Int(rate.dropLast(3))
    switch rate.suffix(3) {
    case "r/s": return number.flatMap { $0 < 1_000_000 ? $0 * 60 : nil }
    case "r/m": return number
    default: return nil
    }
  }

  /// A time in nginx's notation, such as `5s`, `1m30s` or `5`; nil when it is none.
  static func span(_ text: String) -> Duration? {
    var total = Duration.zero
    var rest = text[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber }
      guard let number = Int64(digits), number < 1_000_000_000 else { return nil }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      switch unit {
      case "ms": total += .milliseconds(number)
      case "s", "": total += .seconds(number)
      case "m": total += .seconds(number * 60)
      case "h": total += .seconds(number * 3_600)
      case "d": total += .seconds(number * 86_400)
      default: return nil
      }
    }
    return total
  }
}

extension NginxExpectation.Deviation {
  fileprivate init(aspect: String, _ expected: String, _ found: String) {
    self.init(aspect: aspect, expected: expected, found: found)
  }
}

extension NginxExpectation {
  private static let ways: [String: String?] = [
    "ip_hash": "ip_hash", "least_conn": "least_conn", "hash": "hash", "random": "random",
    "round_robin": "round_robin",
  ]

  /// Reads the keys; what is wrong is reported to the section.
  init(reading section: SettingsSection) {
    upstream = section.text("upstream")
    balancing = section.choice("balancing", default: nil, among: Self.ways)
    if section.has("max_fails") {
      failsMax = section.integer("max_fails", default: 1, in: 0...1_000_000)
    }
    failTime = section.optionalSpan("fail_timeout", in: .zero...(.seconds(86_400)))
    if upstream == nil, balancing != nil || failsMax != nil || failTime != nil {
      section.report("upstream", "is required here: the name of the upstream that this is about")
    }
    guard let keys = section.section("rate_limit") else { return }
    let rate = keys.text("rate")
    if let rate, Self.requestsPerMinute(rate) == nil {
      keys.report("rate", "must be a rate such as 20r/s or 30r/m, not \"\(rate)\"")
    }
    limit = RateLimit(
      zone: keys.requiredText("zone", "the name of the limit_req_zone"),
      rate: rate,
      burst: keys.has("burst") ? keys.integer("burst", default: 0, in: 0...1_000_000) : nil,
      isWithoutDelay: keys.has("nodelay") ? keys.flag("nodelay", default: false) : nil
    )
  }
}
