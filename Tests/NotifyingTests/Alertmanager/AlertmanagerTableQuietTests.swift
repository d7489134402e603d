// SPDX-License-Identifier: MIT
import Testing

@Suite struct AlertmanagerTableQuietTests {
  private static let inhibiting = """
    route: {receiver: team, group_by: ['...'], group_wait: 10s}
    inhibit_rules:
      - source_matchers: [severity="page"]
        target_matchers: [severity="warning"]
        equal: [node, rack]
    """

  @Test(arguments: [
    AlertmanagerCase(
      "a target is not told while a source fires",
      inhibiting,
      story: "0 fire S severity=page node=a\n0 fire T severity=warning node=a\n60 look",
      told: "10 team S"
    ),
    AlertmanagerCase(
      "another value of an equal label does not inhibit",
      inhibiting,
      story: "0 fire S severity=page node=a\n0 fire T severity=warning node=b\n60 look",
      told: "10 team S\n10 team T"
    ),
    AlertmanagerCase(
      "a label that both lack is equal",
      inhibiting,
      story: "0 fire S severity=page\n0 fire T severity=warning\n60 look",
      told: "10 team S"
    ),
    AlertmanagerCase(
      "a label that one lacks is not",
      inhibiting,
      story: "0 fire S severity=page node=a\n0 fire T severity=warning\n60 look",
      told: "10 team S\n10 team T"
    ),
    AlertmanagerCase(
      "a source that comes within the target's wait inhibits it",
      inhibiting,
      story: "0 fire T severity=warning\n8 fire S severity=page\n60 look",
      told: "18 team S"
    ),
    AlertmanagerCase(
      "a source that comes after the target was told changes nothing of it",
      inhibiting,
      story: "0 fire T severity=warning\n20 fire S severity=page\n60 look",
      told: "10 team T\n30 team S"
    ),
    AlertmanagerCase(
      "the end of an inhibited alert is not told",
      inhibiting,
      story: """
        0 fire T severity=warning
        20 fire S severity=page
        40 end T severity=warning
        900 look
        """,
      told: "10 team T\n30 team S"
    ),
    AlertmanagerCase(
      "when the source has ended the target is told",
      inhibiting,
      story: """
        0 fire S severity=page
        0 fire T severity=warning
        100 end S severity=page
        200 look
        """,
      told: "10 team S\n110 team -S\n110 team T",
      alertmanager: "both at the next group_interval of their groups"
    ),
    AlertmanagerCase(
      "a target that was told before is not told again when the source has ended",
      inhibiting,
      story: """
        0 fire T severity=warning
        20 fire S severity=page
        100 end S severity=page
        900 look
        """,
      told: "10 team T\n30 team S\n110 team -S",
      alertmanager: "the end of S at the next group_interval"
    ),
    AlertmanagerCase(
      "one of several sources is enough, until the last has ended",
      inhibiting,
      story: """
        0 fire S severity=page
        0 fire R severity=page
        0 fire T severity=warning
        100 end S severity=page
        200 end R severity=page
        300 look
        """,
      told: "10 team R\n10 team S\n110 team -S\n210 team -R\n210 team T",
      alertmanager: "the ends at the next group_interval"
    ),
    AlertmanagerCase(
      "what is neither source nor target is told",
      inhibiting,
      story: "0 fire S severity=page\n0 fire I severity=info\n60 look",
      told: "10 team I\n10 team S"
    ),
    AlertmanagerCase(
      "an alert that is both does not inhibit itself",
      """
      route: {receiver: team, group_wait: 10s}
      inhibit_rules: [{source_matchers: [n="1"], target_matchers: [alertname="A"]}]
      """,
      story: "0 fire A n=1\n60 look",
      told: "10 team A1"
    ),
    AlertmanagerCase(
      "of two that are both none inhibits the other",
      """
      route: {receiver: team, group_by: ['...'], group_wait: 10s}
      inhibit_rules: [{source_matchers: [n=~"1|2"], target_matchers: [alertname="A"]}]
      """,
      story: "0 fire A n=1\n0 fire A n=2\n60 look",
      told: "10 team A1\n10 team A2"
    ),
    AlertmanagerCase(
      "an inhibited alert inhibits others",
      """
      route: {receiver: team, group_by: ['...'], group_wait: 10s}
      inhibit_rules:
        - {source_matchers: [alertname="A"], target_matchers: [alertname="B"]}
        - {source_matchers: [alertname="B"], target_matchers: [alertname="C"]}
      """,
      story: "0 fire A\n0 fire B\n0 fire C\n60 look",
      told: "10 team A"
    ),
    AlertmanagerCase(
      "inhibition crosses routes and receivers",
      """
      route:
        receiver: team
        group_wait: 10s
        routes: [{matchers: [alertname="S"], receiver: pager}]
      inhibit_rules: [{source_matchers: [alertname="S"], target_matchers: [alertname="T"]}]
      """,
      story: "0 fire S\n0 fire T\n60 look",
      told: "10 pager S"
    ),
  ])
  func `rules inhibit as in Alertmanager`(_ story: AlertmanagerCase) throws {
    try story.check()
  }

