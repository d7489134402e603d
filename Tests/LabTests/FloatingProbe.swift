// SPDX-License-Identifier: MIT
import Glibc
import Net
import Synchronization

/// Watches the floating address on its own, with sockets of its own: an echo every 10 ms, and who
/// advertises when.
final class FloatingProbe: Sendable {
  private struct State {
    var replies: [Duration] = []
    var advertisements: [(sender: String, at: Duration)] = []
    var isEnding = false
    var hasEnded = false
  }

  private let state = Mutex(State())

  init() throws {
    let echo = socket(AF_INET, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue), 1)
    let router = socket(AF_INET, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue), 112)
    var request = ip_mreqn()
    inet_pton(AF_INET, "224.0.0.18", &request.imr_multiaddr)
    request.imr_ifindex = Int32(if_nametoindex("eth0"))
    let size = socklen_t(MemoryLayout<ip_mreqn>.size)
    setsockopt(router, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, size)
    guard echo >= 0, router >= 0, Net.Thread.start({ [self] in run(echo, router) }) else {
      throw Lab.Failure(action: "probe", output: "no raw socket")
    }
  }

  static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Ends the thread.
  func stop() { state.withLock { $0.isEnding = true } }

  /// The address answers now.
  var isAnswered: Bool {
    let last = state.withLock { $0.replies.last }
    return last.map { Self.now - $0 < .milliseconds(100) } ?? false
  }

  /// The longest time without an answer since then, less the distance of two questions.
  func longestGap(since start: Duration) -> Duration {
    let replies = state.withLock { $0.replies.filter { $0 >= start } }
    let gaps = zip(replies, replies.dropFirst()).map { $1 - $0 }
    return (gaps.max() ?? .zero) - .milliseconds(10)
  }

  /// When this address advertised for the first time since then.
  func firstAdvertisement(of sender: String, since start: Duration) -> Duration? {
    state.withLock { state in
      state.advertisements.first { $0.sender == sender && $0.at >= start }?.at
    }
  }

  /// Who advertised since then.
  func senders(since start: Duration) -> Set<String> {
    state.withLock { Set($0.advertisements.filter { $0.at >= start }.map(\.sender)) }
  }

  private func run(_ echo: Int32, _ router: Int32) {
    defer {
      close(echo)
      close(router)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, Lab.floating, &address.sin_addr)
    // Type 8, code 0, checksum, identifier 0x4c41, sequence 0.
    let question: [UInt8] = [8, 0, 0xab, 0xbe, 0x4c, 0x41, 0, 0]
    var next = Self.now
    while !state.withLock({ $0.isEnding }) {
      if Self.now >= next {
        withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = sendto(echo, question, question.count, 0, $0, size)
          }
        }
        next += .milliseconds(10)
      }
      var waited = [echo, router].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&waited, 2, 5)
      read(echo) { packet in
        guard packet.count >= 28, packet[20] == 0, packet[24] == 0x4c, packet[25] == 0x41,
          Self.source(packet) == Lab.floating
        else { return }
        state.withLock { $0.replies.append(Self.now) }
      }
      read(router) { packet in
        guard packet.count >= 28, packet[22] > 0 else { return }
        state.withLock { $0.advertisements.append((Self.source(packet), Self.now)) }
      }
    }
  }

  private func read(_ descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) {
    var bytes = [UInt8](repeating: 0, count: 2_048)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      guard count > 0 else { return }
      take(bytes.prefix(count))
    }
  }

  private static func source(_ packet: ArraySlice<UInt8>) -> String {
    packet[12..<16].map(String.init).joined(separator: ".")
  }
}
