// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@Suite struct TimestampTests {
  @Test func `seconds round to the nearest millisecond`() {
    #expect(Timestamp(unixSeconds: 1.0004).unixMilliseconds == 1_000)
    #expect(Timestamp(unixSeconds: 1.0006).unixMilliseconds == 1_001)
    #expect(Timestamp(unixSeconds: -1.5).unixMilliseconds == -1_500)
    #expect(Timestamp(unixSeconds: 1_767_225_600.123).unixMilliseconds == 1_767_225_600_123)
    #expect(Timestamp(unixMilliseconds: 1_500).unixSeconds == 1.5)
  }

  @Test func `seconds that do not fit are clamped`() {
    #expect(Timestamp(unixSeconds: .infinity) == .distantFuture)
    #expect(Timestamp(unixSeconds: -.infinity) == .distantPast)
    #expect(Timestamp(unixSeconds: 1e300) == .distantFuture)
    #expect(Timestamp(unixSeconds: -1e300) == .distantPast)
    #expect(Timestamp(unixSeconds: .nan) == .distantFuture)
  }

  @Test func `spans between instants have a sign`() {
    let early = Timestamp(unixMilliseconds: 1_000)
    let late = Timestamp(unixMilliseconds: 3_500)
    #expect(late - early == .milliseconds(2_500))
    #expect(early - late == .milliseconds(-2_500))
    #expect(early + .milliseconds(2_500) == late)
    #expect(late - .milliseconds(2_500) == early)
    #expect(early < late)
  }

  @Test func `parts of a millisecond are dropped`() {
    #expect(Timestamp.epoch + .microseconds(1_999) == Timestamp(unixMilliseconds: 1))
    #expect(Timestamp.epoch - .microseconds(1_999) == Timestamp(unixMilliseconds: -1))
    #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
    #expect(Duration.milliseconds(250).inSeconds == 0.25)
    #expect(Duration.milliseconds(-250).inSeconds == -0.25)
  }

  @Test func `sums past the limits stop there instead of trapping`() {
    let limits = [Int64.min, .max, -1, 0, 1, 1 << 61, -(1 << 61)]
    for left in limits {
      for right in limits {
        let instant = Timestamp(unixMilliseconds: left)
        let other = Timestamp(unixMilliseconds: right)
        let span = Duration.milliseconds(right)
        _ = instant - other
        if right > 0 {
          #expect(instant + span >= instant)
          #expect(instant - span <= instant)
        } else {
          #expect(instant + span <= instant)
          #expect(instant - span >= instant)
        }
      }
    }
    #expect(Timestamp.distantFuture + .seconds(Int64.max) > .distantFuture)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
  }
}

@Suite struct SampleTests {
  @Test func `the staleness marker is one bit pattern`() {
    #expect(Double.stalenessMarker.bitPattern == 0x7ff0_0000_0000_0002)
    #expect(Double.stalenessMarker.isNaN)
    #expect(Double.stalenessMarker.isStalenessMarker)
    #expect(!Double.nan.isStalenessMarker)
    #expect(!Double.signalingNaN.isStalenessMarker)
    #expect(!Double.infinity.isStalenessMarker)
  }

  @Test func `the marker survives arrays and structures`() {
    let samples = [Sample(.epoch, .stalenessMarker), Sample(.epoch, .nan), Sample(.epoch, 1)]
    #expect(samples.map(\.isStalenessMarker) == [true, false, false])
  }

  @Test func `samples are compared by their bits`() {
    #expect(Sample(.epoch, .nan) == Sample(.epoch, .nan))
    #expect(Sample(.epoch, .nan) != Sample(.epoch, .stalenessMarker))
    #expect(Sample(.epoch, 0) != Sample(.epoch, -0.0))
    #expect(Sample(.epoch, 1) != Sample(Timestamp(unixMilliseconds: 1), 1))
  }

  @Test func `a run keeps its columns in step`() {
    var run = SampleRun()
    run.append(1, 10)
    run.append(2, .stalenessMarker)
    #expect(run.count == 2)
    #expect(run.unixMilliseconds == [1, 2])
    #expect(run.values.map(\.isStalenessMarker) == [false, true])
    run.removeAll()
    #expect(run.count == 0)
  }

  @Test func `of two definitions of one name the first stays`() {
    let catalog = MetricCatalog([
      MetricDefinition("a", .gauge, help: "First."), MetricDefinition("a", .gauge, help: "Second."),
    ])
    #expect(catalog["a"]?.help == "First.")
    #expect(catalog["b"] == nil)
  }
}