  private static let plain = """
    route: {receiver: team, group_by: [alertname], group_wait: 10s, group_interval: 5m,
      repeat_interval: 1h}
    """

  @Test(arguments: [
    AlertmanagerCase(
      "a silenced alert is not told",
      plain,
      story: "0 silence n=1 until 1000\n5 fire A n=1\n900 look",
      told: ""
    ),
    AlertmanagerCase(
      "the others of its group are",
      plain,
      story: "0 silence n=1 until 1000\n5 fire A n=1\n5 fire A n=2\n900 look",
      told: "15 team A2"
    ),
    AlertmanagerCase(
      "all matchers of a silence must match",
      plain,
      story: "0 silence n=1 alertname=A until 1000\n5 fire B n=1\n900 look",
      told: "15 team B1"
    ),
    AlertmanagerCase(
      "a silence by a regular expression",
      plain,
      story: "0 silence n=~\"1|2\" until 1000\n5 fire A n=2\n5 fire A n=3\n900 look",
      told: "15 team A3"
    ),
    AlertmanagerCase(
      "a silence by absence",
      plain,
      story: "0 silence owner!=x until 1000\n5 fire A n=1\n5 fire A n=2 owner=x\n900 look",
      told: "15 team A2"
    ),
    AlertmanagerCase(
      "a silence that begins within the wait holds the alert back",
      plain,
      story: "0 fire A n=1\n5 silence n=1 until 1000\n900 look",
      told: ""
    ),
    AlertmanagerCase(
      "a silence that begins after the message ends the repetitions",
      plain,
      story: "0 fire A n=1\n20 silence n=1 until 9000\n8000 look",
      told: "10 team A1"
    ),
    AlertmanagerCase(
      "the end of a silenced alert is not told",
      plain,
      story: "0 fire A n=1\n20 silence n=1 until 9000\n100 end A n=1\n10000 look",
      told: "10 team A1"
    ),
    AlertmanagerCase(
      "an alert that fires when its silence ends is told",
      plain,
      story: "0 silence n=1 until 1000\n5 fire A n=1\n1200 look",
      told: "1010 team A1",
      alertmanager: "at the next flush, up to group_interval later"
    ),
    AlertmanagerCase(
      "so is one that was told before the silence",
      plain,
      story: "0 fire A n=1\n20 silence n=1 until 1000\n1200 look",
      told: "10 team A1\n1010 team A1",
      alertmanager: "only when another message of the group came meanwhile, else at the repetition"
    ),
    AlertmanagerCase(
      "two silences end with the later",
      plain,
      story: "0 silence n=1 until 500\n0 silence alertname=A until 1000\n5 fire A n=1\n1200 look",
      told: "1010 team A1"
    ),
    AlertmanagerCase(
      "a silenced source inhibits all the same",
      """
      route: {receiver: team, group_by: ['...'], group_wait: 10s}
      inhibit_rules: [{source_matchers: [alertname="S"], target_matchers: [alertname="T"]}]
      """,
      story: "0 silence alertname=S until 1000\n5 fire S\n5 fire T\n900 look",
      told: ""
    ),
  ])
  func `silences are kept as in Alertmanager`(_ story: AlertmanagerCase) throws {
    try story.check()
  }
}
