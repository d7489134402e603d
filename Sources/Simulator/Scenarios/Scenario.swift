// SPDX-License-Identifier: MIT

/// What happens in a simulated cluster, and when.
package struct Scenario: Equatable, Sendable {
  /// A fault that begins or ends.
  package enum Change: Equatable, Sendable {
    case begin(Fault)
    case end(Fault)
  }

  /// One event.
  package struct Event: Equatable, Sendable {
    /// When it happens, from the beginning of the scenario.
    package let time: Duration
    /// What happens.
    package let change: Change
    /// What is told to the person who watches.
    package let narration: String
  }

  /// The word by which it is chosen.
  package let name: String
  /// One line for the list of scenarios.
  package let summary: String
  /// The events in the order of their times; whatever begins also ends.
  package let events: [Event]
  /// When the scenario begins again.
  package let length: Duration

  /// The same events, `speed` times as fast; what a fault then does keeps its own time.
  package func running(atSpeed speed: Double) -> Scenario {
    precondition(speed > 0, "a scenario runs forward")
    return Scenario(
      name: name,
      summary: summary,
      events: events.map {
        Event(time: $0.time / speed, change: $0.change, narration: $0.narration)
      },
      length: length / speed
    )
  }
}
