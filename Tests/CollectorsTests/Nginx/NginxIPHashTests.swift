// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import TestSupport
import Testing

@testable import Collectors

@Suite struct NginxIPHashTests {
  private static func upstream(
    _ servers: String...,
    balancing: String = "ip_hash"
  ) throws -> NginxConfiguration.Upstream {
    let lines = ["upstream a {", "\(balancing);"] + servers.map { "server \($0);" } + ["}"]
    let text = lines.joined(separator: "\n")
    return try #require(NginxConfiguration(reading: Array(text.utf8)).upstreams.first)
  }

  private static let three = ["192.168.30.106:3000", "192.168.30.107:3000", "192.168.30.108:3000"]

  private static func hash(_ servers: [String] = three) throws -> NginxIPHash {
    let lines = ["upstream a {", "ip_hash;"] + servers.map { "server \($0);" } + ["}"]
    let found = try NginxConfiguration(reading: Array(lines.joined(separator: "\n").utf8))
    return try #require(found.upstreams.first.flatMap { NginxIPHash($0) })
  }

  @Test func `a whole network of 256 addresses goes to one server`() throws {
    let hash = try Self.hash()
    for client: InternetAddress in ["192.168.30.50", "192.168.30.51", "192.168.30.255"] {
      #expect(hash.server(of: client) == "192.168.30.106:3000")
    }
    let servers = (0..<200).map { hash.server(of: .of([10, 0, UInt8($0), 1])) }
    #expect(Set(servers).count == 3)
  }

  @Test func `what is balanced otherwise, or named, is not computed`() throws {
    #expect(NginxIPHash(try Self.upstream("192.0.2.1:80", balancing: "least_conn")) == nil)
    #expect(NginxIPHash(try Self.upstream("192.0.2.1:80", "app.example:80")) == nil)
    #expect(NginxIPHash(try Self.upstream("unix:/run/app.sock")) == nil)
    #expect(NginxIPHash(try Self.upstream("192.0.2.1 weight=0")) == nil)
    // Without a port it is 80.
    let bare = NginxIPHash(try Self.upstream("192.0.2.1", "[2001:db8::1]"))
    let servers = Set((0..<50).map { bare?.server(of: .of([10, 0, UInt8($0), 1])) })
    #expect(servers == ["192.0.2.1:80", "[2001:db8::1]:80"])
  }

  @Test func `another order or number of servers moves clients, another mark only its own`() throws
  {
    let hash = try Self.hash()
    #expect(hash.movedRatio(to: hash) == 0)
    let shorter = hash.movedRatio(to: try Self.hash(Array(Self.three.prefix(2))))
    #expect((0.55...0.75).contains(shorter), "\(shorter)")
    let swapped = hash.movedRatio(to: try Self.hash([Self.three[1], Self.three[0], Self.three[2]]))
    #expect((0.55...0.75).contains(swapped), "\(swapped)")
    let marked = hash.movedRatio(
      to: try Self.hash([Self.three[0], Self.three[1], Self.three[2] + " down"])
    )
    #expect((0.25...0.42).contains(marked), "\(marked)")
  }

  /// nginx on loopback that takes the client's address from a header.
  private struct RealNginx {
    static let program: String? = {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
      let candidates = ["\(root)/.peers/usr/sbin/nginx", "/usr/sbin/nginx"]
      let found = candidates.first { access($0, X_OK) == 0 }
      if found == nil { print("skipped: there is no nginx; `make setup-peers` unpacks one") }
      return found
    }()

    let process: ChildProcess
    let folder: TemporaryFolder
    let port: Int

    /// Three servers on one port of three addresses, behind each of these upstreams.
    init(_ upstreams: [String]) async throws {
      let folder = try TemporaryFolder()
      let port = Int(FreePort.next())
      self.folder = folder
      self.port = port
      let groups = upstreams.enumerated().map { number, servers in
        "upstream u\(number) { ip_hash; \(servers) }"
      }
      let places = upstreams.indices.map { "location /\($0) { proxy_pass http://u\($0); }" }
      let ends = [2, 3, 4].map { "server { listen 127.0.0.\($0):\(port); return 200; }" }
      let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
        "\($0)_temp_path \(folder.file($0));"
      }
      let text = """
        daemon off; master_process off; pid \(folder.file("pid"));
        events {}
        http {
          access_log off;
          \(paths.joined(separator: "\n"))
          \(groups.joined(separator: "\n").replacing("PORT", with: "\(port)"))
          \(ends.joined(separator: "\n"))
          server {
            listen 127.0.0.1:\(port);
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Client;
            add_header X-Upstream $upstream_addr always;
            \(places.joined(separator: "\n"))
          }
        }
        """
      let config = try folder.write("nginx.conf", text)
      let log = folder.file("error.log")
      process = try ChildProcess(
        RealNginx.program ?? "",
        ["-p", folder.path, "-e", log, "-c", config]
      )
    }
  }

  @Test(.enabled(if: RealNginx.program != nil), .timeLimit(.minutes(1)))
  func `real nginx gives every client to the server that is computed`() async throws {
    let upstreams = [
      "server 127.0.0.2:PORT; server 127.0.0.3:PORT; server 127.0.0.4:PORT;",
      "server 127.0.0.2:PORT weight=3; server 127.0.0.3:PORT; server 127.0.0.4:PORT weight=2;",
      "server 127.0.0.2:PORT; server 127.0.0.3:PORT down; server 127.0.0.4:PORT;",
    ]
    let nginx = try await RealNginx(upstreams)
    let http = HTTPClient(userAgent: "test")
    let clients = (0..<40).map { "10.\($0 * 37 % 256).\($0 * 11 % 256).7" } + ["2001:db8::\(7)"]
    func answer(_ group: Int, _ client: String) async throws -> String? {
      let headers: HTTPHeaders = ["X-Client": client]
      let url = "http://127.0.0.1:\(nginx.port)/\(group)"
      do throws(HTTPClientError) {
        return try await http.send(HTTPRequest(url: url, headers: headers)).headers["X-Upstream"]
      } catch {
        return nil
      }
    }
    let isUp = try await eventually { try await answer(0, clients[0]) != nil }
    try #require(isUp, "\(nginx.process.errorOutput)")
    for (group, servers) in upstreams.enumerated() {
      let lines = servers.replacing("PORT", with: "\(nginx.port)").split(separator: ";")
        .map { String($0.drop { $0 == " " }.dropFirst("server ".count)) }
      let hash = try Self.hash(lines)
      for client in clients {
        let address = try #require(InternetAddress(client))
        #expect(try await answer(group, client) == hash.server(of: address), "\(group) \(client)")
      }
    }
    try await nginx.process.terminate()
    await http.close()
  }
}
