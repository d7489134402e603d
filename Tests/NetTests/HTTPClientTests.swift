// SPDX-License-Identifier: MIT
import Glibc
import Net
import TestSupport
import Testing

/// A complete reply with a body, as a well-behaved peer sends it.
func reply(_ body: String, status: String = "200 OK", headers: String = "") -> String {
  "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// The error of a request that must fail.
func failure(
  of request: HTTPRequest,
  with client: HTTPClient,
  location: SourceLocation = #_sourceLocation
) async -> HTTPClientError? {
  do throws(HTTPClientError) {
    let response = try await client.send(request)
    Issue.record("got status \(response.status)", sourceLocation: location)
    return nil
  } catch {
    return error
  }
}

@Suite struct HTTPClientTests {
  let client = HTTPClient(userAgent: "hvsmon-test")

  @Test func `a reply arrives with status, headers, body and timings`() async throws {
    let server = try RawServer(
      .readHeader,
      .send(reply("hello", status: "418 I'm a teapot", headers: "X-One:  1 \r\nx-one: 2\r\n"))
    )
    let response = try await client.send(HTTPRequest(url: server.url("/a?b=c")))
    #expect(response.status == 418)
    #expect(response.text == "hello")
    #expect(response.headers["X-ONE"] == "1")
    #expect(response.headers.all("x-one") == ["1", "2"])
    #expect(response.httpVersion == "1.1")
    #expect(response.remoteAddress == "127.0.0.1")
    #expect(!response.didReuseConnection)
    #expect(response.certificate == nil)
    #expect(response.timings.tls == nil)
    let parts = [
      response.timings.nameLookup, response.timings.connect, response.timings.firstByte,
      response.timings.transfer,
    ].compactMap { $0 }
    #expect(parts.count == 4)
    #expect(parts.reduce(.zero, +) <= response.timings.total)
  }

  @Test func `interim replies are not taken for the reply`() async throws {
    let server = try RawServer(
      .readHeader,
      .send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + reply("late"))
    )
    let response = try await client.send(HTTPRequest(url: server.url()))
    #expect(response.status == 200)
    #expect(response.headers["X-Early"] == nil)
    #expect(response.text == "late")
  }

  @Test func `two hundred requests go over one kept connection`() async throws {
    let server = try RawServer(.readHeader, .send(reply("again")), .again)
    for number in 0..<200 {
      let response = try await client.send(HTTPRequest(url: server.url()))
      #expect(response.didReuseConnection == (number > 0))
      #expect((response.timings.connect == nil) == (number > 0))
    }
    #expect(server.acceptedConnections == 1)
    #expect(server.headersRead == 200)
  }

  @Test func `a request that reuses no connection gets and leaves none`() async throws {
    let server = try RawServer(.readHeader, .send(reply("x")), .again)
    for _ in 0..<3 {
      let request = HTTPRequest(url: server.url(), reusesConnection: false)
      #expect(try await client.send(request).timings.connect != nil)
    }
    #expect(server.acceptedConnections == 3)
  }

  @Test func `a kept connection that the peer closed is replaced without an error`() async throws {
    let server = try RawServer(.readHeader, .send(reply("x")))
    for _ in 0..<20 {
      #expect(try await client.send(HTTPRequest(url: server.url())).text == "x")
    }
    #expect(server.acceptedConnections == 20)
  }

  @Test func `garbage that is not HTTP is a malformed reply`() async throws {
    let page = try RawServer(.readHeader, .send("<html><body>router login</body></html>\r\n\r\n"))
    #expect(
      await failure(of: HTTPRequest(url: page.url()), with: client)?.kind == "malformed_reply"
    )
    let chunks = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
    )
    #expect(
      await failure(of: HTTPRequest(url: chunks.url()), with: client)?.kind == "malformed_reply"
    )
    let gzip = try RawServer(
      .readHeader,
      .send(reply("this is no gzip", headers: "Content-Encoding: gzip\r\n"))
    )
    #expect(
      await failure(of: HTTPRequest(url: gzip.url()), with: client)?.kind == "malformed_reply"
    )
  }

  @Test func `random bytes never end in a reply or a crash`() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<30 {
      let bytes = (0..<Int.random(in: 1...300, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let server = try RawServer(.readHeader, .sendBytes(bytes))
      let error = await failure(
        of: HTTPRequest(url: server.url(), timeout: .seconds(2)),
        with: client
      )
      #expect(error != nil, "seed \(seed)")
    }
  }

  @Test func `a body over the limit is refused long before all of it is read`() async throws {
    let chunked = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
      .flood(bytes: 1 << 30)
    )
    let request = HTTPRequest(url: chunked.url(), maxBodyBytes: 1 << 20)
    let host = "127.0.0.1:\(chunked.port)"
    #expect(
      await failure(of: request, with: client)
        == .bodyTooLarge(host: host, limitBytes: 1 << 20)
    )
    #expect(chunked.bytesFlooded < 64 << 20)
    let announced = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
      .flood(bytes: 1 << 30)
    )
    let second = HTTPRequest(url: announced.url(), maxBodyBytes: 1 << 20)
    #expect(await failure(of: second, with: client)?.kind == "body_too_large")
    #expect(announced.bytesFlooded < 64 << 20)
  }

  @Test func `the body limit counts bytes after decompression`() async throws {
    let packed = try #require(Gzip.compressed([UInt8](repeating: 0x61, count: 4 << 20)))
    #expect(packed.count < 100_000)
    let header =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"
    let server = try RawServer(.readHeader, .send(header), .sendBytes(packed))
    let tooSmall = HTTPRequest(url: server.url(), maxBodyBytes: 1 << 20)
    #expect(await failure(of: tooSmall, with: client)?.kind == "body_too_large")
    let fitting = HTTPRequest(url: server.url(), maxBodyBytes: 4 << 20)
    #expect(try await client.send(fitting).body.count == 4 << 20)
  }

  @Test func `an endless header is refused at the limit`() async throws {
    let lines = try RawServer(.readHeader, .send("HTTP/1.1 200 OK\r\n"), .endlessHeader)
    #expect(
      await failure(of: HTTPRequest(url: lines.url()), with: client)
        == .headerTooLarge(host: "127.0.0.1:\(lines.port)", limitBytes: 64 << 10)
    )
    let oneLine = try RawServer(.readHeader, .send("HTTP/1.1 200 OK\r\nX: "), .flood(bytes: nil))
    #expect(
      await failure(of: HTTPRequest(url: oneLine.url()), with: client)?.kind == "header_too_large"
    )
    let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4_000)
    let hints = try RawServer(.readHeader, .send(interim), .wait)
    #expect(
      await failure(of: HTTPRequest(url: hints.url()), with: client)?.kind == "header_too_large"
    )
  }

  @Test func `a slow drip hits the deadline of the whole exchange`() async throws {
    let server = try RawServer(.readHeader, .drip(reply("slow"), pauseMilliseconds: 40))
    let limit = Duration.milliseconds(200)
    let started = ContinuousClock.now
    let error = await failure(of: HTTPRequest(url: server.url(), timeout: limit), with: client)
    #expect(
      error
        == .timedOut(host: "127.0.0.1:\(server.port)", after: limit, phase: .transfer)
    )
    #expect(ContinuousClock.now - started < .seconds(20))
    let silent = try RawServer(.readHeader, .wait)
    let second = await failure(
      of: HTTPRequest(url: silent.url(), timeout: limit),
      with: client
    )
    #expect(
      second
        == .timedOut(host: "127.0.0.1:\(silent.port)", after: limit, phase: .firstByte)
    )
  }

  @Test func `a peer that closes in the middle is told from one that never answered`() async throws
  {
    let header = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    let server = try RawServer(.readHeader, .send(header + "1234"))
    let host = "127.0.0.1:\(server.port)"
    #expect(
      await failure(of: HTTPRequest(url: server.url()), with: client)
        == .closedEarly(host: host, bodyBytes: 4)
    )
    let mute = try RawServer(.readHeader)
    #expect(
      await failure(of: HTTPRequest(url: mute.url()), with: client)
        == .closedEarly(host: "127.0.0.1:\(mute.port)", bodyBytes: 0)
    )
    let rude = try RawServer(.readHeader, .send("HTTP/1.1 200 OK\r\n"), .reset)
    #expect(await failure(of: HTTPRequest(url: rude.url()), with: client)?.kind == "closed_early")
  }

  @Test func `redirects are followed up to the limit and not at all by default`() async throws {
    let loop = try RawServer(
      .readHeader,
      .send(reply("", status: "302 Found", headers: "Location: /next\r\n")),
      .again
    )
    let asIs = try await client.send(HTTPRequest(url: loop.url()))
    #expect(asIs.status == 302)
    #expect(asIs.headers["location"] == "/next")
    #expect(
      await failure(of: HTTPRequest(url: loop.url(), maxRedirects: 4), with: client)
        == .tooManyRedirects(host: "127.0.0.1:\(loop.port)", limit: 4)
    )
    let end = try RawServer(.readHeader, .send(reply("end")), .again)
    let start = try RawServer(
      .readHeader,
      .send(reply("", status: "301 Moved", headers: "Location: \(end.url("/x"))\r\n")),
      .again
    )
    let followed = try await client.send(HTTPRequest(url: start.url(), maxRedirects: 1))
    #expect(followed.text == "end")
    #expect(followed.redirects == 1)
    let away = try RawServer(
      .readHeader,
      .send(reply("", status: "301 Moved", headers: "Location: file:///etc/passwd\r\n"))
    )
    let error = await failure(of: HTTPRequest(url: away.url(), maxRedirects: 1), with: client)
    #expect(error?.kind == "malformed_reply")
  }

  @Test func `a closed port and an unknown name are told apart`() async throws {
    let server = try RawServer(.wait)
    server.stop()
    #expect(
      await failure(of: HTTPRequest(url: server.url()), with: client)
        == .connectionRefused(host: "127.0.0.1:\(server.port)")
    )
    #expect(
      await failure(of: HTTPRequest(url: "http://nobody.invalid/"), with: client)
        == .nameNotResolved(host: "nobody.invalid:80")
    )
  }

  @Test func `a request with a body says its length and method`() async throws {
    let server = try RawServer { number in
      [.readHeader, .read([4, 0, 3][number]), .send(reply("ok")), .reset]
    }
    let post = HTTPRequest(method: "POST", url: server.url(), body: Array("data".utf8))
    #expect(try await client.send(post).text == "ok")
  }

  @Test func `faulty requests are refused before anything is sent`() async {
    let faulty = [
      HTTPRequest(url: "ftp://host/"), HTTPRequest(url: "http://"), HTTPRequest(url: ""),
      HTTPRequest(url: "http://h/a b"), HTTPRequest(url: "http://h/\r\nX: y"),
      HTTPRequest(method: "GET /", url: "http://h/"),
      HTTPRequest(url: "http://h/", headers: ["A": "b\r\nC: d"]),
      HTTPRequest(url: "http://h/", headers: ["A b": "c"]),
      HTTPRequest(url: "http://h/", timeout: .zero),
      HTTPRequest(url: "https://h/", trust: .fingerprint(sha256: "AA:BB")),
    ]
    for request in faulty {
      #expect(await failure(of: request, with: client)?.kind == "invalid_request")
    }
  }

  @Test func `no error shows path, query or password of the URL`() async throws {
    let server = try RawServer { _ in [.readHeader, .send("garbage\r\n\r\n")] }
    let closed = try RawServer(.wait)
    closed.stop()
    let secret = "hunter2"
    let urls = [
      "http://user:\(secret)@127.0.0.1:\(server.port)/\(secret)?token=\(secret)",
      "http://user:\(secret)@127.0.0.1:\(closed.port)/\(secret)?token=\(secret)",
      "http://user:\(secret)@nobody.invalid/\(secret)", "gopher://x/\(secret)",
      "http:///\(secret)", "https://127.0.0.1:\(server.port)/\(secret)",
    ]
    for url in urls {
      let error = try #require(
        await failure(of: HTTPRequest(url: url, timeout: .milliseconds(500)), with: client)
      )
      #expect(!error.description.contains(secret))
      #expect(!"\(String(reflecting: error))".contains(secret))
    }
  }
}
