// SPDX-License-Identifier: MIT
import PromQL
import Synchronization
import Testing

@Suite struct SharedWorkTests {
  @Test(arguments: [0, 1, 2, 7, 1_000])
  func `each share is done once, and all are done at the end`(shares: Int) {
    for threads in [0, 1, 2, 5] {
      let done = Mutex([Int](repeating: 0, count: shares))
      SharedWork.perform(shares, threads: threads) { share in done.withLock { $0[share] += 1 } }
      #expect(done.withLock { $0 } == [Int](repeating: 1, count: shares))
    }
  }

  @Test func `work within work ends too`() {
    let count = Atomic(0)
    SharedWork.perform(20, threads: 3) { _ in
      SharedWork.perform(20, threads: 3) { _ in count.add(1, ordering: .relaxed) }
    }
    #expect(count.load(ordering: .relaxed) == 400)
  }
}
