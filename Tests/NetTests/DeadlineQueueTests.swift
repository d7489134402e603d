// SPDX-License-Identifier: MIT
import Net
import TestSupport
import Testing

@Suite struct DeadlineQueueTests {
  @Test func `what is due comes out once, the earliest first, and the rest stays`() {
    var queue = DeadlineQueue<String, Int>()
    #expect(queue.next == nil)
    #expect(queue.takeDue(at: 100).isEmpty)
    for (key, instant) in [("c", 30), ("a", 10), ("d", 40), ("b", 20)] {
      queue.set(key, to: instant)
    }
    #expect(queue.next == 10)
    #expect(queue.takeDue(at: 9).isEmpty)
    #expect(queue.takeDue(at: 30) == ["a", "b", "c"])
    #expect(queue.takeDue(at: 30).isEmpty)
    #expect(queue.next == 40)
  }

  @Test func `the last word about a key counts, and nil means never`() {
    var queue = DeadlineQueue<String, Int>()
    queue.set("a", to: 10)
    queue.set("b", to: 20)
    queue.set("a", to: 30)
    #expect(queue.next == 20)
    queue.set("b", to: nil)
    queue.set("unknown", to: nil)
    #expect(queue.next == 30)
    queue.set("a", to: 5)
    #expect(queue.takeDue(at: 100) == ["a"])
    #expect(queue.next == nil)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func `any row of changes leaves the order right`(seed: UInt64)
  {
    var random = SeededRandom(seed: seed)
    var queue = DeadlineQueue<Int, Int>()
    var expected: [Int: Int] = [:]
    for _ in 0..<5_000 {
      let key = Int.random(in: 0..<200, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        let now = Int.random(in: 0..<100, using: &random)
        let due = queue.takeDue(at: now)
        #expect(due.compactMap { expected[$0] } == expected.values.filter { $0 <= now }.sorted())
        for key in due { expected[key] = nil }
      case 1...3:
        queue.set(key, to: nil)
        expected[key] = nil
      default:
        let instant = Int.random(in: 0..<1_000, using: &random)
        queue.set(key, to: instant)
        expected[key] = instant
      }
      #expect(queue.next == expected.values.min())
    }
  }
}
