// SPDX-License-Identifier: MIT
import MetricModel
import Testing
import Topology

@Suite struct LargeClusterTests {
  @Test func `a thousand guests on 32 nodes are judged well within a second`() {
    let cluster = RandomCluster(
      seed: 1,
      nodes: 32,
      guests: 1_000,
      tiers: 20,
      membersOfEach: 9,
      faults: 40
    )
    let rows = cluster.live.byMetric.mapValues { series in
      series.map { (labels: $0.key, value: $0.value) }
    }
    let clock = ContinuousClock()
    var observed = ClusterObservation()
    observed = ClusterObservation { rows[$0] ?? [] }
    let reading = clock.measure { observed = ClusterObservation { rows[$0] ?? [] } }
    var assessment: ClusterAssessment?
    let judging = clock.measure {
      assessment = ClusterAssessment(
        declared: cluster.declared,
        observed: observed,
        previous: nil,
        now: .epoch
      )
    }
    var count = 0
    let writing = clock.measure { count = assessment?.samples.count ?? 0 }
    var size = 0
    let telling = clock.measure { size = assessment?.json.count ?? 0 }
    print(
      "large cluster: read \(reading), judged \(judging), \(count) samples \(writing), "
        + "\(size) bytes of JSON \(telling)"
    )
    #expect(observed.guests.count == 1_000)
    #expect(observed.nodes.count == 32)
    #expect(count > 1_000)
    #expect(size > 100_000 && size < 4_000_000)
    // Hundreds of times what an optimised build needs.
    #expect(reading + judging + writing < .seconds(10))
  }
}
