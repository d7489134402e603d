// SPDX-License-Identifier: MIT

/// What happens in a simulated cluster, and when.
package struct Story: Sendable {
  /// One event.
  package struct Event: Sendable {
    /// When it happens, from the beginning of the story.
    package let time: Duration
    /// What is told to the person who watches.
    package let narration: String
    let action: @Sendable (SimulatedCluster) async -> Void

    /// Makes it happen.
    package func happen(in cluster: SimulatedCluster) async {
      await action(cluster)
    }
  }

  /// The events in the order of their times.
  package let events: [Event]
  /// When the story begins again.
  package let length: Duration

  /// A load balancer dies and comes back, then the app answers with errors for a while.
  package static let failAndRecover = Story(
    events: [
      Event(time: .seconds(4), narration: "nginx2 dies: its process is gone") { cluster in
        await cluster.loadBalancers[1].stop()
      },
      Event(time: .seconds(14), narration: "nginx2 is started again") { cluster in
        // The port was ours a moment ago; should another process hold it now, the story goes on
        // with nginx2 down.
        try? cluster.loadBalancers[1].start()
      },
      Event(time: .seconds(26), narration: "webapp1 answers every page with HTTP status 500") {
        $0.setAppBroken(true)
      },
      Event(time: .seconds(38), narration: "webapp1 works again") {
        $0.setAppBroken(false)
      },
    ],
    length: .seconds(52)
  )
}
