// SPDX-License-Identifier: MIT
import Testing

@Suite struct AlertmanagerTableTimingTests {
  private static let standard = """
    route:
      receiver: team
      group_by: [alertname]
      group_wait: 30s
      group_interval: 5m
      repeat_interval: 4h
    """

  @Test(arguments: [
    AlertmanagerCase(
      "the first alert of a group waits for group_wait",
      standard,
      story: "0 fire A\n29 look\n31 look",
      told: "30 team A"
    ),
    AlertmanagerCase(
      "what comes within group_wait goes with it",
      standard,
      story: "0 fire A n=1\n10 fire A n=2\n29.999 fire A n=3\n60 look",
      told: "30 team A1 A2 A3"
    ),
    AlertmanagerCase(
      "what ends within group_wait is never told",
      standard,
      story: "0 fire A\n20 end A\n1000 look",
      told: ""
    ),
    AlertmanagerCase(
      "of two alerts one that ends within group_wait is not in the message",
      standard,
      story: "0 fire A n=1\n0 fire A n=2\n20 end A n=2\n60 look",
      told: "30 team A1",
      alertmanager: "30 team A1 -A2: resolved alerts are part of the first message"
    ),
    AlertmanagerCase(
      "a group_wait of zero tells at once",
      "route: {receiver: team, group_wait: 0s}",
      story: "0 fire A\n60 look",
      told: "0 team A"
    ),
    AlertmanagerCase(
      "an alert that fired for long before it came still waits for others",
      standard,
      story: "0 look\n500 fire A\n600 look",
      told: "530 team A",
      alertmanager: "told at once when startsAt + group_wait is past: hvsmon's alerts are new"
    ),
    AlertmanagerCase(
      "one more alert of a known group is told",
      standard,
      story: "0 fire A n=1\n60 fire A n=2\n600 look",
      told: "30 team A1\n90 team A1 A2",
      alertmanager: "330 team A1 A2: at the next group_interval"
    ),
    AlertmanagerCase(
      "a message holds all alerts of the group, not the new ones alone",
      standard,
      story: "0 fire A n=1\n0 fire A n=2\n400 fire A n=3\n700 look",
      told: "30 team A1 A2\n430 team A1 A2 A3",
      alertmanager: "630 team A1 A2 A3"
    ),
    AlertmanagerCase(
      "the end of the last alert is told",
      standard,
      story: "0 fire A\n100 end A\n700 look",
      told: "30 team A\n130 team -A",
      alertmanager: "330 team -A: at the next group_interval, which nobody expects"
    ),
    AlertmanagerCase(
      "the end of some is told group_interval after the last message",
      standard,
      story: "0 fire A n=1\n0 fire A n=2\n100 end A n=2\n700 look",
      told: "30 team A1 A2\n330 team A1 -A2"
    ),
    AlertmanagerCase(
      "several ends are told together",
      standard,
      story: "0 fire A n=1\n0 fire A n=2\n0 fire A n=3\n100 end A n=2\n200 end A n=3\n700 look",
      told: "30 team A1 A2 A3\n330 team A1 -A2 -A3"
    ),
    AlertmanagerCase(
      "an end and a beginning go into one message",
      standard,
      story: "0 fire A n=1\n100 end A n=1\n100 fire A n=2\n700 look",
      told: "30 team A1\n130 team A2 -A1",
      alertmanager: "330 team A2 -A1"
    ),
    AlertmanagerCase(
      "an end is told once",
      standard,
      story: "0 fire A\n100 end A\n20000 look",
      told: "30 team A\n130 team -A",
      alertmanager: "330 team -A"
    ),
    AlertmanagerCase(
      "an alert that ends and fires again before its end is told says nothing",
      standard,
      story: "0 fire A\n100 end A\n110 fire A\n1000 look",
      told: "30 team A"
    ),
    AlertmanagerCase(
      "an alert that fires again after its end was told is told anew",
      standard,
      story: "0 fire A\n100 end A\n1000 fire A\n1100 look",
      told: "30 team A\n130 team -A\n1030 team A",
      alertmanager: "330 team -A, then 1030 team A"
    ),
    AlertmanagerCase(
      "a group that is gone begins with group_wait again",
      standard,
      story: "0 fire A n=1\n100 end A n=1\n5000 fire A n=2\n5100 look",
      told: "30 team A1\n130 team -A1\n5030 team A2",
      alertmanager: "330 team -A1, then 5030 team A2"
    ),
    AlertmanagerCase(
      "news of one group waits for no other group",
      standard,
      story: "0 fire A\n20 fire B\n100 look",
      told: "30 team A\n50 team B"
    ),
    AlertmanagerCase(
      "within group_interval a group sends at most three messages",
      standard,
      story: """
        0 fire A n=1
        60 fire A n=2
        120 fire A n=3
        180 fire A n=4
        400 look
        """,
      told: "30 team A1\n90 team A1 A2\n150 team A1 A2 A3\n330 team A1 A2 A3 A4",
      alertmanager: "330 team A1 A2 A3 A4: one message an interval"
    ),
    AlertmanagerCase(
      "an alert that comes and goes is bounded by group_interval",
      standard + "\nflapping: {changes: 0}",
      story: """
        0 fire A
        40 end A
        80 fire A
        120 end A
        160 fire A
        200 end A
        700 look
        """,
      told: "30 team A\n70 team -A\n110 team A\n330 team -A",
      alertmanager: "330 team -A: what happens between two flushes is not seen"
    ),
  ])
  func `groups are told in time`(_ story: AlertmanagerCase) throws {
    try story.check()
  }

