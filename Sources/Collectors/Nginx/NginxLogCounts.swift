// SPDX-License-Identifier: MIT
import MetricModel

/// What nginx's error log told, counted.
///
/// Lines come without the request and the client: `deploy/facts.sh` keeps them on the host.
struct NginxLogCounts: Equatable, Sendable {
  /// What became of a request past a limit.
  enum Limited: String, CaseIterable, Sendable {
    case rejected
    case delayed
    /// It was passed, because the limit is only tried out.
    case dryRun = "dry_run"
  }

  /// Why a request to an upstream's server failed.
  enum UpstreamFailure: String, CaseIterable, Sendable {
    case refused
    case noRoute = "no_route"
    case connectTimeout = "connect_timeout"
    case answerTimeout = "answer_timeout"
    case closed
    case other
  }

  struct LimitKey: Hashable, Sendable {
    let zone: String
    let outcome: Limited
  }

  struct FailureKey: Hashable, Sendable {
    let server: String
    let reason: UpstreamFailure
  }

  /// Different zones and servers that are told apart; the rest is counted as `other`.
  static let namesMax = 100

  private(set) var limited: [LimitKey: Int] = [:]
  private(set) var failures: [FailureKey: Int] = [:]
  /// Servers that were left out for a while.
  private(set) var disabled: [String: Int] = [:]
  /// Requests for which an upstream had no server left.
  private(set) var withoutServer: [String: Int] = [:]
  private(set) var connectionsExhausted = 0
  /// Idle connections that were closed to make room.
  private(set) var connectionsReused = 0
  /// Lines by level, of `emerg`, `alert` and `crit`.
  private(set) var severe = ["emerg": 0, "alert": 0, "crit": 0]

  /// Zones and servers that are known, so that their counts begin with 0.
  mutating func expect(zones: [String], servers: [String], upstreams: [String]) {
    for zone in zones.prefix(Self.namesMax) {
      for outcome in Limited.allCases {
        limited[LimitKey(zone: zone, outcome: outcome), default: 0] += 0
      }
    }
    for server in servers.prefix(Self.namesMax) {
      disabled[server, default: 0] += 0
      for reason in UpstreamFailure.allCases {
        failures[FailureKey(server: server, reason: reason), default: 0] += 0
      }
    }
    for upstream in upstreams.prefix(Self.namesMax) { withoutServer[upstream, default: 0] += 0 }
  }

  /// Counts one line.
  mutating func take(_ text: String) {
    let line = LogLine(text)
    if let level = line.between("[", "]"), severe[level] != nil {
      severe[level, default: 0] += 1
    }
    if line.has("worker_connections are not enough") {
      // "..., reusing connections" closes idle ones; without it a client was turned away.
      if line.has("reusing connections") {
        connectionsReused += 1
      } else {
        connectionsExhausted += 1
      }
    } else if line.has("limiting requests") || line.has("delaying request") {
      takeLimited(line)
    } else if line.has("upstream") {
      takeUpstream(line)
    }
  }

  private mutating func takeLimited(_ line: LogLine) {
    guard let zone = line.between("by zone \"", "\"") else { return }
    let outcome: Limited =
      line.has(", dry run,") ? .dryRun : line.has("limiting requests") ? .rejected : .delayed
    let known = Set(limited.keys.map(\.zone))
    limited[LimitKey(zone: Self.name(zone, known), outcome: outcome), default: 0] += 1
  }

  private mutating func takeUpstream(_ line: LogLine) {
    let server = line.between("upstream: \"", "\"").map(Self.address)
    if line.has("no live upstreams") {
      let name = Self.name(server ?? "unknown", Set(withoutServer.keys))
      withoutServer[name, default: 0] += 1
      return
    }
    guard let server else { return }
    if line.has("temporarily disabled") {
      disabled[Self.name(server, Set(disabled.keys)), default: 0] += 1
      return
    }
    guard let reason = Self.reason(of: line) else { return }
    let name = Self.name(server, Set(failures.keys.map(\.server)))
    failures[FailureKey(server: name, reason: reason), default: 0] += 1
  }

  private static func reason(of line: LogLine) -> UpstreamFailure? {
    if line.has("Connection refused") { return .refused }
    if line.has("No route to host") || line.has("is unreachable") { return .noRoute }
    if line.has("timed out") {
      return line.has("while connecting") ? .connectTimeout : .answerTimeout
    }
    if line.has("prematurely closed") || line.has("reset by peer") { return .closed }
    return line.has("[error]") ? .other : nil
  }

  private static func name(_ name: String, _ known: Set<String>) -> String {
    known.contains(name) || known.count < namesMax ? name : "other"
  }

  /// Host and port of a URL; the path, which is the request's, is left out.
  private static func address(_ url: String) -> String {
    let rest = url.split(separator: "/", omittingEmptySubsequences: true)
    let host = rest.count > 1 && rest[0].hasSuffix(":") ? rest[1] : rest.first ?? ""
    return String(host.prefix { $0 != "?" }.prefix(100))
  }
}

/// A line as bytes, which are searched many times faster than letters.
private struct LogLine {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func has(_ text: StaticString) -> Bool { place(of: text, from: 0) != nil }

  /// What stands after `start` and before the next `end`.
  func between(_ start: StaticString, _ end: StaticString) -> String? {
    guard let from = place(of: start, from: 0).map({ $0 + start.utf8CodeUnitCount }),
      let to = place(of: end, from: from)
    else { return nil }
    return String(decoding: bytes[from..<to].prefix(300), as: UTF8.self)
  }

  private func place(of text: StaticString, from start: Int) -> Int? {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard let first = wanted.first, bytes.count >= wanted.count else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      var place = start
      while place <= bytes.count - wanted.count {
        if bytes[place] == first,
          UnsafeBufferPointer(rebasing: bytes[place..<(place + wanted.count)])
            .elementsEqual(wanted)
        {
          return place
        }
        place += 1
      }
      return nil
    }
  }
}
