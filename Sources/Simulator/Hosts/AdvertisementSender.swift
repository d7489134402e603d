// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Net
import Synchronization

/// Sends the advertisements of a world's routers on the loopback interface, each from its router's
/// address; it takes CAP_NET_RAW.
final class AdvertisementSender: Sendable {
  /// A change of masters is noticed within this time.
  private static let pace = Duration.milliseconds(20)

  private struct State {
    var isEnding = false
    var hasEnded = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// Begins to send; nil without the right to, or without a thread.
  init?(
    routerID: UInt8,
    world: @escaping @Sendable () -> SimulatedWorld,
    clock: any TimeSource
  ) {
    guard let sockets = RouterSockets(world().plan.loadBalancers.map(\.guest.address)) else {
      return nil
    }
    let hasStarted = Thread.start { [self] in
      run(sockets, AdvertisementSchedule(routerID: routerID), world, clock)
    }
    guard hasStarted else { return nil }
  }

  /// Sends no more; returns when the last is out.
  func stop() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        state.isEnding = true
        if !state.hasEnded { state.waiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  /// Lets it end by itself, with nobody waiting for it.
  func abandon() { state.withLock { $0.isEnding = true } }

  private func run(
    _ sockets: RouterSockets,
    _ schedule: AdvertisementSchedule,
    _ world: @Sendable () -> SimulatedWorld,
    _ clock: any TimeSource
  ) {
    var schedule = schedule
    while !state.withLock({ $0.isEnding }) {
      for advertisement in schedule.due(in: world(), at: clock.now) {
        sockets.send(advertisement)
      }
      usleep(UInt32(Self.pace.milliseconds * 1_000))
    }
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}

/// A raw socket for each router; used by one thread.
private final class RouterSockets: Sendable {
  private static let vrrpNumber: Int32 = 112
  private let descriptors: [String: Int32]

  /// Nil when the system does not let this process open them.
  init?(_ addresses: [String]) {
    var opened: [String: Int32] = [:]
    for address in addresses {
      guard let descriptor = Self.open(from: address) else {
        for (_, descriptor) in opened { close(descriptor) }
        return nil
      }
      opened[address] = descriptor
    }
    descriptors = opened
  }

  deinit {
    for (_, descriptor) in descriptors { close(descriptor) }
  }

  private static func open(from address: String) -> Int32? {
    let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, type, vrrpNumber)
    guard descriptor >= 0 else { return nil }
    // RFC 3768, section 5.2.3: 255 shows that nothing came through a router.
    var hops: Int32 = 255
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_TTL, &hops, size)
    var request = ip_mreqn()
    request.imr_ifindex = Int32(if_nametoindex("lo"))
    let requestSize = socklen_t(MemoryLayout<ip_mreqn>.size)
    setsockopt(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request, requestSize)
    guard call(bind, descriptor, address) == 0, call(connect, descriptor, "224.0.0.18") == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32,
    _ descriptor: Int32,
    _ address: String
  ) -> Int32 {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    guard inet_pton(AF_INET, address, &place.sin_addr) == 1 else { return -1 }
    return withUnsafePointer(to: &place) { place in
      place.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  func send(_ advertisement: Advertisement) {
    guard let descriptor = descriptors[advertisement.source] else { return }
    let bytes = advertisement.bytes
    // What is lost here is lost as in a network.
    _ = Glibc.send(descriptor, bytes, bytes.count, 0)
  }
}
