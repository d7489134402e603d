// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import TestSupport
import Testing

@Suite struct TLSTests {
  let folder: TemporaryFolder
  let identity: TestIdentity
  let server: HTTPServer
  let client = HTTPClient(userAgent: "test")

  init() throws {
    folder = try TemporaryFolder()
    identity = try TestIdentity(in: folder, name: "node-one")
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0, tls: identity.server),
      routes: echoRoutes
    )
  }

  func request(_ trust: TLSTrust) -> HTTPRequest {
    HTTPRequest(url: "https://127.0.0.1:\(server.port)/hello", trust: trust)
  }

  @Test func `a peer signed by the given CA file is believed`() async throws {
    let good = request(.caFile(path: identity.certificatePath))
    let first = try await client.send(good)
    #expect(first.text == "hello")
    #expect(first.timings.tls != nil)
    let certificate = try #require(first.certificate)
    #expect(certificate.subject == "CN=node-one")
    #expect(certificate.issuer == "CN=node-one")
    #expect(certificate.notAfter - certificate.notBefore == 30 * 86_400)
    #expect(abs(certificate.notBefore - Int64(time(nil))) < 3_600)
    #expect(certificate.sha256Fingerprint.count == 95)
    let second = try await client.send(good)
    #expect(second.didReuseConnection)
    print("TLS first byte \(first.timings) then \(second.timings)")
    #expect(second.certificate == certificate)
    await server.stop(grace: .zero)
  }

  @Test func `a certificate of another authority is refused, and the error shows it`() async throws
  {
    let other = try TestIdentity(in: folder, name: "node-two")
    for trust in [TLSTrust.caFile(path: other.certificatePath), .system] {
      guard
        case .tls(let host, _, let certificate?) = await failure(of: request(trust), with: client)
      else {
        Issue.record("no TLS error")
        continue
      }
      #expect(host == "127.0.0.1:\(server.port)")
      #expect(certificate.subject == "CN=node-one")
      // The fingerprint of the error is fit to be pinned.
      let pinned = request(.fingerprint(sha256: certificate.sha256Fingerprint))
      #expect(try await client.send(pinned).text == "hello")
    }
    let missing = request(.caFile(path: folder.file("missing.crt")))
    let error = try #require(await failure(of: missing, with: client))
    #expect(error.kind == "tls")
    #expect(error.description.contains("missing.crt cannot be read"))
  }

  @Test func `a name that the certificate does not have is refused`() async throws {
    let wrong = HTTPRequest(
      url: "https://localhost:\(server.port)/hello",
      trust: .caFile(path: identity.certificatePath)
    )
    guard case .tls(_, let reason, _?) = await failure(of: wrong, with: client) else {
      Issue.record("no TLS error")
      return
    }
    #expect(reason.contains("localhost"))
  }

  @Test func `a fingerprint lets in exactly one certificate`() async throws {
    let zero = String(repeating: "00:", count: 31) + "00"
    guard
      case .tls(_, let reason, let seen?) = await failure(
        of: request(.fingerprint(sha256: zero)),
        with: client
      )
    else {
      Issue.record("no TLS error")
      return
    }
    #expect(reason.contains("fingerprint"))
    let plain = seen.sha256Fingerprint.filter { $0 != ":" }.lowercased()
    let good = try await client.send(request(.fingerprint(sha256: plain)))
    #expect(good.text == "hello")
    #expect(good.certificate == seen)
    // The kept connection was checked against another pin, so it must not serve this one.
    #expect(
      await failure(of: request(.fingerprint(sha256: zero)), with: client)?.kind == "tls"
    )
    #expect(await failure(of: request(.system), with: client)?.kind == "tls")
    let byFile = try await client.send(request(.caFile(path: identity.certificatePath)))
    #expect(!byFile.didReuseConnection)
  }

  @Test func `the close of an idle TLS connection is reported`() async throws {
    let closes = Tally()
    var watched = request(.caFile(path: identity.certificatePath))
    watched.onIdleClose = { closes.add() }
    for _ in 0..<3 { _ = try await client.send(watched) }
    #expect(closes.count == 0)
    await server.stop(grace: .zero)
    #expect(await closes.next())
    #expect(closes.count == 1)
  }

  @Test func `a peer that speaks no TLS is a TLS error`() async throws {
    let plain = try RawServer(.read(20), .send("HTTP/1.1 400 Bad Request\r\n\r\n"))
    let request = HTTPRequest(url: "https://127.0.0.1:\(plain.port)/")
    #expect(await failure(of: request, with: client)?.kind == "tls")
    let silent = try RawServer(.wait)
    let waiting = HTTPRequest(
      url: "https://127.0.0.1:\(silent.port)/",
      timeout: .seconds(5),
      connectTimeout: .milliseconds(100)
    )
    let error = await failure(of: waiting, with: client)
    let host = "127.0.0.1:\(silent.port)"
    #expect(error == .timedOut(host: host, after: .milliseconds(100), phase: .tls))
  }
}
