// SPDX-License-Identifier: MIT
import Configuration
import Net

extension String {
  /// The URL with a member's address in place of `{address}`; IPv6 addresses get brackets.
  func fillingAddress(_ address: String) -> String {
    let isIPv6 = address.count { $0 == ":" } > 1 && !address.hasPrefix("[")
    let host = isIPv6 ? "[\(address)]" : address
    var filled = ""
    var rest = self[...]
    while let open = rest.firstIndex(of: "{") {
      filled += rest[..<open]
      rest = rest[open...]
      guard rest.hasPrefix("{address}") else {
        filled.append("{")
        rest = rest.dropFirst()
        continue
      }
      filled += host
      rest = rest.dropFirst("{address}".count)
    }
    return filled + rest
  }
}

extension SettingsSection {
  /// The URL of a key that must stand here, `{address}` standing for each member's; a fault reads
  /// as the empty text.
  func memberURL(_ key: String, _ meaning: String) -> String {
    let pattern = requiredHTTPURL(key, meaning)
    if pattern.fillingAddress("").contains(where: { $0 == "{" || $0 == "}" }) {
      report(key, "knows no placeholder but {address}, which stands for each member's address")
    }
    return pattern
  }

  /// Which certificate is believed: `ca_file`, `fingerprint`, or the machine's authorities.
  func tlsTrust() -> TLSTrust {
    switch (text("ca_file"), text("fingerprint")) {
    case (nil, nil): return .system
    case (let file?, nil): return .caFile(path: file)
    case (nil, let fingerprint?):
      let digits = fingerprint.filter { $0 != ":" }
      guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else {
        report("fingerprint", "must be the SHA-256 of the certificate: 64 hexadecimal digits")
        return .system
      }
      return .fingerprint(sha256: fingerprint)
    case (_?, _?):
      report("fingerprint", "excludes ca_file: give one of them")
      return .system
    }
  }
}
