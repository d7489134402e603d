// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/v1/write` as senders of remote write 1.0 know it.
@Suite struct RemoteWriteEndpointTests {
  private final class Taken: Sendable {
    let requests = Mutex<[[UInt8]]>([])
  }

  private static let standardHeaders: HTTPHeaders = [
    "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
  ]

  private func ports(
    _ write: (@Sendable ([UInt8]) async -> APIPorts.WriteAnswer)?
  ) -> APIPorts {
    .standIn(remoteWrite: write)
  }

  private func send(
    _ body: [UInt8],
    headers: HTTPHeaders = Self.standardHeaders,
    token: String? = "prometheus",
    _ write: (@Sendable ([UInt8]) async -> APIPorts.WriteAnswer)?
  ) async -> (status: Int, text: String) {
    let request = ServerRequest(
      method: "POST",
      path: "/api/v1/write",
      headers: headers,
      body: body,
      tokenName: token
    )
    let response = await RemoteWriteEndpoint(ports: ports(write)).answer(request)
    return (response.status, String(decoding: response.body, as: UTF8.self))
  }

  @Test func `a request is decompressed and answered 204 when its samples are taken`() async {
    let taken = Taken()
    let message = Array(String(repeating: "message ", count: 100).utf8)
    for type in [
      "application/x-protobuf", "application/x-protobuf;proto=prometheus.WriteRequest",
      "application/x-protobuf; proto=prometheus.WriteRequest",
    ] {
      var headers = Self.standardHeaders
      headers["Content-Type"] = type
      let answer = await send(Snappy.compressed(message), headers: headers) { request in
        taken.requests.withLock { $0.append(request) }
        return .taken
      }
      #expect(answer.status == 204 && answer.text.isEmpty)
    }
    #expect(taken.requests.withLock { $0 } == [message, message, message])
  }

  @Test func `what became of the samples decides the status`() async {
    let body = Snappy.compressed([1, 2, 3])
    let part = await send(body) { _ in .takenInPart(reason: "2 samples are too old") }
    #expect(part.status == 400 && part.text.contains("2 samples are too old"))
    let malformed = await send(body) { _ in .malformed(reason: "byte 3: cut off") }
    #expect(malformed.status == 400 && malformed.text.contains("byte 3: cut off"))
    let unwritable = await send(body) { _ in .unwritable(reason: "the disk is full") }
    #expect(unwritable.status == 503 && unwritable.text.contains("the disk is full"))
  }

  @Test func `other encodings and messages are answered 415`() async {
    for (encoding, type) in [
      ("gzip", "application/x-protobuf"), ("", "application/x-protobuf"),
      ("snappy", "application/json"), ("snappy", ""),
      ("snappy", "application/x-protobuf;proto=io.prometheus.write.v2.Request"),
    ] {
      let headers: HTTPHeaders = ["Content-Encoding": encoding, "Content-Type": type]
      let answer = await send([0], headers: headers) { _ in
        Issue.record("taken")
        return .taken
      }
      #expect(answer.status == 415, "\(encoding) \(type)")
    }
  }

  @Test func `a body that is no snappy block or holds too much is refused`() async {
    #expect(await send([5, 1], { _ in .taken }).status == 400)
    let huge = await send([0xff, 0xff, 0xff, 0xff, 0x0f, 0]) { _ in .taken }
    #expect(huge.status == 413 && huge.text.contains("33554432"))
  }

  @Test func `nobody writes without a token, even where anybody may read`() async {
    let answer = await send(Snappy.compressed([]), token: nil) { _ in .taken }
    #expect(answer.status == 401 && answer.text.contains("token"))
  }

  @Test func `where remote write is off the answer says how to turn it on`() async {
    let answer = await send(Snappy.compressed([]), nil)
    #expect(answer.status == 404 && answer.text.contains("http.remote_write.enabled"))
  }

  @Test func `the server lets in tokens that may write and takes larger bodies`() async throws {
    var settings = HTTPServerSettings(port: 0)
    settings.tokens = [
      AccessToken(name: "reader", role: .read, secret: "reads"),
      AccessToken(name: "writer", role: .write, secret: "writes"),
      AccessToken(name: "operator", role: .operate, secret: "operates"),
    ]
    let server = try HTTPServer.start(
      settings,
      routes: APIRoutes.routes(over: ports { _ in .taken })
    )
    let client = HTTPClient(userAgent: "test")
    let large = [UInt8](repeating: 7, count: 2 << 20)
    var random = SeededRandom(seed: 9)
    let noise = large.map { _ in UInt8.random(in: 0...255, using: &random) }
    for (secret, status) in [("reads", 403), ("writes", 204), ("operates", 204), ("none", 401)] {
      var headers = Self.standardHeaders
      headers["Authorization"] = "Bearer \(secret)"
      let response = try await client.send(
        HTTPRequest(
          method: "POST",
          url: "http://127.0.0.1:\(server.port)/api/v1/write",
          headers: headers,
          body: Snappy.compressed(noise)
        )
      )
      #expect(response.status == status, "\(secret)")
    }
    let reload = HTTPRequest(
      method: "POST",
      url: "http://127.0.0.1:\(server.port)/-/reload",
      headers: ["Authorization": "Bearer writes"]
    )
    #expect(try await client.send(reload).status == 403)
    await client.close()
    await server.stop(grace: .zero)
  }
}
