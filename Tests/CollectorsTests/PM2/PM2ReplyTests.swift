// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite struct PM2ReplyTests {
  /// A recorded output; nil, with a line that says so, when recordings are missing.
  static func recorded(_ name: String) -> [UInt8]? {
    guard let folder = SharedFolder.path,
      let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/fixtures/pm2/\(name)"))
    else {
      print("skipped: no shared/fixtures/pm2/\(name)")
      return nil
    }
    return Array(data)
  }

  static let lists = [
    "jlist.after-reload.json", "jlist.all-states.json", "jlist.cpu-busy.json",
    "jlist.daemon-spawned.stdout.txt", "jlist.during-start.json", "jlist.empty.json",
    "jlist.http-metrics.json", "jlist.out-of-date.stdout.txt", "jlist.shell-wrapper.json",
    "jlist.stopping.json",
  ]

  private func reply(_ name: String) throws -> PM2Reply? {
    try Self.recorded(name).map(PM2Reply.init(reading:))
  }

  @Test func `every state is read, and what does not run has no figures`() throws {
    guard let reply = try reply("jlist.all-states.json") else { return }
    let states = Dictionary(
      reply.processes.map { ("\($0.key.name) \($0.key.id)", $0.state) }
    ) { $1 }
    #expect(
      states == [
        "nextjs 0": .online, "nextjs-cluster 1": .online, "worker-stopped 2": .stopped,
        "crashloop 3": .errored, "backoff 4": .waitingRestart, "nextjs-cluster 5": .online,
        "delayed 6": .waitingRestart, "slow-ready 7": .online, "stubborn 8": .stopped,
        "oneshot 9": .stopped, "nextjs-other-ns 10": .online,
      ]
    )
    for process in reply.processes {
      #expect((process.memoryBytes != nil) == (process.state == .online))
      #expect((process.startSeconds != nil) == (process.state == .online))
    }
    let first = try #require(reply.processes.first)
    #expect(first.memoryBytes == 51_265_536 && first.restarts == 1 && first.mode == .fork)
    #expect(first.startSeconds == 1_795_455_300.045)
    // A text and a number alike are figures, in base units.
    #expect(first.figures[.eventLoopP95] == 3.99 * 0.001)
    #expect(first.figures[.heapUsed] == 4.81 * 1_048_576 && first.figures[.handles] == 3)
    // No version is no version.
    #expect(first.version == nil && first.nodeVersion == "20.20.2")
    let crashed = try #require(reply.processes.first { $0.key.name == "oneshot" })
    #expect(crashed.exitCode == 1)
    let loop = try #require(reply.processes.first { $0.key.name == "crashloop" })
    #expect(loop.restarts == 4 && loop.unstableRestarts == 0)
  }

  @Test func `starting, stopping, reloading and busy processes are told apart`() throws {
    guard let starting = try reply("jlist.during-start.json"),
      let stopping = try reply("jlist.stopping.json"),
      let reloaded = try reply("jlist.after-reload.json"),
      let busy = try reply("jlist.cpu-busy.json")
    else { return }
    #expect(starting.processes.first { $0.key.name == "slow-ready" }?.state == .launching)
    #expect(stopping.processes.first { $0.key.name == "stubborn" }?.state == .stopping)
    #expect(reloaded.processes.map(\.key.id) == [1, 5])
    #expect(reloaded.processes.allSatisfy { $0.mode == .cluster && $0.restarts == 1 })
    #expect(busy.processes.first?.cpuRatio == 0.713)
  }

  @Test func `preambles are passed over, and a daemon that was just started is told`() throws {
    guard let spawned = try reply("jlist.daemon-spawned.stdout.txt"),
      let outOfDate = try reply("jlist.out-of-date.stdout.txt"),
      let empty = try reply("jlist.empty.json"),
      let wrapped = try reply("jlist.shell-wrapper.json"),
      let http = try reply("jlist.http-metrics.json")
    else { return }
    #expect(spawned.isOfNewDaemon && spawned.processes.isEmpty)
    #expect(!outOfDate.isOfNewDaemon && outOfDate.processes.map(\.key.name) == ["nextjs"])
    #expect(!empty.isOfNewDaemon && empty.processes.isEmpty)
    #expect(wrapped.processes.first?.memoryBytes == 2_899_968)
    #expect(wrapped.processes.first?.nodeVersion == nil)
    #expect(http.processes.first?.figures[.httpP95] == 0.003)
    #expect(http.processes.first?.figures[.httpRate] == 0.48 / 60)
  }

  @Test func `the daemon's own answer holds the same list`() throws {
    guard let reply = Self.recorded("rpc.getMonitorData.reply.bin"),
      let request = Self.recorded("rpc.getMonitorData.request.bin")
    else { return }
    #expect(String(decoding: request, as: UTF8.self).contains("getMonitorData"))
    // Version 1, two arguments, and the length of the first with `j:` before it.
    #expect(reply[0] == 0x12)
    let length = reply[1...4].reduce(0) { $0 << 8 | Int($1) }
    let tree = try JSONReader.read(Array(reply[7..<(5 + length)]))
    let list = try #require(tree["args"]?.items.first)
    let processes = try list.items.map(PM2Process.init(reading:))
    #expect(processes.contains { $0.state == .online })
  }

  @Test(arguments: lists)
  func `no secret of an environment is kept`(name: String) throws {
    guard let reply = try reply(name) else { return }
    var text = ""
    dump(reply, to: &text)
    let samples = PM2Samples(settings: .nothing, member: "a").samples(of: reply)
    for sample in samples { text += "\(sample.labels)" }
    #expect(!text.contains("CANARY"))
    #expect(!text.contains("/home/nodeapp") && !text.contains("SSH_CLIENT"))
  }

  @Test func `a variable in the place of a field never becomes a label`() throws {
    let text = """
      daemon 17 7.0.3
      [{"name":"web","pm_id":0,"monit":{"memory":"x","cpu":-1},"build_id":"a b",
      "pm2_env":{"status":"CANARY","version":"CANARY secret","namespace":"CANARY=1",
      "node_version":{"CANARY":1},"restart_time":"many","axm_monitor":[],"exec_mode":7}}]
      """.split(separator: "\n").joined(separator: "").replacing("7.0.3", with: "7.0.3\n")
    let reply = try PM2Reply(reading: Array(text.utf8))
    #expect(reply.version == "7.0.3")
    let process = try #require(reply.processes.first)
    #expect(process.state == .other && process.version == nil && process.namespace == nil)
    #expect(process.restarts == nil && process.mode == nil && process.build == nil)
    let samples = PM2Samples(settings: .nothing, member: "a").samples(of: reply)
    #expect(!samples.contains { "\($0.labels)".contains("CANARY") })
  }

  @Test(arguments: [
    "", "[PM2] Spawning PM2 daemon\n", "{}", "[1]", #"[{"name":"a"}]"#, "[", #"[{"pm_id":1}]"#,
    #"[{"name":"a","pm_id":1},{"name":"a","pm_id":1}]"#,
  ])
  func `what is no list of processes is refused`(text: String) {
    #expect(throws: HostReplyFault.self) { _ = try PM2Reply(reading: Array(text.utf8)) }
  }

  @Test func `changed and cut lists never trap, and faults repeat nothing of them`() async throws {
    guard let whole = Self.recorded("jlist.stopping.json") else { return }
    await Mutation.run([whole], seed: 0x9332, standard: 400) { bytes in
      do throws(HostReplyFault) {
        #expect(try PM2Reply(reading: bytes).processes.count <= 3)
      } catch {
        #expect(!"\(error.failure(in: "pm2"))".contains("CANARY"))
      }
    }
    for length in stride(from: 0, to: whole.count, by: 97) {
      #expect(throws: HostReplyFault.self) {
        _ = try PM2Reply(reading: Array(whole.prefix(length)))
      }
    }
  }
}

extension PM2Settings {
  static let nothing = PM2Settings(user: nil, processes: [])
}
