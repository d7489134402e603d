// SPDX-License-Identifier: MIT
import Testing

@Suite struct AlertmanagerTableFlappingTests {
  private static let quick = """
    route: {receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1m}
    flapping: {changes: 4, within: 10m, calm: 5m}
    """
  private static let fourTimes = """
    0 fire A
    60 end A
    120 fire A
    180 end A

    """
  private static let everyTime = "Alertmanager tells each begin and each end that lasts"

  @Test(arguments: [
    AlertmanagerCase(
      "an alert that comes and goes once does not flap",
      quick,
      story: "0 fire A\n60 end A\n120 fire A\n3600 end A\n3700 look",
      told: "0 team A\n60 team -A\n120 team A\n3600 team -A"
    ),
    AlertmanagerCase(
      "changes that lie far apart are told each",
      quick,
      story: "0 fire A\n300 end A\n600 fire A\n900 end A\n1200 fire A\n1500 end A\n1600 look",
      told: "0 team A\n300 team -A\n600 team A\n900 team -A\n1200 team A\n1500 team -A"
    ),
    AlertmanagerCase(
      "with no word of it six changes in half an hour are flapping",
      "route: {receiver: team, group_wait: 0s}",
      story: """
        0 fire A
        300 end A
        600 fire A
        900 end A
        1200 fire A
        1500 end A
        1600 fire A
        1700 end A
        2700 look
        """,
      told: """
        0 team A
        300 team -A
        600 team A
        900 team -A
        1200 team A
        1500 team flapping A
        2600 team -A
        """,
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "what flaps is told once, and its end when it was calm",
      quick,
      story: fourTimes + "240 fire A\n300 end A\n360 fire A\n420 end A\n900 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n720 team -A",
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "what flaps and then stays is told when it was calm, and its end at once",
      quick,
      story: fourTimes + "240 fire A\n900 look\n1000 end A\n1100 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n540 team calm A\n1000 team -A",
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "a critical alert that stays is told, however often it flapped before",
      quick,
      story: """
        0 fire A severity=page
        30 end A severity=page
        60 fire A severity=page
        90 end A severity=page
        120 fire A severity=page
        150 end A severity=page
        180 fire A severity=page
        600 look
        """,
      told: "0 team A\n30 team -A\n60 team A\n90 team flapping A\n480 team calm A",
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "it flaps anew only after as many changes",
      quick,
      story: fourTimes + "500 look\n600 fire A\n660 end A\n700 fire A\n720 end A\n1100 look",
      told: """
        0 team A
        60 team -A
        120 team A
        180 team flapping A
        480 team -A
        600 team A
        660 team -A
        700 team A
        720 team flapping A
        1020 team -A
        """,
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "what never fires for as long as the wait is told that it flaps",
      """
      route: {receiver: team, group_wait: 30s}
      flapping: {changes: 4, within: 10m, calm: 5m}
      """,
      story: "0 fire A\n10 end A\n20 fire A\n30 end A\n100 fire A\n110 end A\n500 look",
      told: "60 team flapping A\n440 team -A",
      alertmanager: "nothing is ever told"
    ),
    AlertmanagerCase(
      "others of the group are told as ever, with what flaps",
      quick,
      story: """
        0 fire A n=1
        60 end A n=1
        120 fire A n=1
        180 end A n=1
        240 fire A n=2
        300 end A n=2
        600 look
        """,
      told: """
        0 team A1
        60 team -A1
        120 team A1
        180 team flapping A1
        240 team A1 A2
        300 team A1 -A2
        480 team -A1
        """,
      alertmanager: everyTime
    ),
  ])
  func `one alert`(_ story: AlertmanagerCase) throws { try story.check() }

  @Test(arguments: [
    AlertmanagerCase(
      "two that flap together are one message",
      quick,
      story: """
        0 fire A n=1
        0 fire A n=2
        60 end A n=1
        60 end A n=2
        120 fire A n=1
        120 fire A n=2
        180 end A n=1
        180 end A n=2
        500 look
        """,
      told:
        "0 team A1 A2\n60 team -A1 -A2\n120 team A1 A2\n180 team flapping A1 A2\n480 team -A1 -A2",
      alertmanager: everyTime
    ),
    AlertmanagerCase(
      "a silence holds back what flaps, and its end lets it be told",
      quick,
      story: "0 silence alertname=A until 250\n" + fourTimes + "240 fire A\n300 end A\n700 look",
      told: "250 team A\n600 team -A"
    ),
    AlertmanagerCase(
      "that it flaps is repeated like anything that fires",
      """
      route: {receiver: team, group_wait: 0s, group_interval: 1m, repeat_interval: 10m}
      flapping: {changes: 4, within: 10m, calm: 15m}
      """,
      story: fourTimes + "240 fire A\n800 look\n1200 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n780 team A\n1140 team calm A"
    ),
    AlertmanagerCase(
      "who acknowledges what flaps is left alone until it is calm",
      """
      route: {receiver: team, group_wait: 0s, group_interval: 1m, repeat_interval: 10m}
      flapping: {changes: 4, within: 10m, calm: 15m}
      """,
      story: fourTimes + "200 ack A\n240 fire A\n800 look\n1000 end A\n2000 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n1900 team -A"
    ),
    AlertmanagerCase(
      "what flaps and does not fire now inhibits nothing",
      """
      route: {receiver: team, group_by: [alertname], group_wait: 0s}
      inhibit_rules: [{source_matchers: [alertname="A"], target_matchers: [alertname="B"]}]
      flapping: {changes: 4, within: 10m, calm: 5m}
      """,
      story: fourTimes + "200 fire B\n240 end B\n300 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n200 team B\n240 team -B"
    ),
    AlertmanagerCase(
      "changes of none turn it off",
      "route: {receiver: team, group_wait: 0s, group_interval: 1m}\nflapping: {changes: 0}",
      story: fourTimes + "240 fire A\n300 end A\n400 look",
      told: """
        0 team A
        60 team -A
        120 team A
        180 team -A
        240 team A
        300 team -A
        """
    ),
    AlertmanagerCase(
      "what nobody acknowledges is escalated although it flaps",
      """
      route: {receiver: team, group_wait: 0s, escalate: {after: 10m, receiver: ops}}
      flapping: {changes: 4, within: 10m, calm: 15m}
      """,
      story: fourTimes + "240 fire A\n300 end A\n900 look",
      told: "0 team A\n60 team -A\n120 team A\n180 team flapping A\n720 ops A"
    ),
  ])
  func `with others`(_ story: AlertmanagerCase) throws { try story.check() }
}
