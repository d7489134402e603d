// SPDX-License-Identifier: MIT
import Glibc
import Net
import Testing

@Suite struct ReadySetTests {
  private let ready: ReadySet

  init() throws {
    ready = try #require(ReadySet())
  }

  /// Two sockets; what is written to one can be read from the other.
  private final class Pair {
    let here: Int32
    let there: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
      (here, there) = (ends[0], ends[1])
    }

    deinit {
      close(here)
      close(there)
    }

    func send(_ bytes: String = "x") throws {
      try #require(write(there, bytes, bytes.utf8.count) == bytes.utf8.count)
    }
  }

  /// What is ready now.
  private func found() -> Set<UInt64> {
    var found: Set<UInt64> = []
    ready.wait(atMost: .zero) { found.insert($0) }
    return found
  }

  @Test func `a ring ends the next wait and only that, however often it rang`() {
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<3 {
      ready.ring()
      ready.ring()
      ready.wait(atMost: .seconds(60)) { _ in Issue.record("a ring is no descriptor") }
    }
    #expect(clock.now - start < .seconds(60))
    let limit = Duration.milliseconds(20)
    let quiet = clock.now
    ready.wait(atMost: limit) { _ in Issue.record("nothing is watched") }
    #expect(clock.now - quiet >= limit)
  }

  @Test func `only what is ready is found, again and again until it is read`() throws {
    let pairs = [try Pair(), try Pair(), try Pair()]
    for (token, pair) in pairs.enumerated() {
      #expect(ready.watch(pair.here, for: .reading, token: UInt64(token)))
    }
    #expect(found().isEmpty)
    try pairs[1].send()
    #expect(found() == [1])
    #expect(found() == [1])
    try pairs[2].send()
    #expect(found() == [1, 2])
    var byte: UInt8 = 0
    #expect(read(pairs[1].here, &byte, 1) == 1)
    #expect(found() == [2])
  }

  @Test func `what is awaited can be changed, and ended`() throws {
    let pair = try Pair()
    try pair.send()
    #expect(ready.watch(pair.here, for: [.reading, .writing], token: 7))
    #expect(found() == [7])
    #expect(ready.watch(pair.here, for: [], insteadOf: [.reading, .writing], token: 7))
    #expect(found().isEmpty)
    #expect(ready.watch(pair.there, for: .reading, token: 8))
    #expect(found().isEmpty)
    #expect(ready.watch(pair.there, for: .writing, insteadOf: .reading, token: 8))
    #expect(found() == [8])
    #expect(ready.watch(pair.there, for: .writing, insteadOf: .writing, token: 8))
  }

  @Test func `a closed descriptor is watched no longer, its number can be again`() throws {
    var pair = try Pair()
    let number = pair.here
    #expect(ready.watch(number, for: .reading, token: 1))
    try pair.send()
    pair = try Pair()
    #expect(found().isEmpty)
    #expect(!ready.watch(-1, for: .reading, token: 2))
    #expect(ready.watch(pair.here, for: .reading, token: 3))
    try pair.send()
    #expect(found() == [3])
  }

  @Test func `the end of the other side is found`() throws {
    let pair = try Pair()
    #expect(ready.watch(pair.here, for: .reading, token: 1))
    shutdown(pair.there, Int32(SHUT_RDWR))
    #expect(found() == [1])
  }

  @Test func `more than one wait can tell are all found in the end`() throws {
    let pairs = try (0..<150).map { _ in try Pair() }
    for (token, pair) in pairs.enumerated() {
      #expect(ready.watch(pair.here, for: .reading, token: UInt64(token)))
      try pair.send()
    }
    var told: Set<UInt64> = []
    for _ in 0..<150 where told.count < pairs.count {
      ready.wait(atMost: .zero) { token in
        var byte: UInt8 = 0
        #expect(read(pairs[Int(token)].here, &byte, 1) == 1)
        #expect(told.insert(token).inserted)
      }
    }
    #expect(told.count == pairs.count)
  }

  @Test func `another poll can wait for the whole set`() throws {
    let pair = try Pair()
    #expect(ready.watch(pair.here, for: .reading, token: 1))
    var whole = pollfd(fd: ready.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&whole, 1, 0) == 0)
    try pair.send()
    #expect(poll(&whole, 1, 60_000) == 1)
    var byte: UInt8 = 0
    #expect(read(pair.here, &byte, 1) == 1)
    #expect(found().isEmpty)
    ready.ring()
    #expect(poll(&whole, 1, 60_000) == 1)
    #expect(found().isEmpty)
    #expect(poll(&whole, 1, 0) == 0)
  }
}
