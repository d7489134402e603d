// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Logging
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport
import Testing

@testable import Collectors

/// The sockets and the thread, with packets on loopback.
@Suite struct RouterWatchTests {
  private static let text = """
    architecture:
      tiers:
        - name: load-balancer
          members:
            - {name: nginx1, address: 127.0.0.11, vrrp_priority: 101}
            - {name: nginx2, address: 127.0.0.12, vrrp_priority: 100}
          vrrp: {instance: VI_1, router_id: 51, address: 127.0.0.20, interface: lo}
    """

  /// Sends advertisements of version 2 from an address of this host to 127.0.0.1.
  private final class Sender {
    private let descriptor = socket(AF_INET, Int32(SOCK_RAW.rawValue), 112)

    init(_ address: String) {
      var limit: Int32 = 255
      setsockopt(descriptor, Int32(IPPROTO_IP), IP_TTL, &limit, socklen_t(4))
      withAddress(address) { _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }

    deinit { close(descriptor) }

    static var isPermitted: Bool {
      let descriptor = socket(AF_INET, Int32(SOCK_RAW.rawValue), 112)
      if descriptor >= 0 { close(descriptor) }
      if descriptor < 0 { print("skipped: no CAP_NET_RAW") }
      return descriptor >= 0
    }

    func send(_ priority: UInt8, router: UInt8 = 51) {
      var bytes: [UInt8] = [0x21, router, priority, 1, 0, 1, 0, 0, 127, 0, 0, 20]
      bytes += [UInt8](repeating: 0, count: 8)
      let sum = ~InternetChecksum.sum(bytes) & 0xffff
      (bytes[6], bytes[7]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
      withAddress("127.0.0.1") { address in
        _ = sendto(
          descriptor,
          bytes,
          bytes.count,
          0,
          address,
          socklen_t(MemoryLayout<sockaddr_in>.size)
        )
      }
    }

    private func withAddress(_ text: String, _ body: (UnsafePointer<sockaddr>) -> Void) {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      inet_pton(AF_INET, text, &address.sin_addr)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
      }
    }
  }

  @Test(.enabled(if: Sender.isPermitted))
  func `the first advertisement of a new master is news within a tenth of a second`() async throws {
    let declared = DeclaredTargets(
      VRRPCollector.self,
      Self.text,
      http: HTTPClient(userAgent: "test")
    )
    let news = Mutex(0)
    let collector = declared.targets[0].collector
    func ask() async throws -> Collection {
      try await collector.collect(
        Poll(time: .epoch, timeout: .seconds(1), newsArrived: { news.withLock { $0 += 1 } })
      )
    }
    func master(_ name: String) async throws -> Double? {
      let labels = ["instance": name, "witness": "advertisements"]
      return try await ask().value("hvsmon_vrrp_master", labels)
    }
    let (first, second) = (Sender("127.0.0.11"), Sender("127.0.0.12"))
    _ = try await ask()
    let isFirst = try await eventually {
      first.send(101)
      return try await master("nginx1") == 1
    }
    #expect(isFirst)
    #expect(try await master("nginx2") == 0)
    // 127.0.0.20 is this host, which answers.
    let answers = try await eventually {
      try await ask().value("hvsmon_vrrp_witness_up", ["witness": "probe"]) == 1
    }
    #expect(answers)
    let clock = ContinuousClock()
    var delays: [Duration] = []
    // On a machine with much to do one of some must do.
    for (old, new) in [(first, second), (second, first), (first, second)] {
      let past = news.withLock { $0 }
      old.send(0)
      _ = await eventually { news.withLock { $0 } > past }
      _ = try await ask()
      let before = news.withLock { $0 }
      let sent = clock.now
      new.send(100)
      _ = await eventually { news.withLock { $0 } > before }
      delays.append(clock.now - sent)
    }
    #expect(delays.contains { $0 < .milliseconds(500) }, "\(delays)")
    let last = try await ask()
    let labels = ["instance": "nginx2", "witness": "advertisements"]
    #expect(last.value("hvsmon_vrrp_master", labels) == 1)
    let resigned = last.value("hvsmon_vrrp_transitions_total", ["cause": "resigned"])
    #expect((1...3).contains(resigned ?? 0))
  }

  @Test(.enabled(if: Sender.isPermitted))
  func `what is not of the router is counted by its fault, and a stop ends the thread`()
    async throws
  {
    // Others may send of router 51 meanwhile.
    let text = Self.text.replacing("router_id: 51", with: "router_id: 52")
    let settings = try RouterSightingsTests.settings(text)
    let watch = RouterWatch(settings, logger: Logger(area: "test"))
    let sender = Sender("127.0.0.13")
    _ = watch.sightings(newsArrived: {}, at: watch.now)
    let isCounted = await eventually {
      sender.send(255, router: 52)
      let sightings = watch.sightings(newsArrived: {}, at: watch.now)
      return sightings.refused["stranger", default: 0] > 0
    }
    #expect(isCounted)
    let sightings = watch.sightings(newsArrived: {}, at: watch.now)
    #expect(sightings.judgement(at: watch.now) == .unknown)
    #expect(sightings.fault(.advertisements, at: watch.now) == "unheard")
    watch.end()
  }
}
