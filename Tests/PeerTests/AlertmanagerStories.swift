// SPDX-License-Identifier: MIT

/// What happens in a story, in seconds from its begin.
///
/// Events lie so far apart that what is told of one is told before the next, at either pace: what is
/// compared is who is told what in which order, not when.
struct AlertmanagerStory: Sendable {
  enum Action: Sendable {
    /// Labels as `A n=1`: the first word is the name.
    case fire(String)
    case end(String)
    /// A matcher as `n=1`, and when it ends.
    case silence(String, until: Double)
  }

  let name: String
  /// The keys of the story's route, in flow style.
  let route: String
  let events: [(Double, Action)]
  /// Alertmanager names an alert that ended before anybody was told of it; hvsmon does not.
  var forgetsUntoldEnds = false
  /// How often what still fires is repeated depends on the pace: only that it is.
  var collapsesRepetitions = false

  /// The inhibit rules and time intervals that stories share, as both read them.
  static let shared = """
    inhibit_rules:
      - source_matchers: [severity="page"]
        target_matchers: [severity="warning"]
        equal: [story]
    time_intervals:
      - {name: always, time_intervals: [{}]}
      - {name: never, time_intervals: [{years: ['1999']}]}
    """

  static let all: [AlertmanagerStory] = [
    .init(
      name: "one alert",
      route: "group_by: [alertname]",
      events: [(0, .fire("A")), (4, .end("A"))]
    ),
    .init(
      name: "two alerts end one after the other",
      route: "group_by: [alertname]",
      events: [
        (0, .fire("A n=1")), (0.3, .fire("A n=2")), (4, .end("A n=2")), (8, .end("A n=1")),
      ]
    ),
    .init(
      name: "an alert joins",
      route: "group_by: [alertname]",
      events: [(0, .fire("A n=1")), (4, .fire("A n=2")), (8, .end("A n=1"))]
    ),
    .init(
      name: "two groups",
      route: "group_by: [alertname]",
      events: [(0, .fire("A n=1")), (0, .fire("B n=2")), (4, .end("B n=2")), (8, .end("A n=1"))]
    ),
    .init(
      name: "no group_by is one group",
      route: "group_by: []",
      events: [(0, .fire("A n=1")), (0, .fire("B n=2")), (4, .end("A n=1"))]
    ),
    .init(
      name: "each alert its own group",
      route: "group_by: ['...']",
      events: [(0, .fire("A n=1")), (0, .fire("A n=2")), (4, .end("A n=2"))]
    ),
    .init(
      name: "a child takes what it matches",
      route: "group_by: [alertname], routes: [{matchers: [team=\"db\"], receiver: other}]",
      events: [(0, .fire("A team=db")), (0, .fire("A team=web")), (4, .end("A team=db"))]
    ),
    .init(
      name: "continue tells two",
      route: """
        group_by: [alertname], routes: [{matchers: [team="db"], receiver: other, continue: true},
        {matchers: [n="1"], receiver: third}]
        """,
      events: [(0, .fire("A team=db n=1")), (4, .end("A team=db n=1"))]
    ),
    .init(
      name: "regular expressions, negated and anchored",
      route: """
        group_by: [n], routes: [{matchers: ['team=~"d."', 'n!~"[34]"'], receiver: other},
        {matchers: [team!=""], receiver: third}]
        """,
      events: [
        (0, .fire("A team=db n=1")), (0, .fire("A team=dbx n=2")), (0, .fire("A team=db n=3")),
        (0, .fire("A n=5")),
      ]
    ),
    .init(
      name: "the deepest route",
      route: """
        group_by: [alertname], routes: [{matchers: [team="db"], receiver: other, routes:
        [{matchers: [n="1"], receiver: third}]}]
        """,
      events: [
        (0, .fire("A team=db n=1")), (0, .fire("A team=db n=2")), (4, .end("A team=db n=1")),
      ]
    ),
    .init(
      name: "what ends within the wait is not told",
      route: "group_by: [alertname]",
      events: [(0, .fire("A")), (0.4, .end("A"))]
    ),
    .init(
      name: "one of two ends within the wait",
      route: "group_by: [alertname]",
      events: [(0, .fire("A n=1")), (0, .fire("A n=2")), (0.4, .end("A n=2")), (6, .end("A n=1"))],
      forgetsUntoldEnds: true
    ),
    .init(
      name: "a target is inhibited, and its end is not told",
      route: "group_by: ['...']",
      events: [
        (0, .fire("S severity=page")), (0, .fire("T severity=warning")),
        (4, .end("T severity=warning")), (8, .end("S severity=page")),
      ]
    ),
    .init(
      name: "a target is told when its source has ended",
      route: "group_by: ['...']",
      events: [
        (0, .fire("S severity=page")), (0, .fire("T severity=warning")),
        (4, .end("S severity=page")), (9, .end("T severity=warning")),
      ]
    ),
    .init(
      name: "a silenced alert is not told, nor its end",
      route: "group_by: [alertname]",
      events: [(0, .silence("n=1", until: 600)), (1, .fire("A n=1")), (6, .end("A n=1"))]
    ),
    .init(
      name: "one of two is silenced",
      route: "group_by: [alertname]",
      events: [
        (0, .silence("n=1", until: 600)), (1, .fire("A n=1")), (1, .fire("A n=2")),
        (6, .end("A n=1")), (10, .end("A n=2")),
      ]
    ),
    .init(
      name: "a silence ends before the alert does",
      route: "group_by: [alertname]",
      events: [(0, .silence("n=1", until: 5)), (1, .fire("A n=1")), (11, .end("A n=1"))]
    ),
    .init(
      name: "a muted route says nothing, its sibling all",
      route: """
        group_by: [alertname], routes: [{receiver: other, mute_time_intervals: [always],
        continue: true}, {receiver: third, mute_time_intervals: [never]}]
        """,
      events: [(0, .fire("A")), (4, .end("A"))]
    ),
    .init(
      name: "an inactive route says nothing, an active one all",
      route: """
        group_by: [alertname], routes: [{receiver: other, active_time_intervals: [never],
        continue: true}, {receiver: third, active_time_intervals: [always, never]}]
        """,
      events: [(0, .fire("A")), (4, .end("A"))]
    ),
    .init(
      name: "an alert that fires again is told again",
      route: "group_by: [alertname]",
      events: [(0, .fire("A")), (4, .end("A")), (9, .fire("A")), (13, .end("A"))]
    ),
    .init(
      name: "what still fires is repeated",
      route: "group_by: [alertname], repeat_interval: 2s",
      events: [(0, .fire("A")), (9, .end("A"))],
      collapsesRepetitions: true
    ),
  ]
}