  private static let repeating = """
    route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 5m,
      repeat_interval: 12m}
    """

  @Test(arguments: [
    AlertmanagerCase(
      "a group that still fires is told again after repeat_interval",
      repeating,
      story: "0 fire A\n1500 look",
      told: "0 team A\n720 team A\n1440 team A",
      alertmanager: "900 and 1800 team A: rounded up to a multiple of group_interval"
    ),
    AlertmanagerCase(
      "repeat_interval counts from the last message",
      repeating,
      story: "0 fire A n=1\n600 fire A n=2\n1400 look",
      told: "0 team A1\n600 team A1 A2\n1320 team A1 A2",
      alertmanager: "the third at 1500"
    ),
    AlertmanagerCase(
      "a repeat_interval shorter than group_interval repeats by itself",
      """
      route: {receiver: team, group_wait: 0s, group_interval: 5m, repeat_interval: 1m}
      """,
      story: "0 fire A\n130 look",
      told: "0 team A\n60 team A\n120 team A",
      alertmanager: "300 and 600 team A: only a flush repeats"
    ),
    AlertmanagerCase(
      "what ended is not repeated",
      repeating,
      story: "0 fire A\n100 end A\n5000 look",
      told: "0 team A\n100 team -A",
      alertmanager: "the end at 300"
    ),
    AlertmanagerCase(
      "a repetition names ends only once",
      repeating,
      story: "0 fire A n=1\n0 fire A n=2\n100 end A n=2\n1100 look",
      told: "0 team A1 A2\n300 team A1 -A2\n1020 team A1"
    ),
    AlertmanagerCase(
      "each route repeats at its own pace",
      """
      route:
        receiver: team
        group_wait: 0s
        repeat_interval: 10m
        routes:
          - {matchers: [n=~".+"], receiver: pager, repeat_interval: 5m, continue: true}
          - {matchers: [n=~".+"], receiver: ops}
      """,
      story: "0 fire A n=1\n650 look",
      told: "0 ops A1\n0 pager A1\n300 pager A1\n600 ops A1\n600 pager A1"
    ),
    AlertmanagerCase(
      "an acknowledged alert is not repeated, its end is told",
      repeating,
      story: "0 fire A\n60 ack A\n5000 end A\n5100 look",
      told: "0 team A\n5000 team -A",
      alertmanager: "knows no acknowledgement: repeated at 900, 1800, 2700, 3600, 4500"
    ),
    AlertmanagerCase(
      "one that nobody acknowledged repeats the group",
      repeating,
      story: "0 fire A n=1\n0 fire A n=2\n60 ack A n=1\n800 look",
      told: "0 team A1 A2\n720 team A1 A2",
      alertmanager: "knows no acknowledgement"
    ),
  ])
  func `what still fires is repeated`(_ story: AlertmanagerCase) throws {
    try story.check()
  }
}
