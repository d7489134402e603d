// SPDX-License-Identifier: MIT
import Testing

@Suite struct AlertmanagerTableRoutingTests {
  /// A tree as teams have it.
  private static let tree = """
    route:
      receiver: team
      group_by: [alertname]
      group_wait: 0s
      routes:
        - matchers: [service=~"mysql|cassandra"]
          receiver: db
          routes:
            - {matchers: [severity="page"], receiver: pager}
        - matchers: [service="web"]
          receiver: web
          continue: true
        - {matchers: [severity="page"], receiver: pager}
        - {matchers: [team!="", team!~"a.*"], receiver: ops}
    """

  @Test(arguments: [
    AlertmanagerCase(
      "no child matches: the root takes it",
      tree,
      story: "0 fire A",
      told: "0 team A"
    ),
    AlertmanagerCase(
      "a child that matches takes it from the root",
      tree,
      story: "0 fire A service=mysql",
      told: "0 db A"
    ),
    AlertmanagerCase(
      "a regular expression matches the whole value",
      tree,
      story: "0 fire A service=mysql8",
      told: "0 team A"
    ),
    AlertmanagerCase(
      "the deepest match takes it",
      tree,
      story: "0 fire A service=cassandra severity=page",
      told: "0 pager A"
    ),
    AlertmanagerCase(
      "no grandchild matches: the child takes it",
      tree,
      story: "0 fire A service=cassandra severity=warning",
      told: "0 db A"
    ),
    AlertmanagerCase(
      "a child without continue ends the search among its siblings",
      tree,
      story: "0 fire A service=mysql team=x",
      told: "0 db A"
    ),
    AlertmanagerCase(
      "continue goes on to the next siblings",
      tree,
      story: "0 fire A service=web severity=page",
      told: "0 pager A\n0 web A"
    ),
    AlertmanagerCase(
      "continue that finds no other match is the only one",
      tree,
      story: "0 fire A service=web",
      told: "0 web A"
    ),
    AlertmanagerCase(
      "the first of several matches wins",
      tree,
      story: "0 fire A severity=page team=x",
      told: "0 pager A"
    ),
    AlertmanagerCase(
      "a label that is absent is the empty value: != matches only what is there",
      tree,
      story: "0 fire A team=x",
      told: "0 ops A"
    ),
    AlertmanagerCase(
      "all matchers of a route must match",
      tree,
      story: "0 fire A team=alpha",
      told: "0 team A"
    ),
    AlertmanagerCase(
      "= with the empty value matches an absent label",
      """
      route:
        receiver: team
        group_wait: 0s
        routes: [{matchers: [owner=""], receiver: ops}]
      """,
      story: "0 fire A\n10 fire B owner=x",
      told: "0 ops A\n10 team B"
    ),
    AlertmanagerCase(
      "!~ matches an absent label unless the expression takes the empty value",
      """
      route:
        receiver: team
        group_wait: 0s
        routes: [{matchers: ['owner!~".+"'], receiver: ops}]
      """,
      story: "0 fire A\n10 fire B owner=x",
      told: "0 ops A\n10 team B"
    ),
    AlertmanagerCase(
      "a route without matchers takes everything",
      """
      route:
        receiver: team
        group_wait: 0s
        routes: [{receiver: ops}, {matchers: [alertname="A"], receiver: db}]
      """,
      story: "0 fire A",
      told: "0 ops A"
    ),
    AlertmanagerCase(
      "a route without a receiver has its parent's",
      """
      route:
        receiver: team
        group_wait: 0s
        routes: [{matchers: [severity="page"], group_by: ['...']}]
      """,
      story: "0 fire A severity=page",
      told: "0 team A"
    ),
    AlertmanagerCase(
      "continue at the last route changes nothing",
      """
      route:
        receiver: team
        group_wait: 0s
        routes: [{matchers: [alertname="A"], receiver: ops, continue: true}]
      """,
      story: "0 fire A",
      told: "0 ops A"
    ),
    AlertmanagerCase(
      "continue of a parent is not its children's",
      """
      route:
        receiver: team
        group_wait: 0s
        routes:
          - matchers: [alertname="A"]
            receiver: ops
            continue: true
            routes: [{receiver: db}, {receiver: web}]
          - {receiver: pager}
      """,
      story: "0 fire A",
      told: "0 db A\n0 pager A"
    ),
    AlertmanagerCase(
      "two routes to one receiver are two messages",
      """
      route:
        receiver: team
        group_wait: 0s
        routes:
          - {matchers: [alertname="A"], receiver: ops, continue: true}
          - {matchers: [n=~".+"], receiver: ops}
      """,
      story: "0 fire A n=1",
      told: "0 ops A1\n0 ops A1"
    ),
    AlertmanagerCase(
      "the old maps match and match_re work like matchers",
      """
      route:
        receiver: team
        group_wait: 0s
        routes:
          - {match: {service: web}, match_re: {n: '1|2'}, receiver: web}
      """,
      story: "0 fire A service=web n=2\n10 fire B service=web n=3",
      told: "0 web A2\n10 team B3"
    ),
  ])
  func `routes pick receivers as Alertmanager does`(_ story: AlertmanagerCase) throws {
    try story.check()
  }

