// SPDX-License-Identifier: MIT
import Glibc
import Net
import Synchronization
import TestSupport
import Testing

@Suite struct ParkedThreadsTests {
  /// The thread that work runs on, and what of the work is done.
  private final class Notes: Sendable {
    let threads = Mutex<[pthread_t]>([])
    let isHeld = Mutex(true)
    func note() { threads.withLock { $0.append(pthread_self()) } }
    var count: Int { threads.withLock(\.count) }
  }

  @Test func `work runs on the thread that was busy last`() async throws {
    let parked = ParkedThreads()
    let notes = Notes()
    for done in 1...20 {
      #expect(parked.run { notes.note() })
      #expect(await eventually { notes.count == done && parked.idleCount == 1 })
    }
    #expect(Set(notes.threads.withLock { $0 }).count == 1)
  }

  @Test func `work that comes meanwhile gets a thread of its own, at once`() async throws {
    let parked = ParkedThreads()
    let notes = Notes()
    for _ in 0..<3 {
      let isStarted = parked.run {
        notes.note()
        while notes.isHeld.withLock({ $0 }) { usleep(1_000) }
      }
      #expect(isStarted)
    }
    #expect(await eventually { notes.count == 3 })
    notes.isHeld.withLock { $0 = false }
    #expect(await eventually { parked.idleCount == 3 })
    #expect(Set(notes.threads.withLock { $0 }).count == 3)
  }

  @Test func `a thread without work ends, and what comes then is not lost`() async throws {
    let parked = ParkedThreads(patience: .milliseconds(2))
    let notes = Notes()
    for done in 1...200 {
      #expect(parked.run { notes.note() })
      #expect(await eventually { notes.count == done })
      // At all moments of the wait, its end among them.
      usleep(UInt32.random(in: 0...3_000))
    }
    #expect(await eventually { parked.idleCount == 0 })
  }
}
