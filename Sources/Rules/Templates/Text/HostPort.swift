// SPDX-License-Identifier: MIT

/// A `host:port` or `[address]:port` taken apart.
struct HostPort {
  let host: String
  let port: String

  /// Takes a text apart; nil when it is not a host with a port.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    port = String(text[text.index(after: colon)...])
    var host = text[..<colon]
    if host.first == "[" {
      guard host.last == "]", host.count >= 2 else { return nil }
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.contains("["), !host.contains("]"), !port.contains("["), !port.contains("]")
    else { return nil }
    self.host = String(host)
  }

  /// The text with only the first label of a host name; addresses stay as they are.
  static func withoutDomain(_ text: String) -> String {
    let parts = HostPort(text)
    let host = parts?.host ?? text
    guard !isAddress(host) else { return text }
    let short = String(host.prefix { $0 != "." })
    guard let port = parts?.port, !port.isEmpty else { return short }
    return short.contains(":") ? "[\(short)]:\(port)" : "\(short):\(port)"
  }

  /// The path of an absolute URL, without query and fragment.
  static func path(ofURL url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "" }
    let rest = url[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
    guard let slash = rest.firstIndex(of: "/") else { return "" }
    return String(rest[slash...])
  }

  private static func isAddress(_ host: String) -> Bool {
    if host.contains(":") {
      return host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { $0.count <= 3 && $0.allSatisfy(\.isNumber) && UInt8($0) != nil }
  }
}
