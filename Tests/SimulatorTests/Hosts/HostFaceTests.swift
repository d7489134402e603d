// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Testing

@testable import Simulator

@Suite struct HostFaceTests {
  private var world = SimulatedWorld(plan: .reference, seed: 1, start: tuesday)

  private func section(
    _ word: Substring,
    of vmID: Int,
    as user: String = "hvsmon",
    at second: Int = 100
  ) throws -> (text: String, status: Int) {
    let guest = try #require(world.plan.guest(vmID))
    let face = HostFace(world: world, guest: guest, user: user, now: tuesday.plus(second))
    let section = face.section(word)
    return (String(decoding: section.output, as: UTF8.self), section.status)
  }

  private struct Interface: Decodable {
    struct Address: Decodable {
      let local: String
      let prefixlen: Int
      let secondary: Bool?
    }

    let ifname: String
    let flags: [String]
    let addr_info: [Address]
  }

  @Test func `the holder alone shows the floating IP, as ip shows it`() throws {
    func addresses(_ vmID: Int) throws -> [Interface.Address] {
      let text = try section("addresses", of: vmID).text
      let interfaces = try JSONDecoder().decode([Interface].self, from: Data(text.utf8))
      #expect(interfaces.map(\.ifname) == ["lo", "eth0"])
      #expect(interfaces.allSatisfy { $0.flags.contains("LOWER_UP") })
      return interfaces[1].addr_info
    }
    #expect(try addresses(100).map(\.local) == ["127.0.30.100", "127.0.30.200"])
    #expect(try addresses(100).map(\.secondary) == [nil, true])
    #expect(try addresses(101).map(\.local) == ["127.0.30.101"])
  }

  @Test mutating func `processes come and go with what they run`() throws {
    func lines(_ program: String, of vmID: Int, at second: Int) throws -> [Substring] {
      try section("processes:\(program)", of: vmID, at: second).text.split(separator: "\n")
    }
    #expect(try lines("keepalived", of: 100, at: 100).count == 3)
    #expect(try lines("nginx", of: 100, at: 100).count == 4)
    #expect(try lines("nginx", of: 106, at: 100).count == 1)
    world.begin(.keepalivedStopped(100), at: tuesday.plus(10))
    world.begin(.processDown(100), at: tuesday.plus(10))
    #expect(try lines("keepalived", of: 100, at: 100).count == 1)
    #expect(try lines("nginx", of: 100, at: 100).count == 1)
    world.end(.processDown(100), at: tuesday.plus(50))
    let restarted = try lines("nginx", of: 100, at: 100).map { $0.split(separator: " ") }
    let now = try #require(Int(restarted[0][1]))
    #expect(now - (try #require(Int(restarted[1][4]))) == 5_000)
    #expect(try section("unit:keepalived.service", of: 100).text.contains("ActiveState=inactive"))
    #expect(try section("unit:nginx.service", of: 100).text.contains("ActiveState=active"))
    #expect(try section("unit:nginx.service", of: 106).text.contains("LoadState=not-found"))
    #expect(try section("processes:sshd", of: 100).status == 64)
  }

  @Test mutating func `a load balancer that was changed has another burst and younger workers`()
    throws
  {
    let before = try section("nginx-config", of: 102).text
    #expect(before.contains("limit_req zone=mein_limit burst=100 nodelay;"))
    #expect(before.contains("server 127.0.30.107:3000 max_fails=2 fail_timeout=5s;"))
    #expect(before.contains("ip_hash;") && before.contains("rate=20r/s;"))
    world.begin(.configurationDrifted(102), at: tuesday.plus(10))
    let after = try section("nginx-config", of: 102).text
    #expect(after.contains("burst=50 nodelay;"))
    #expect(after.hasPrefix("# newest \(tuesday.plus(10).wholeSeconds)\n"))
    let other = try section("nginx-config", of: 101).text
    #expect(other == before.replacing("127.0.30.102:", with: "127.0.30.101:"))
    #expect(try section("nginx-config", of: 106).status == 127)
  }

  private struct Process: Decodable {
    struct Environment: Decodable {
      let status: String
      let restart_time: Int
      let unstable_restarts: Int
      let pm_uptime: Int64
      let env: [String: String]
      let JWT_SECRET: String
    }

    let name: String
    let pid: Int
    let pm2_env: Environment
  }

  private func process(of vmID: Int, at second: Int) throws -> Process {
    let text = try section("pm2", of: vmID, as: "app", at: second).text
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2 && lines[0].hasPrefix("daemon "))
    let list = try JSONDecoder().decode([Process].self, from: Data(lines[1].utf8))
    return try #require(list.first)
  }

  @Test mutating func `PM2 lists the app with its whole environment, secrets and all`() throws {
    let process = try process(of: 107, at: 100)
    #expect(process.name == "webapp" && process.pid > 1 && process.pm2_env.status == "online")
    #expect(process.pm2_env.JWT_SECRET.hasPrefix(SimulatedSecrets.mark))
    #expect(process.pm2_env.env.values.count { $0.contains(SimulatedSecrets.mark) } == 5)
    // Another account has no daemon, and a database no PM2.
    #expect(try section("pm2", of: 107).status == 69)
    #expect(try section("pm2", of: 103, as: "app").status == 69)
  }

  @Test mutating func `an app that ends again and again is online whenever somebody looks`() throws
  {
    world.begin(.processRestarts(107), at: tuesday.plus(10))
    world.end(.processRestarts(107), at: tuesday.plus(40))
    let seen = try (9...60).map { try process(of: 107, at: $0) }
    #expect(seen.allSatisfy { $0.pm2_env.status == "online" && $0.pm2_env.unstable_restarts == 0 })
    #expect(seen.map(\.pm2_env.restart_time) == seen.map(\.pm2_env.restart_time).sorted())
    #expect(seen[0].pm2_env.restart_time == 0)
    #expect(seen[1].pm2_env.restart_time == 1)
    let last = try #require(seen.last)
    #expect(last.pm2_env.restart_time == 7)
    #expect(last.pm2_env.pm_uptime == tuesday.plus(40).unixMilliseconds)
    #expect(Set(seen.map(\.pid)).count == 8)
    #expect(try process(of: 106, at: 60).pm2_env.restart_time == 0)
  }

  @Test func `certificates are dated as OpenSSL does`() throws {
    let text = try section("certificate:/etc/nginx/tls/site.crt", of: 100).text
    #expect(text.contains("notBefore=Sep 25 08:15:00 2026 GMT\n"))
    #expect(text.contains("notAfter=Dec 24 08:15:00 2026 GMT\n"))
    #expect(try section("certificate:/etc/other.pem", of: 100).status == 127)
    #expect(try section("keepalived-data", of: 100).status == 126)
    #expect(try section("shadow", of: 100).status == 64)
  }
}
