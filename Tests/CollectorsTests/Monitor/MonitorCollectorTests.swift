// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite struct MonitorCollectorTests {
  private func witnesses(_ text: String) -> (list: [MonitorWitness], faults: [String]) {
    let tree = SettingsTree(parsing: Array(text.utf8), file: "a.yml")
    let list = MonitorWitness.list(tree.root)
    return (list, tree.issues.map(\.description))
  }

  private func collect(_ text: String) async throws -> Collection {
    let streams = StreamConnector()
    let collector = MonitorCollector(witnesses: witnesses(text).list, streams: streams)
    let collection = try await collector.collect(
      Poll(time: Timestamp(unixSeconds: 0), timeout: .seconds(2))
    )
    await streams.close()
    return collection
  }

  private func values(_ collection: Collection) -> [String: Double] {
    Dictionary(
      uniqueKeysWithValues: collection.samples.map {
        ($0.labels["witness"] ?? $0.definition.name, $0.value)
      }
    )
  }

  @Test func `an open port is a sign of life, and so is a refusal`() async throws {
    let open = try RawServer(.readHeader)
    let closed = try RawServer(.reset)
    let port = closed.port
    closed.stop()
    defer { open.stop() }
    let text = """
      gateway: tcp://127.0.0.1:\(open.port)
      witnesses: ["tcp://127.0.0.1:\(port)"]
      """
    let found = try await collect(text)
    #expect(found.failure == nil)
    #expect(
      values(found) == [
        "tcp://127.0.0.1:\(open.port)": 1, "tcp://127.0.0.1:\(port)": 1,
        "hvsmon_monitor_isolated": 0,
      ]
    )
  }

  @Test func `when nobody answers the monitor is isolated, which is a failure to confirm`()
    async throws
  {
    // The system refuses to connect to the address of all, without a packet.
    let found = try await collect("witnesses: [\"tcp://255.255.255.255:443\"]")
    #expect(values(found)["hvsmon_monitor_isolated"] == 1)
    #expect(values(found)["tcp://255.255.255.255:443"] == 0)
    #expect(found.isUp && found.failure != nil)
  }

  @Test func `one of several suffices`() async throws {
    let open = try RawServer(.readHeader)
    defer { open.stop() }
    let found = try await collect(
      "witnesses: [\"tcp://255.255.255.255:443\", \"tcp://127.0.0.1:\(open.port)\"]"
    )
    #expect(values(found)["hvsmon_monitor_isolated"] == 0)
  }

  @Test func `gateways need no port, witnesses do, and faults are named`() {
    let good = witnesses("{gateway: 192.168.30.1, witnesses: ['tcp://[2606:4700::1]:443']}")
    #expect(good.faults.isEmpty, "\(good.faults)")
    #expect(good.list.map(\.name) == ["192.168.30.1", "tcp://[2606:4700::1]:443"])
    #expect(good.list[0].endpoints.map(\.port) == [443, 80, 53, 22])
    #expect(good.list[1].endpoints.map(\.host) == ["2606:4700::1"])
    let faulty = [
      "{}", "{gateway: 'a b'}", "{witnesses: ['1.1.1.1:443']}", "{witnesses: ['tcp://1.1.1.1']}",
      "{witnesses: ['tcp://:443']}", "{witnesses: ['tcp://a:0']}", "{witnesses: ['tcp://a:70000']}",
      "{witnesses: ['tcp://a/b:443']}", "{witnesses: ['tcp://a:1', 'tcp://a:1']}",
      "{gateway: 'http://a'}",
    ]
    for text in faulty { #expect(witnesses(text).faults.count == 1, "\(text)") }
    let many = (1...9).map { "'tcp://a:\($0)'" }.joined(separator: ", ")
    #expect(witnesses("{witnesses: [\(many)]}").faults.count == 1)
  }
}
