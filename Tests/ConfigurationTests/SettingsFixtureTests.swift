// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import FoundationEssentials
import TestSupport
import Testing

@Suite struct SettingsFixtureTests {
  private static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast()
    return "/\(parts.joined(separator: "/"))/Fixtures"
  }()

  private static func files(_ ending: String) -> [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return found.filter { $0.hasSuffix(ending) }.sorted()
  }

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
  }

  @Test func `there are good and faulty files`() {
    #expect(Self.files(".good.yml").count >= 3)
    #expect(Self.files(".bad.yml").count >= 40)
  }

  @Test(arguments: files(".good.yml"))
  func `a good file has no fault`(file: String) throws {
    #expect(try LoadedSettings(text(file)).faults == [])
  }

  @Test(arguments: files(".bad.yml"))
  func `a faulty file has exactly the fault its first line expects`(file: String) throws {
    let text = try text(file)
    let first = text.split(separator: "\n").first ?? ""
    try #require(first.hasPrefix("# expect: "))
    #expect(LoadedSettings(text).faults == ["hvsmon.yml:\(first.dropFirst("# expect: ".count))"])
  }

  @Test func `the reference cluster is read as it stands`() throws {
    let settings = try LoadedSettings(text("reference-cluster.good.yml")).settings
    #expect(settings.cluster.name == "hvs")
    #expect(settings.cluster.tiers.map(\.name) == ["load-balancer", "app", "database"])
    #expect(settings.cluster.tiers.map(\.needs) == [.members(1), .members(1), .majority])
    #expect(settings.cluster.tiers.map(\.dependsOn) == [["app"], ["database"], []])
    let nginx2 = settings.cluster.tiers[0].members[1]
    #expect(nginx2.name == "nginx2" && nginx2.address == "fd00::101" && nginx2.guest == 101)
    #expect(nginx2.node == "CoolerHostname2")
    let entry = try #require(settings.cluster.entries.first)
    #expect(entry.url == "http://192.168.30.200/")
    #expect(entry.expectedStatuses == [200, 301])
    #expect(entry.tiers == ["load-balancer", "app"])
    #expect(settings.poll.interval == .seconds(15))
    #expect(settings.poll.timeout == .seconds(3))
    #expect(settings.poll.confirmInterval == .milliseconds(500))
    #expect(settings.poll.confirmFailures == 3)
    #expect(!settings.poll.watchesConnections)
    #expect(settings.storage.path == "/tmp/x.sqlite")
    #expect(settings.storage.statePath == "/tmp/x-state.sqlite")
    #expect(settings.storage.retention == .seconds(90 * 86_400))
    #expect(settings.storage.bytesMax == 2 << 30)
    #expect(settings.storage.flushInterval == .seconds(2))
    #expect(settings.http.host == "::" && settings.http.port == 9821)
    #expect(settings.http.tokens.map(\.name) == ["grafana", "ops"])
    #expect(settings.http.tokens.map(\.role) == [.read, .operate])
    #expect(settings.http.tokens[1].secret.reveal() == "abcdefghijklmnop")
    #expect(settings.http.tls?.certificateFile == "/c.pem")
    #expect(settings.http.tls?.keyFile == "/k.pem")
    #expect(settings.ruleFiles == ["/etc/hvsmon/alerts.yml", "more.yml"])
  }

  @Test func `remote write is taken when a token may write`() throws {
    let http = try LoadedSettings(text("remote-write.good.yml")).settings.http
    #expect(http.acceptsRemoteWrite)
    #expect(http.tokens.map(\.role) == [.write])
    #expect(try !LoadedSettings(text("empty.good.yml")).settings.http.acceptsRemoteWrite)
  }

  @Test func `what is left out has its default`() throws {
    let settings = try LoadedSettings(text("empty.good.yml")).settings
    #expect(settings.cluster.name == "cluster")
    #expect(settings.cluster.tiers.isEmpty && settings.cluster.entries.isEmpty)
    #expect(settings.poll == PollSettings())
    #expect(settings.poll.interval == .seconds(10) && settings.poll.timeout == .seconds(4))
    #expect(settings.poll.confirmInterval == .seconds(1) && settings.poll.confirmFailures == 2)
    #expect(settings.poll.watchesConnections)
    #expect(settings.storage == StorageSettings())
    #expect(settings.storage.path == "/var/lib/hvsmon/hvsmon.sqlite")
    #expect(settings.storage.statePath == "/var/lib/hvsmon/hvsmon-state.sqlite")
    #expect(settings.storage.retention == .seconds(400 * 86_400))
    #expect(settings.storage.bytesMax == 4 << 30)
    #expect(settings.http.host == "127.0.0.1" && settings.http.port == 9820)
    #expect(settings.http.tokens.isEmpty && settings.http.tls == nil && settings.http.isLoopback)
    #expect(settings.ruleFiles.isEmpty)
  }

  @Test(arguments: [UInt64(31), 32])
  func `a file changed anywhere is read to the end`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let original = try Array(text("reference-cluster.good.yml").utf8)
    for length in stride(from: 0, to: original.count, by: 7) {
      _ = LoadedSettings(String(decoding: original[..<length], as: UTF8.self)).faults
    }
    for _ in 0..<200 {
      var bytes = original
      for _ in 0..<4 {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = Array("{}[]:,-~0aZ\n \"".utf8).randomElement(using: &random) ?? 0
      }
      for fault in LoadedSettings(String(decoding: bytes, as: UTF8.self)).faults {
        #expect(fault.hasPrefix("hvsmon.yml:"), "seed \(seed)")
        #expect(!fault.contains("abcdefghijklmnop"), "seed \(seed)")
      }
    }
  }
}
