// SPDX-License-Identifier: MIT
import MetricModel

/// The directives of `nginx -T` that are compared, as the section `nginx-config` of
/// `deploy/facts.sh` sends them: one directive a line, blocks in braces.
struct NginxConfiguration: Equatable, Sendable {
  /// A group of servers that requests are passed on to.
  struct Upstream: Equatable, Sendable {
    let name: String
    /// `ip_hash`, `least_conn`, `hash`, `random`, or nginx's own way, `round_robin`.
    var balancing = "round_robin"
    var servers: [Server] = []
  }

  /// One server of an upstream, with nginx's defaults for what is not said.
  struct Server: Equatable, Sendable {
    let address: String
    var failsMax = "1"
    var failTime = "10s"
    var weight = 1
    var isDown = false
  }

  /// A zone in which requests are counted.
  struct LimitZone: Equatable, Sendable {
    let name: String
    let rate: String
  }

  /// A place where requests are limited.
  struct Limit: Equatable, Sendable {
    let zone: String
    var burst = "0"
    /// What waits for its turn is passed at once.
    var isWithoutDelay = false
  }

  /// Lines that are read.
  static let linesMax = 20_000

  private(set) var upstreams: [Upstream] = []
  private(set) var zones: [LimitZone] = []
  private(set) var limits: [Limit] = []
  /// Certificates' files, each once.
  private(set) var certificates: [String] = []
  /// Files that errors are written to, each once.
  private(set) var errorLogs: [String] = []
  /// Nil for `auto`, one for each core.
  private(set) var workers: Int?
  private(set) var connectionsPerWorker = 512
  /// When the newest of its files was written, in Unix seconds by the host's clock.
  private(set) var newestSeconds: Double?
  /// Its directives without what differs by the place where they stand.
  private(set) var comparedLines: [String] = []

  /// Reads the section.
  ///
  /// - Parameter text: The section's output.
  /// - Throws: ``HostReplyFault`` when blocks are not closed or there is nothing in it.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    let lines = text.split(separator: 0x0a)
    guard lines.count <= Self.linesMax else { throw .shape(expected: "a shorter configuration") }
    workers = 1
    var blocks: [[String]] = []
    for line in lines {
      let line = String(decoding: line, as: UTF8.self)
      if line.hasPrefix("#") {
        let words = line.split(separator: " ")
        if words.count == 3, words[1] == "newest" { newestSeconds = Double(words[2]) }
        continue
      }
      comparedLines.append(line)
      if line == "}" {
        guard blocks.popLast() != nil else { throw .shape(expected: "blocks that begin") }
      } else if line.hasSuffix("{") {
        let words = Self.words(line.dropLast())
        blocks.append(words)
        if words.count == 2, words[0] == "upstream" { upstreams.append(Upstream(name: words[1])) }
      } else {
        take(Self.words(line.hasSuffix(";") ? line.dropLast() : line[...]), in: blocks.last ?? [])
      }
    }
    guard blocks.isEmpty else { throw .shape(expected: "blocks that end") }
    guard !comparedLines.isEmpty else { throw .shape(expected: "a configuration") }
  }

  private mutating func take(_ words: [String], in block: [String]) {
    guard let name = words.first else { return }
    let arguments = words.dropFirst()
    if block.first == "upstream", let last = upstreams.indices.last {
      switch name {
      case "ip_hash", "least_conn", "hash", "random": upstreams[last].balancing = name
      case "server": upstreams[last].servers.append(contentsOf: Self.server(arguments))
      default: break
      }
      return
    }
    switch name {
    case "limit_req_zone":
      let zone = Self.value("zone", arguments)?.split(separator: ":").first.map(String.init)
      guard let zone, let rate = Self.value("rate", arguments) else { return }
      zones.append(LimitZone(name: zone, rate: rate))
    case "limit_req":
      guard let zone = Self.value("zone", arguments) else { return }
      let isWithoutDelay = arguments.contains("nodelay")
      let burst = Self.value("burst", arguments) ?? "0"
      limits.append(Limit(zone: zone, burst: burst, isWithoutDelay: isWithoutDelay))
    case "ssl_certificate":
      guard let path = arguments.first, !certificates.contains(path) else { return }
      certificates.append(path)
    case "error_log":
      guard let path = arguments.first, !errorLogs.contains(path) else { return }
      errorLogs.append(path)
    case "worker_processes": workers = arguments.first.flatMap { Int($0) }
    case "worker_connections":
      connectionsPerWorker = arguments.first.flatMap { Int($0) } ?? connectionsPerWorker
    default: break
    }
  }

  private static func server(_ arguments: ArraySlice<String>) -> [Server] {
    guard let address = arguments.first else { return [] }
    var server = Server(address: address)
    server.failsMax = value("max_fails", arguments) ?? server.failsMax
    server.failTime = value("fail_timeout", arguments) ?? server.failTime
    server.weight = value("weight", arguments).flatMap { Int($0) } ?? server.weight
    server.isDown = arguments.contains("down")
    return [server]
  }

  private static func value(_ name: String, _ arguments: ArraySlice<String>) -> String? {
    arguments.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
  }

  /// The words of a directive, without their quotes.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isWord = false
    for character in line {
      switch (quote, character) {
      case (nil, "\""), (nil, "'"):
        quote = character
        isWord = true
      case (let open?, _) where open == character: quote = nil
      case (nil, " "):
        if isWord || !word.isEmpty { words.append(word) }
        word = ""
        isWord = false
      default: word.append(character)
      }
    }
    if isWord || !word.isEmpty { words.append(word) }
    return words
  }
}
