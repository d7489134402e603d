// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot
import Testing

@testable import TopView

/// An alert that begins and ends again and again.
@Suite struct FlappingTests {
  private var snapshot: ClusterSnapshot {
    var snapshot = Scene.snapshot
    var flapping = FlapPart()
    (flapping.since, flapping.changes, flapping.firingRatio) = (Scene.ago(1_500), 12, 0.4)
    (flapping.isFiring, flapping.calmAt) = (false, Scene.ago(-600))
    snapshot.alerts[0].flapping = flapping
    return snapshot
  }

  @Test func `the list of alerts says that and how fast one flaps`() throws {
    let frame = Scene.frame(Scene.sight(snapshot, columns: 120), .character("7"))
    let line = try #require(frame.lines.first { $0.contains("NodeDown") })
    #expect(line.contains(" flaps "))
    #expect(line.contains("pve2 is down. (flaps: 12 changes in 25m) (holds back 2)"))
    let calm = Scene.frame(Scene.sight(columns: 120), .character("7"))
    #expect(!calm.lines.contains { $0.contains("flaps") })
  }

  @Test func `its detail says how much of the time it fires and when it counts as calm`() {
    let frame = Scene.frame(
      Scene.sight(snapshot, rows: 50, columns: 120),
      .character("7"),
      .home,
      .enter
    )
    let text = frame.lines.joined(separator: "\n")
    #expect(text.contains("12 changes in 25m, fired 40% of that time, does not fire now"))
    #expect(text.contains("UTC, unless it changes before"))
  }
}
