// SPDX-License-Identifier: MIT
import Glibc
import Net
import TestSupport
import Testing

@Suite struct CertificateAuthorityTests {
  private let folder: TemporaryFolder
  private let client = HTTPClient(userAgent: "test")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func server(_ identity: IssuedIdentity) throws -> HTTPServer {
    try HTTPServer.start(
      HTTPServerSettings(port: 0, tls: identity.identity),
      routes: [HTTPRoute(.exact("/"), role: nil) { _ in .text("hello") }]
    )
  }

  @Test func `who trusts the authority believes what it issued, by name and by address`()
    async throws
  {
    let authority = try CertificateAuthority(commonName: "root", organization: "test")
    let file = try folder.write("ca.pem", authority.certificate.pem)
    let issued = try authority.issue(
      commonName: "node-one",
      organization: "test",
      names: ["127.0.0.1", "::1", "localhost"]
    )
    let server = try server(issued)
    for host in ["127.0.0.1", "localhost"] {
      let reply = try await client.send(
        HTTPRequest(url: "https://\(host):\(server.port)/", trust: .caFile(path: file))
      )
      #expect(reply.text == "hello")
      let seen = try #require(reply.certificate)
      #expect(seen.subject == "CN=node-one,O=test")
      #expect(seen.issuer == "CN=root,O=test")
      #expect(seen.sha256Fingerprint == issued.certificate.sha256Fingerprint)
      #expect(seen.notBefore...seen.notAfter == issued.certificate.validUnixSeconds)
    }
    await server.stop(grace: .zero)
  }

  @Test func `a name that was not asked for and another authority are refused`() async throws {
    let authority = try CertificateAuthority(commonName: "root", organization: "test")
    let other = try CertificateAuthority(commonName: "root", organization: "test")
    #expect(authority.certificate != other.certificate)
    let server = try server(
      try authority.issue(commonName: "n", organization: "test", names: ["node.example"])
    )
    let files = [
      try folder.write("own.pem", authority.certificate.pem),
      try folder.write("other.pem", other.certificate.pem),
    ]
    for file in files {
      await #expect(throws: HTTPClientError.self) {
        try await client.send(
          HTTPRequest(url: "https://127.0.0.1:\(server.port)/", trust: .caFile(path: file))
        )
      }
    }
    await server.stop(grace: .zero)
  }

  @Test func `a certificate holds as long as it was asked for`() throws {
    let authority = try CertificateAuthority(commonName: "root", organization: "test")
    let issued = try authority.issue(
      commonName: "n",
      organization: "test",
      names: [],
      validity: .seconds(60)
    )
    let now = Int64(time(nil))
    let valid = issued.certificate.validUnixSeconds
    #expect((now - 3_605...now - 3_595).contains(valid.lowerBound))
    #expect((now + 55...now + 65).contains(valid.upperBound))
  }

  @Test func `what could change the meaning of a certificate is no name`() throws {
    let authority = try CertificateAuthority(commonName: "root", organization: "test")
    for name in ["", "a,IP:10.0.0.1", "a b", "ä", String(repeating: "a", count: 254)] {
      #expect(throws: CertificateError.unusableName(name)) {
        try authority.issue(commonName: "n", organization: "test", names: [name])
      }
    }
    for name in ["", "line\nbreak", String(repeating: "a", count: 65)] {
      #expect(throws: CertificateError.unusableName(name)) {
        try CertificateAuthority(commonName: name, organization: "test")
      }
    }
    #expect("\(authority)" == "certificate authority")
    #expect(!String(reflecting: authority).contains("PRIVATE"))
  }
}
