// SPDX-License-Identifier: MIT
import Collectors
import MetricModel
import Net

/// Why a cluster could not be asked at all, and what to do about it.
struct InitFailure {
  let lines: [String]

  init(_ error: ProxmoxError, _ wish: InitWish) {
    switch error {
    case .unauthorized:
      lines = [
        "\(error.description). Is \(wish.tokenID) its whole name, and the secret that of this token?",
        "deploy/proxmox-identity.sh shows how both are made.",
      ]
    case .transport(.tls(_, _, let certificate?)):
      lines = Self.untrusted(error, certificate, wish)
    case .transport: lines = ["\(error.description). Is \(wish.proxmox.origin) a node's API?"]
    default: lines = [error.description]
    }
  }

  /// The token was not sent: the check of the certificate comes before the request.
  private static func untrusted(
    _ error: ProxmoxError,
    _ certificate: ServerCertificate,
    _ wish: InitWish
  ) -> [String] {
    var lines = [
      "\(error.description)", "The token was not sent. The server showed this certificate:", "",
      "  SHA-256  \(certificate.sha256Fingerprint)",
      "  subject  \(printable(certificate.subject))",
      "  issuer   \(printable(certificate.issuer))",
      "  valid    to \(date(certificate.notAfter))", "",
    ]
    if case .fingerprint = wish.trust {
      lines.append("It was renewed, or this is not the node.")
    }
    return lines + [
      "Compare the SHA-256 with what the node says of itself, on its console or over ssh:", "",
      "  pvenode cert info", "",
      "If both are the same, run this again with --fingerprint and that text. A copy of the node's",
      "/etc/pve/pve-root-ca.pem, given with --ca-file, lasts longer than one certificate.",
    ]
  }

  /// Nobody vouches for what the server says, so it may not move the cursor either.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7f ? $0 : "?" }
      )
    )
  }

  private static func date(_ unixSeconds: Int64) -> String {
    let time = CivilTime(Timestamp(unixMilliseconds: unixSeconds * 1_000))
    return "\(time.year)-\(two(time.month))-\(two(time.day))"
  }

  private static func two(_ number: some BinaryInteger) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
