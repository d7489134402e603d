// SPDX-License-Identifier: MIT

/// How a process ended.
enum ProcessEnd: Equatable, Sendable {
  case code(Int)
  case signal(Int)
}

/// Tells from ssh's error output why it failed: its exit status is 255 for everything.
///
/// The texts are those of OpenSSH 9.2 in the C locale.
enum FailureText {
  /// In this order: a key file's fault ends in a refused authentication, and a banner that did not
  /// come is also a connection that timed out.
  private static let texts: [(String, RemoteShellError)] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", .hostKeyChanged),
    ("is marked as revoked", .hostKeyChanged),
    ("host key is known for", .hostKeyUnknown),
    ("Host key verification failed", .hostKeyUnknown),
    ("UNPROTECTED PRIVATE KEY FILE", .keyFileUnusable(.readableByOthers)),
    ("bad permissions", .keyFileUnusable(.readableByOthers)),
    ("no such identity", .keyFileUnusable(.missing)),
    ("Load key ", .keyFileUnusable(.unreadable)),
    ("Permission denied (", .authenticationRefused),
    ("Too many authentication failures", .authenticationRefused),
    ("Connection refused", .refused),
    ("timed out during banner exchange", .bannerTimeout),
    ("Connection timed out", .timedOut(during: .connecting, after: nil)),
    ("No route to host", .unreachable),
    ("Network is unreachable", .unreachable),
    // What connecting through a blackhole route says.
    (": Invalid argument", .unreachable),
    ("Could not resolve hostname", .nameNotResolved),
    ("Unable to negotiate", .noCommonAlgorithm),
    ("kex_exchange_identification", .notSSH),
    ("ssh_exchange_identification", .notSSH),
    ("banner line contains invalid characters", .notSSH),
    ("Broken pipe", .connectionLost),
    ("not responding", .connectionLost),
    ("closed by remote host", .connectionLost),
    ("Connection reset", .connectionLost),
    ("Connection closed by", .connectionLost),
  ]
  private static let rules = texts.map { (text: Array($0.0.utf8), error: $0.1) }

  /// Names the failure of an ssh that ended.
  ///
  /// - Parameters:
  ///   - output: What it printed to its error output, any banner included.
  ///   - end: How it ended.
  ///   - wasOpen: It had already been answered by the far side's script.
  /// - Returns: The failure.
  static func error(in output: [UInt8], end: ProcessEnd, wasOpen: Bool) -> RemoteShellError {
    for rule in rules where output.firstIndex(of: rule.text, from: 0) != nil { return rule.error }
    if wasOpen { return .connectionLost }
    switch end {
    case .code(255):
      let line = lastLine(of: output)
      return line.isEmpty ? .connectionLost : .other(line: line)
    case .code(let status): return .commandFailed(status: status)
    case .signal: return .connectionLost
    }
  }

  /// The last line that is not empty, cut and without control characters.
  private static func lastLine(of output: [UInt8]) -> String {
    let line = output.split { $0 == 0x0a || $0 == 0x0d }.last ?? []
    let shown = line.filter { $0 >= 0x20 && $0 < 0x7f }.drop { $0 == 0x20 }
    return String(decoding: shown.prefix(200), as: UTF8.self)
  }
}

extension [UInt8] {
  /// Where `pattern` begins, at `start` or later.
  func firstIndex(of pattern: [UInt8], from start: Int) -> Int? {
    guard let first = pattern.first, count - start >= pattern.count else { return nil }
    var place = start
    let last = count - pattern.count
    while place <= last, let found = self[place...last].firstIndex(of: first) {
      if self[found..<found + pattern.count].elementsEqual(pattern) { return found }
      place = found + 1
    }
    return nil
  }
}
