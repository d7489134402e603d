// SPDX-License-Identifier: MIT
import Collectors
import Configuration
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPProbeTests {
  private let http = HTTPClient(userAgent: "test")

  private func probe(_ url: String, _ more: String = "") -> DeclaredTargets {
    DeclaredTargets(
      HTTPProbeCollector.self,
      "architecture: {entry: [{name: site, url: \"\(url)\"\(more)}]}",
      http: http
    )
  }

  private static func reply(_ head: String, _ body: String = "") -> String {
    "HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `a page that is answered is a success with every timing`() async throws {
    let server = try RawServer(.readHeader, .send(Self.reply("200 OK", "hello")), .again)
    let probe = probe(server.url())
    let found = try await probe.poll()
    #expect(found.failure == nil && found.isUp)
    #expect(found.value("probe_success") == 1)
    #expect(found.value("probe_http_status_code") == 200)
    #expect(found.value("probe_http_content_length") == 5)
    #expect(found.value("probe_http_ssl") == 0)
    #expect(found.value("probe_http_redirects") == 0)
    #expect(found.value("probe_ssl_earliest_cert_expiry") == nil)
    #expect((found.value("probe_duration_seconds") ?? 0) > 0)
    #expect(found.value("probe_dns_lookup_time_seconds") != nil)
    for phase in ["resolve", "connect", "tls", "processing", "transfer"] {
      #expect(found.value("probe_http_duration_seconds", ["phase": phase]) != nil, "\(phase)")
    }
    #expect((found.value("probe_http_duration_seconds", ["phase": "connect"]) ?? 0) > 0)
    // Every probe connects anew, or its phases would not be real.
    _ = try await probe.poll()
    #expect(server.acceptedConnections == 2)
    server.stop()
  }

  @Test func `a status that was not expected fails the probe and keeps what was measured`()
    async throws
  {
    let server = try RawServer(.readHeader, .send(Self.reply("503 Busy")), .again)
    let found = try await probe(server.url()).poll()
    #expect(found.failure == .unexpectedStatus(503) && found.isUp)
    #expect(found.value("probe_success") == 0)
    #expect(found.value("probe_http_status_code") == 503)
    #expect(found.value("probe_duration_seconds") != nil)
    let expected = try await probe(server.url(), ", expect_status: [503]").poll()
    #expect(expected.failure == nil && expected.value("probe_success") == 1)
    server.stop()
  }

  @Test func `redirects are followed, but not for ever`() async throws {
    let server = try RawServer(.readHeader, .send(Self.reply("302 Found\r\nLocation: /x")), .again)
    let found = try await probe(server.url()).poll()
    #expect(found.failure?.kind == "too_many_redirects")
    #expect(found.value("probe_success") == 0 && found.value("probe_http_status_code") == 0)
    #expect(server.headersRead == 6)
    server.stop()
  }

  @Test func `a refused connection is an answered probe that failed`() async throws {
    let server = try RawServer(.wait)
    let url = server.url()
    server.stop()
    let found = try await probe(url).poll()
    #expect(found.failure?.kind == "refused" && found.isUp)
    #expect(found.value("probe_success") == 0)
  }

  @Test func `a page without end is cut off`() async throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n"
    let server = try RawServer(.readHeader, .send(head), .flood(bytes: nil))
    let found = try await probe(server.url()).poll()
    #expect(found.failure?.kind == "body_too_large" && found.value("probe_success") == 0)
    server.stop()
  }

  @Test func `the certificate's end is a metric`() async throws {
    let folder = try TemporaryFolder()
    let certificate = try TestCertificate(
      in: folder,
      from: "20250101000000Z",
      to: "20991231235959Z"
    )
    let server = try certificate.server()
    let url = "https://127.0.0.1:\(server.port)/"
    let found = try await probe(url, ", ca_file: \(certificate.path)").poll()
    #expect(found.failure == nil)
    #expect(found.value("probe_http_ssl") == 1)
    #expect(found.value("probe_ssl_earliest_cert_expiry") == 4_102_444_799)
    #expect((found.value("probe_http_duration_seconds", ["phase": "tls"]) ?? 0) > 0)
    // An authority nobody named is not believed.
    let strange = try await probe(url).poll()
    #expect(strange.failure?.kind == "tls" && strange.value("probe_success") == 0)
    await server.stop(grace: .zero)
  }

  @Test func `an expired certificate fails the probe and still tells its end`() async throws {
    let folder = try TemporaryFolder()
    let certificate = try TestCertificate(
      in: folder,
      from: "20200101000000Z",
      to: "20200201000000Z"
    )
    let server = try certificate.server()
    let url = "https://127.0.0.1:\(server.port)/"
    let found = try await probe(url, ", ca_file: \(certificate.path)").poll()
    #expect(found.failure?.kind == "tls")
    #expect(found.value("probe_success") == 0)
    #expect(found.value("probe_ssl_earliest_cert_expiry") == 1_580_515_200)
    await server.stop(grace: .zero)
  }
}
