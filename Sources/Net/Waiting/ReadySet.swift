// SPDX-License-Identifier: MIT
import CEpoll
import Glibc

/// The descriptors that one thread waits for, and a bell by which others wake it.
///
/// A wait costs what is ready, not what is watched.
package final class ReadySet: Sendable {
  /// What is awaited of a descriptor; none of it means that it is not watched.
  package struct Events: OptionSet, Sendable {
    /// One bit each.
    package let rawValue: UInt32

    /// Makes a set of bits.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Bytes, or the end.
    package static let reading = Events(rawValue: EPOLLIN.rawValue)
    /// Room for bytes, or that nobody takes them any more.
    package static let writing = Events(rawValue: EPOLLOUT.rawValue)
  }

  /// How many one wait finds at most; the next wait finds the others.
  private static let foundMax = 64
  private static let longestWait = Duration.seconds(3_600)
  private static let bellToken = UInt64.max

  private let poller: Int32
  private let bell: Int32

  /// Nil when the system has no descriptors left.
  package init?() {
    poller = hv_epoll_create()
    bell = hv_eventfd_create()
    // Each ring is a change, so that nobody has to read what was rung.
    let events = EPOLLIN.rawValue | EPOLLET.rawValue
    guard poller >= 0, bell >= 0,
      hv_epoll_control(poller, EPOLL_CTL_ADD, bell, events, Self.bellToken) == 0
    else {
      closeBoth()
      return nil
    }
  }

  deinit { closeBoth() }

  private func closeBoth() {
    for descriptor in [poller, bell] where descriptor >= 0 { close(descriptor) }
  }

  /// Can be read while ``wait(atMost:found:)`` would find something, for those who must wait with
  /// another call.
  package var descriptor: Int32 { poller }

  /// Ends the present wait, or the next one; on any thread.
  package func ring() {
    var one: UInt64 = 1
    // Full after 2^64 rings.
    _ = write(bell, &one, 8)
  }

  /// Changes what is awaited of a descriptor; closing it ends the watch as well.
  ///
  /// - Parameters:
  ///   - descriptor: Open.
  ///   - events: What is awaited from now on.
  ///   - former: What was awaited so far.
  ///   - token: What a wait calls it; not the greatest number.
  /// - Returns: Whether the system could; it always can when nothing new is awaited.
  package func watch(
    _ descriptor: Int32,
    for events: Events,
    insteadOf former: Events = [],
    token: UInt64
  ) -> Bool {
    guard events != former else { return true }
    let operation =
      former.isEmpty ? EPOLL_CTL_ADD : events.isEmpty ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
    return hv_epoll_control(poller, operation, descriptor, events.rawValue, token) == 0
  }

  /// Waits until a watched descriptor is ready, it rings, or the time is over.
  ///
  /// - Parameters:
  ///   - limit: Rounded up to milliseconds; more than an hour is cut to that, nil has no end.
  ///   - found: Called with the token of each descriptor that is ready.
  package func wait(atMost limit: Duration?, found: (UInt64) -> Void) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.foundMax) { events in
      let limit = limit.map { max(.zero, min($0, Self.longestWait)) }
      let milliseconds = limit.map { Int32($0.wholeMilliseconds) } ?? -1
      let count = epoll_wait(poller, events.baseAddress, Int32(events.count), milliseconds)
      for event in events.prefix(max(0, Int(count))) where event.data.u64 != Self.bellToken {
        found(event.data.u64)
      }
    }
  }
}
