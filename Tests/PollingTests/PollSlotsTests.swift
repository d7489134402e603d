// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@Suite struct PollSlotsTests {
  private let start = Timestamp(unixMilliseconds: 1_700_000_000_000)

  @Test func `slots lie one interval apart and always after the instant asked for`() {
    let slots = PollSlots(key: "nginx/web/a", interval: .seconds(10))
    var slot = slots.next(after: start)
    #expect(slot > start && slot - start <= .seconds(10))
    for _ in 0..<20 {
      let next = slots.next(after: slot)
      #expect(next - slot == .seconds(10))
      #expect(slots.next(after: slot - .milliseconds(1)) == slot)
      #expect(slots.next(after: next - .milliseconds(1)) == next)
      slot = next
    }
  }

  @Test func `a key has the same slots after every restart`() {
    let next = PollSlots(key: "nginx/web/a", interval: .seconds(10)).next(after: .epoch)
    // FNV-1a of the key, shifted by 17, modulo 10,000.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "nginx/web/a".utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let phase = Int64((hash >> 17) % 10_000)
    #expect(next.unixMilliseconds == (phase == 0 ? 10_000 : phase))
  }

  @Test func `instants before the epoch have slots too`() {
    let slots = PollSlots(key: "x", interval: .seconds(7))
    for milliseconds in stride(from: Int64(-30_000), to: 30_000, by: 333) {
      let instant = Timestamp(unixMilliseconds: milliseconds)
      let next = slots.next(after: instant)
      #expect(next > instant && next - instant <= .seconds(7))
    }
  }

  @Test func `targets spread over the interval`() {
    var tenths = [Int](repeating: 0, count: 10)
    for number in 0..<1_000 {
      let slots = PollSlots(key: "nginx/web/member\(number)", interval: .seconds(10))
      let offset = (slots.next(after: start) - start).wholeMilliseconds - 1
      tenths[Int(offset / 1_000)] += 1
    }
    #expect(tenths.allSatisfy { (50...150).contains($0) }, "\(tenths)")
  }
}

@Suite struct SettlementTests {
  @Test func `a failure counts once it was confirmed`() {
    var settlement = Settlement(failuresToFail: 3)
    #expect(settlement.state == .unknown)
    #expect(settlement.succeeded() == .publish)
    #expect(settlement.failed() == .holdBack)
    #expect(settlement.state == .doubted(failures: 1))
    #expect(settlement.failed() == .holdBack)
    #expect(settlement.failed() == .publish)
    #expect(settlement.state == .failed)
    #expect(settlement.failed() == .publish)
    #expect(settlement.state == .failed)
    #expect(settlement.succeeded() == .publish)
    #expect(settlement.state == .working)
  }

  @Test func `a success in between starts the count anew`() {
    var settlement = Settlement(failuresToFail: 2)
    #expect(settlement.failed() == .holdBack)
    #expect(settlement.succeeded() == .publish)
    #expect(settlement.failed() == .holdBack)
    #expect(settlement.failed() == .publish)
  }

  @Test func `with one failure to fail nothing is held back`() {
    var settlement = Settlement(failuresToFail: 1)
    #expect(settlement.failed() == .publish)
    #expect(settlement.state == .failed)
  }
}
