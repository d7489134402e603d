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

  /// Sends advertisements of version 3 from this host to itself.
  private final class ThirdSender {
    private let descriptor: Int32
    private let isIPv6: Bool

    init(isIPv6: Bool) {
      self.isIPv6 = isIPv6
      descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_RAW.rawValue), 112)
      if isIPv6 {
        set(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, 255)
        // The system fills in the checksum, whose pseudo-header is its own matter.
        set(Int32(IPPROTO_IPV6), IPV6_CHECKSUM, 6)
      } else {
        set(Int32(IPPROTO_IP), IP_TTL, 255)
      }
    }

    deinit { close(descriptor) }

    private func set(_ level: Int32, _ name: Int32, _ value: Int32) {
      var value = value
      setsockopt(descriptor, level, name, &value, socklen_t(4))
    }

    /// Whether the system took the packet.
    @discardableResult
    func send(_ priority: UInt8, router: UInt8) -> Bool {
      // 25 hundredths of a second.
      var bytes: [UInt8] = [0x31, router, priority, 1, 0, 25, 0, 0]
      var storage = sockaddr_storage()
      storage.ss_family = sa_family_t(isIPv6 ? AF_INET6 : AF_INET)
      let own: [UInt8] = isIPv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
      bytes += isIPv6 ? own : [127, 0, 0, 20]
      if !isIPv6 {
        let sum = ~InternetChecksum.sum(own + own + [0, 112, 0, UInt8(bytes.count)] + bytes)
        (bytes[6], bytes[7]) = (UInt8(sum >> 8 & 0xff), UInt8(sum & 0xff))
      }
      withUnsafeMutableBytes(of: &storage) { raw in
        for (place, byte) in own.enumerated() { raw[(isIPv6 ? 8 : 4) + place] = byte }
      }
      let size = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
      return withUnsafePointer(to: &storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(size)) == bytes.count
        }
      }
    }
  }

  /// A router of version 3 whose advertisements come to this host alone.
  private static func third(isIPv6: Bool) -> String {
    let addresses =
      isIPv6 ? ["fd00::1", "fd00::2", "::1"] : ["127.0.0.1", "127.0.0.2", "127.0.0.20"]
    return """
      architecture:
        tiers:
          - name: load-balancer
            members:
              - {name: nginx1, address: "\(addresses[0])", vrrp_priority: 101}
              - {name: nginx2, address: "\(addresses[1])", vrrp_priority: 100}
            vrrp:
              instance: VI_3
              router_id: \(isIPv6 ? 54 : 53)
              address: "\(addresses[2])"
              interface: lo
              advert_interval: 250ms
              sources: [advertisements, probe]
      """
  }

  @Test(.enabled(if: Sender.isPermitted), arguments: [false, true])
  func `version 3 is heard over IPv4 and IPv6 when it is sent to this host alone`(isIPv6: Bool)
    async throws
  {
    let sender = ThirdSender(isIPv6: isIPv6)
    let router: UInt8 = isIPv6 ? 54 : 53
    guard sender.send(101, router: router) else {
      print("skipped: this machine has no IPv6 on its loopback")
      return
    }
    let watch = RouterWatch(
      try RouterSightingsTests.settings(Self.third(isIPv6: isIPv6)),
      logger: Logger(area: "test")
    )
    func masters() -> Set<String>? {
      watch.sightings(newsArrived: {}, at: watch.now).masters(.advertisements, at: watch.now)
    }
    let isHeard = await eventually {
      sender.send(101, router: router)
      return masters() == ["nginx1"]
    }
    #expect(isHeard)
    let heard = watch.sightings(newsArrived: {}, at: watch.now)
    let advertised = try #require(heard.advertised["nginx1"])
    #expect(advertised.version == .three && advertised.interval == .milliseconds(250))
    #expect(advertised.addresses == [heard.settings.address])
    #expect(heard.judgement(at: watch.now) == .one && heard.refused.isEmpty)
    // The address is this host's, which answers.
    let isAnswered = await eventually {
      watch.sightings(newsArrived: {}, at: watch.now).lastEcho != nil
    }
    #expect(isAnswered)
    // Its priority of 0 is a farewell; over IPv6 only the priority tells who speaks next.
    sender.send(0, router: router)
    let isLeft = await eventually { masters() == [] }
    #expect(isLeft)
    if isIPv6 {
      let hasMoved = await eventually {
        sender.send(100, router: router)
        return masters() == ["nginx2"]
      }
      #expect(hasMoved)
    }
    watch.end()
  }
}
