// SPDX-License-Identifier: MIT
import Testing

@testable import Snapshot

@Suite struct AmountsTests {
  @Test func `spans are short and never wobble`() {
    let found = [0, 59, 60, 3_599, 3_600, 11_520, 86_399, 86_400, 1_823_440].map {
      Amounts.span($0)
    }
    #expect(found == ["0s", "59s", "1m", "59m", "1h00", "3h12", "23h59", "1d", "21d"])
    #expect(Amounts.span(nil) == "?")
    #expect(Amounts.span(-5) == "0s")
    #expect(Amounts.span(.infinity) == "?")
  }

  @Test func `latencies, sizes and counts take five cells at most`() {
    #expect(
      [0.000_1, 0.012, 0.9996, 1.24, 12].map { Amounts.latency($0) } == [
        "<1ms", "12ms", "1.0s", "1.2s", "12s",
      ]
    )
    #expect(
      [0, 1_023, 1_024, 119_461_924, 33_560_281_088].map { Amounts.bytes($0) } == [
        "0B", "1023B", "1.0K", "114M", "31G",
      ]
    )
    #expect(
      [0, 0.53, 12.6, 999, 1_000, 1_234_567].map { Amounts.count($0) } == [
        "0", "0.5", "13", "999", "1.0k", "1.2M",
      ]
    )
    #expect(
      [0, 0.156, 1, 9.99, 10].map { Amounts.percent($0) } == ["0%", "16%", "100%", "999%", ">999"]
    )
    var random = SystemRandomNumberGenerator()
    for _ in 0..<10_000 {
      let value = Double.random(in: 0...1, using: &random) * 1e15
      for text in [Amounts.bytes(value), Amounts.count(value)] {
        #expect(text.count <= 6, "\(value)")
      }
    }
  }
}
