// SPDX-License-Identifier: MIT

/// Where the API of a Proxmox node is.
struct ProxmoxAddress: Equatable {
  /// Where Proxmox listens unless a proxy stands before it.
  static let standardPort = 8_006

  /// A name or an address, IPv6 without brackets.
  let host: String
  let port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `https://node:8006`, `node:8006` or `node`; nil for anything else, http among it.
  init?(_ text: String) {
    var rest = text[...]
    if rest.lowercased().hasPrefix("https://") {
      rest = rest.dropFirst("https://".count)
    } else if rest.contains("://") {
      return nil
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    var name = rest
    var digits: Substring?
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      name = rest[rest.index(after: rest.startIndex)..<end]
      let tail = rest[rest.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      if !tail.isEmpty { digits = tail.dropFirst() }
    } else if let colon = rest.firstIndex(of: ":") {
      name = rest[..<colon]
      digits = rest[rest.index(after: colon)...]
    }
    let isPlain = name.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7f && !"/[]{}@?#\\\"".utf8.contains($0)
    }
    guard isPlain, !name.isEmpty else { return nil }
    host = String(name)
    guard let digits else {
      port = Self.standardPort
      return
    }
    guard let number = Int(digits), (1...65_535).contains(number) else { return nil }
    port = number
  }

  /// `https://host:port`.
  var origin: String { "https://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
