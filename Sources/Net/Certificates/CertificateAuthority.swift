// SPDX-License-Identifier: MIT
import FoundationEssentials

/// A private certificate authority that lives as long as the process and issues TLS identities.
///
/// Keys are of curve P-256; the authority's own key is never written anywhere.
package struct CertificateAuthority: Sendable {
  /// The authority's certificate: what a client has to trust.
  package let certificate: IssuedCertificate
  private let keyPEM: String

  /// Makes a key and a certificate that signs itself; it takes about a millisecond.
  ///
  /// - Parameters:
  ///   - commonName: What the certificate says of its owner: 1 to 64 printable characters.
  ///   - organization: The owner's organization, in the same form.
  ///   - validity: How long it holds, from an hour ago.
  /// - Throws: ``CertificateError``.
  package init(
    commonName: String,
    organization: String,
    validity: Duration = .seconds(3_650 * 86_400)
  ) throws(CertificateError) {
    let name = try DistinguishedName(commonName: commonName, organization: organization)
    let key = try SigningKey()
    let draft = CertificateDraft(subject: name, names: [], validity: validity, isAuthority: true)
    let pem = try draft.signed(subjectKey: key, issuerPEM: nil, issuerKey: key)
    certificate = try IssuedCertificate(pem: pem)
    keyPEM = try key.pem()
  }

  /// Makes a key and a certificate for a server.
  ///
  /// - Parameters:
  ///   - commonName: What the certificate says of its owner: 1 to 64 printable characters.
  ///   - organization: The owner's organization, in the same form.
  ///   - names: The host names and numeric addresses that clients may connect to.
  ///   - validity: How long it holds, from an hour ago.
  /// - Returns: What an ``HTTPServer`` shows, with the facts a client would find in it.
  /// - Throws: ``CertificateError``.
  package func issue(
    commonName: String,
    organization: String,
    names: [String],
    validity: Duration = .seconds(730 * 86_400)
  ) throws(CertificateError) -> IssuedIdentity {
    let name = try DistinguishedName(commonName: commonName, organization: organization)
    let key = try SigningKey()
    let draft = CertificateDraft(
      subject: name,
      names: names,
      validity: validity,
      isAuthority: false
    )
    let pem = try draft.signed(
      subjectKey: key,
      issuerPEM: certificate.pem,
      issuerKey: SigningKey(pem: keyPEM)
    )
    return IssuedIdentity(
      certificate: try IssuedCertificate(pem: pem),
      identity: HTTPServerSettings.TLSIdentity(certificatePEM: pem, keyPEM: try key.pem())
    )
  }
}

extension CertificateAuthority: CustomStringConvertible, CustomReflectable {
  package var description: String { "certificate authority" }
  package var customMirror: Mirror { Mirror(self, children: ["certificate": certificate]) }
}

/// A certificate and the TLS identity it belongs to.
package struct IssuedIdentity: Sendable {
  /// The public part.
  package let certificate: IssuedCertificate
  /// What an ``HTTPServer`` shows.
  package let identity: HTTPServerSettings.TLSIdentity
}

/// The public part of a certificate.
package struct IssuedCertificate: Equatable, Sendable {
  /// The certificate as PEM text.
  package let pem: String
  /// SHA-256 of its DER, in upper-case hexadecimal digits with colons.
  package let sha256Fingerprint: String
  /// Begin and end of its validity in Unix seconds, both included.
  package let validUnixSeconds: ClosedRange<Int64>

  init(pem: String) throws(CertificateError) {
    let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    guard let der = Data(base64Encoded: base64) else { throw .libcryptoFailed(step: "PEM") }
    self.pem = pem
    let digits = Digest.hex(Digest.sha256(Array(der))).uppercased()
    sha256Fingerprint = stride(from: 0, to: digits.count, by: 2)
      .map { digits.dropFirst($0).prefix(2) }.joined(separator: ":")
    validUnixSeconds = try CertificateDraft.validity(ofPEM: pem)
  }
}

/// Why a certificate cannot be made.
package enum CertificateError: Error, Equatable, Sendable {
  /// A name has a character or a length that certificates do not take.
  case unusableName(String)
  /// libcrypto refused a step.
  case libcryptoFailed(step: String)
}

extension CertificateError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unusableName(let name): "\"\(name)\" cannot stand in a certificate"
    case .libcryptoFailed(let step): "libcrypto cannot make a certificate: \(step)"
    }
  }
}

/// The two parts of a subject that are used here.
struct DistinguishedName {
  let commonName: String
  let organization: String

  /// RFC 5280, appendix A.1: both have at most 64 characters.
  init(commonName: String, organization: String) throws(CertificateError) {
    for text in [commonName, organization] {
      guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
      else { throw .unusableName(text) }
    }
    self.commonName = commonName
    self.organization = organization
  }
}
