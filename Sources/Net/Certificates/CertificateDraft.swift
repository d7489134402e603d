// SPDX-License-Identifier: MIT
import CCrypto

/// An elliptic-curve key that signs.
struct SigningKey: ~Copyable {
  fileprivate let handle: OpaquePointer

  /// Makes a new key.
  init() throws(CertificateError) {
    guard let key = hv_new_p256_key() else { throw .libcryptoFailed(step: "key") }
    handle = key
  }

  init(pem: String) throws(CertificateError) {
    let memory = try MemoryText(pem)
    guard let key = PEM_read_bio_PrivateKey(memory.handle, nil, nil, nil) else {
      throw .libcryptoFailed(step: "key from PEM")
    }
    handle = key
  }

  deinit { EVP_PKEY_free(handle) }

  borrowing func pem() throws(CertificateError) -> String {
    let memory = try MemoryText()
    guard PEM_write_bio_PrivateKey(memory.handle, handle, nil, nil, 0, nil, nil) == 1 else {
      throw .libcryptoFailed(step: "key to PEM")
    }
    return memory.text()
  }
}

/// What a certificate shall say.
struct CertificateDraft {
  let subject: DistinguishedName
  /// Host names and numeric addresses.
  let names: [String]
  let validity: Duration
  let isAuthority: Bool

  /// Signs with `issuerKey`; without an issuer the certificate vouches for itself.
  func signed(
    subjectKey: borrowing SigningKey,
    issuerPEM: String?,
    issuerKey: borrowing SigningKey
  ) throws(CertificateError) -> String {
    guard let certificate = X509_new() else { throw .libcryptoFailed(step: "certificate") }
    defer { X509_free(certificate) }
    try fill(certificate)
    guard X509_set_pubkey(certificate, subjectKey.handle) == 1 else {
      throw .libcryptoFailed(step: "public key")
    }
    if let issuerPEM {
      let issuer = try ParsedCertificate(pem: issuerPEM)
      try finish(certificate, issuer: issuer.handle)
    } else {
      try finish(certificate, issuer: certificate)
    }
    guard X509_sign(certificate, issuerKey.handle, EVP_sha256()) > 0 else {
      throw .libcryptoFailed(step: "signature")
    }
    let memory = try MemoryText()
    guard PEM_write_bio_X509(memory.handle, certificate) == 1 else {
      throw .libcryptoFailed(step: "certificate to PEM")
    }
    return memory.text()
  }

  static func validity(ofPEM pem: String) throws(CertificateError) -> ClosedRange<Int64> {
    let certificate = try ParsedCertificate(pem: pem)
    let begin = hv_unix_seconds(X509_get0_notBefore(certificate.handle))
    let end = hv_unix_seconds(X509_get0_notAfter(certificate.handle))
    guard begin <= end else { throw .libcryptoFailed(step: "dates") }
    return begin...end
  }

  private func fill(_ certificate: OpaquePointer) throws(CertificateError) {
    var serial: UInt64 = 0
    let isRandom = withUnsafeMutableBytes(of: &serial) { bytes in
      RAND_bytes(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(bytes.count))
    }
    // The top bit stays clear: a serial number is positive (RFC 5280, section 4.1.2.2).
    let ends = [X509_getm_notBefore(certificate), X509_getm_notAfter(certificate)]
    guard isRandom == 1,
      X509_set_version(certificate, 2) == 1,
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1,
      X509_gmtime_adj(ends[0], -3_600) != nil,
      X509_gmtime_adj(ends[1], Int(validity.components.seconds)) != nil,
      let name = X509_get_subject_name(certificate),
      Self.add("O", subject.organization, to: name),
      Self.add("CN", subject.commonName, to: name)
    else { throw .libcryptoFailed(step: "subject and dates") }
  }

  private func finish(
    _ certificate: OpaquePointer,
    issuer: OpaquePointer
  ) throws(CertificateError) {
    guard X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 else {
      throw .libcryptoFailed(step: "issuer")
    }
    var extensions: [(id: Int32, value: String)] = [
      (NID_basic_constraints, isAuthority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE"),
      (NID_key_usage, isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"),
      (NID_subject_key_identifier, "hash"),
      (NID_authority_key_identifier, "keyid:always"),
    ]
    if !isAuthority { extensions.append((NID_ext_key_usage, "serverAuth")) }
    if !names.isEmpty { extensions.append((NID_subject_alt_name, try alternativeNames())) }
    for (id, value) in extensions {
      var context = X509V3_CTX()
      X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
      guard let made = X509V3_EXT_conf_nid(nil, &context, id, value) else {
        throw .libcryptoFailed(step: value)
      }
      defer { X509_EXTENSION_free(made) }
      guard X509_add_ext(certificate, made, -1) == 1 else { throw .libcryptoFailed(step: value) }
    }
  }

  /// The text goes through a parser of libcrypto, so only plain names and addresses are let in.
  private func alternativeNames() throws(CertificateError) -> String {
    var parts: [String] = []
    for name in names {
      let isPlain = name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: ":"):
          true
        default: false
        }
      }
      guard isPlain, (1...253).contains(name.utf8.count) else { throw .unusableName(name) }
      let isAddress =
        name.contains(":") || name.utf8.allSatisfy { (0x2e...0x39).contains($0) && $0 != 0x2f }
      parts.append((isAddress ? "IP:" : "DNS:") + name)
    }
    return parts.joined(separator: ",")
  }

  private static func add(_ field: String, _ value: String, to name: OpaquePointer) -> Bool {
    X509_NAME_add_entry_by_txt(name, field, utf8Text, value, -1, -1, 0) == 1
  }

  /// `MBSTRING_UTF8` of OpenSSL, whose macro Swift does not see.
  private static let utf8Text: Int32 = 0x1000
}

/// A certificate that libcrypto holds.
private struct ParsedCertificate: ~Copyable {
  let handle: OpaquePointer

  init(pem: String) throws(CertificateError) {
    let memory = try MemoryText(pem)
    guard let certificate = PEM_read_bio_X509(memory.handle, nil, nil, nil) else {
      throw .libcryptoFailed(step: "certificate from PEM")
    }
    handle = certificate
  }

  deinit { X509_free(handle) }
}

/// Text that libcrypto reads or writes.
private struct MemoryText: ~Copyable {
  let handle: OpaquePointer

  init(_ text: String = "") throws(CertificateError) {
    guard let memory = BIO_new(BIO_s_mem()) else { throw .libcryptoFailed(step: "memory") }
    let count = Int32(text.utf8.count)
    guard count == 0 || BIO_write(memory, text, count) == count else {
      BIO_free(memory)
      throw .libcryptoFailed(step: "memory")
    }
    handle = memory
  }

  deinit { BIO_free(handle) }

  borrowing func text() -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4_096)
    while case let count = BIO_read(handle, &piece, Int32(piece.count)), count > 0 {
      bytes += piece[..<Int(count)]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
