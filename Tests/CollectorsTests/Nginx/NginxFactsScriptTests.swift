// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

/// From recorded words of nginx, through `deploy/facts.sh` as a host runs it, to series.
@Suite(.timeLimit(.minutes(1)), .enabled(if: SharedFolder.path != nil))
struct NginxFactsScriptTests {
  /// A host with the recorded nginx and a log of its own, and the target that asks it.
  private final class Host {
    let folder: TemporaryFolder
    private let http = HTTPClient(userAgent: "test")
    private let declared: DeclaredTargets

    init() async throws {
      folder = try TemporaryFolder()
      for name in ["bin", "log"] {
        try FileManager.default.createDirectory(
          atPath: folder.file(name),
          withIntermediateDirectories: true
        )
      }
      let recorded = "\(SharedFolder.path ?? "")/fixtures/nginx/nginx-T.lb101.stdout.txt"
      _ = try await folder.install("bin/nginx", "[ \"$*\" = -T ] && cat '\(recorded)'")
      _ = try await folder.install("bin/sudo", "[ \"$2\" = -l ] || { shift; exec \"$@\"; }")
      _ = try folder.write("facts.sh", try Self.script(in: folder))
      // Serves as an account does that can run nothing else.
      let ssh = try await folder.install("ssh", "exec /bin/sh '\(folder.file("facts.sh"))'")
      declared = DeclaredTargets(
        NginxHostCollector.self,
        """
        ssh: {user: u, identity_file: /k, known_hosts_file: /h, program: \(ssh)}
        architecture:
          tiers:
            - name: web
              members: [{name: lb101, address: 192.168.30.101}]
              nginx:
                status: "http://{address}/s"
                expect:
                  {upstream: nextjs, balancing: ip_hash, max_fails: 2, fail_timeout: 5s,
                   rate_limit: {zone: perip, rate: 20r/s, burst: 100, nodelay: true}}
        """,
        http: http
      )
      try #require(declared.targets.count == 1, "\(declared.faults)")
    }

    /// The script, with this folder's programs first, and its log in the place of nginx's own.
    private static func script(in folder: TemporaryFolder) throws -> String {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
      let shipped = try String(contentsOfFile: "\(root)/deploy/facts.sh", encoding: .utf8)
      let changed = shipped.replacing("\nPATH=/usr", with: "\nPATH=\(folder.file("bin")):/usr")
        .replacing(
          "nginx_errors \"$2\" ",
          with: "nginx_errors \"\(folder.file("log"))/${2##*/}\" "
        )
      try #require(changed.utf8.count > shipped.utf8.count + 2 * folder.path.utf8.count)
      return changed
    }

    func poll(at seconds: Int64) async throws -> Collection {
      let poll = Poll(time: Timestamp(unixMilliseconds: seconds * 1_000), timeout: .seconds(8))
      return try await declared.targets[0].collector.collect(poll)
    }

    /// Adds to the log, or has these lines alone in the same file.
    func log(_ lines: [String], emptying: Bool = false) async throws {
      let mark = emptying ? ">" : ">>"
      let text = lines.map { "\($0)\n" }.joined()
      let writer = try ChildProcess(
        "/bin/sh",
        ["-c", "printf %s \"$1\" \(mark)\"$2\"", "sh", text, folder.file("log/error.log")]
      )
      #expect(try await writer.waitForExit() == .code(0))
    }

    func end() async { await http.close() }
  }

  private static let limited = ["zone": "perip", "outcome": "rejected"]

  @Test func `the recorded configuration is what it was declared to be, and is compared whole`()
    async throws
  {
    let host = try await Host()
    try await host.log([])
    let found = try await host.poll(at: 0)
    #expect(found.value("hvsmon_nginx_config_valid") == 1)
    #expect(!found.samples.contains { $0.definition.name == "hvsmon_deviation" })
    // The digest covers exactly the directives that the other tests suppose the host to send.
    let lines = try NginxConfigurationTests.configuration().comparedLines
    let digest = NginxTierBook.digest(of: lines, address: "192.168.30.101")
    #expect(found.value("hvsmon_nginx_config_info", ["hash": digest]) == 1)
    await host.end()
  }

  @Test func `each recorded line of the log is counted once, whatever becomes of the file`()
    async throws
  {
    let host = try await Host()
    let path = "\(SharedFolder.path ?? "")/fixtures/nginx/error.log"
    let recorded = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let line = try #require(recorded.first)
    // What was there before the first look is not counted.
    try await host.log([line, line])
    _ = try await host.poll(at: 0)
    try await host.log(recorded)
    let found = try await host.poll(at: 10)
    var counts = NginxLogCounts()
    for line in recorded { counts.take(line) }
    let expected = counts.samples(naming: [:])
    #expect(expected.count > 10)
    for sample in expected {
      let value = found.value(sample.definition.name, sample.labels)
      #expect(value == sample.value, "\(sample.definition.name) \(sample.labels)")
    }
    let before = try #require(found.value("hvsmon_nginx_limited_requests_total", Self.limited))

    // Emptied in place, as `copytruncate` does: the file is read from its beginning.
    try await host.log([line, line, line], emptying: true)
    let emptied = try await host.poll(at: 20)
    #expect(emptied.value("hvsmon_nginx_limited_requests_total", Self.limited) == before + 3)
    // Rotated: the rest of the old file and all of the new one.
    try await host.log([line])
    let log = host.folder.file("log/error.log")
    try FileManager.default.moveItem(atPath: log, toPath: "\(log).1")
    try await host.log([line, line])
    let rotated = try await host.poll(at: 30)
    #expect(rotated.value("hvsmon_nginx_limited_requests_total", Self.limited) == before + 6)
    let same = try await host.poll(at: 40)
    #expect(same.value("hvsmon_nginx_limited_requests_total", Self.limited) == before + 6)
    await host.end()
  }
}