  private static func grouped(_ keys: String) -> String {
    "route: {receiver: team, group_wait: 10s, \(keys)}"
  }

  @Test(arguments: [
    AlertmanagerCase(
      "alerts with the same values of the group_by labels are one message",
      grouped("group_by: [cluster]"),
      story: "0 fire A cluster=x n=1\n5 fire B cluster=x n=2\n20 look",
      told: "10 team A1 B2"
    ),
    AlertmanagerCase(
      "other values are another message",
      grouped("group_by: [cluster]"),
      story: "0 fire A cluster=x n=1\n0 fire A cluster=y n=2\n20 look",
      told: "10 team A1\n10 team A2"
    ),
    AlertmanagerCase(
      "an absent label is a value of its own",
      grouped("group_by: [cluster]"),
      story: "0 fire A n=1\n0 fire A cluster=y n=2\n0 fire B n=3\n20 look",
      told: "10 team A1 B3\n10 team A2"
    ),
    AlertmanagerCase(
      "an empty group_by is one group a route",
      grouped("group_by: []"),
      story: "0 fire A n=1\n0 fire B n=2\n0 fire C cluster=y\n20 look",
      told: "10 team A1 B2 C"
    ),
    AlertmanagerCase(
      "group_by ... makes each alert a group",
      grouped("group_by: ['...']"),
      story: "0 fire A n=1\n0 fire A n=2\n20 look",
      told: "10 team A1\n10 team A2"
    ),
    AlertmanagerCase(
      "several labels group by all of them together",
      grouped("group_by: [cluster, alertname]"),
      story: "0 fire A cluster=x n=1\n0 fire B cluster=x n=2\n0 fire A cluster=x n=3\n20 look",
      told: "10 team A1 A3\n10 team B2"
    ),
    AlertmanagerCase(
      "children inherit group_by and group_wait",
      """
      route:
        receiver: team
        group_by: [cluster]
        group_wait: 10s
        routes: [{matchers: [severity="page"], receiver: pager}]
      """,
      story: "0 fire A cluster=x severity=page n=1\n0 fire B cluster=x severity=page n=2\n20 look",
      told: "10 pager A1 B2"
    ),
    AlertmanagerCase(
      "children may have a group_by of their own",
      """
      route:
        receiver: team
        group_by: [cluster]
        group_wait: 10s
        routes: [{matchers: [severity="page"], receiver: pager, group_by: [alertname]}]
      """,
      story: "0 fire A cluster=x severity=page n=1\n0 fire B cluster=x severity=page n=2\n20 look",
      told: "10 pager A1\n10 pager B2"
    ),
    AlertmanagerCase(
      "the same labels in two routes are two groups",
      """
      route:
        receiver: team
        group_by: [cluster]
        group_wait: 10s
        routes:
          - {matchers: [severity="page"], receiver: pager, continue: true}
          - {matchers: [severity=~".+"], receiver: ops, group_wait: 20s}
      """,
      story: "0 fire A cluster=x severity=page\n30 look",
      told: "10 pager A\n20 ops A"
    ),
  ])
  func `alerts are grouped as Alertmanager groups them`(_ story: AlertmanagerCase) throws {
    try story.check()
  }
}
