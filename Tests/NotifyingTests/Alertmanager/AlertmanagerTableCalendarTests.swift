// SPDX-License-Identifier: MIT
import Testing

@Suite struct AlertmanagerTableCalendarTests {
  /// A tree whose only child is muted, or active, in an interval.
  private static func tree(_ key: String, _ interval: String) -> String {
    """
    time_intervals: [{name: named, time_intervals: [\(interval)]}]
    route:
      receiver: team
      group_wait: 0s
      group_interval: 5m
      repeat_interval: 40h
      routes: [{matchers: [n=~".+"], receiver: ops, \(key): [named]}]
    """
  }

  // 2026-03-02 is a Monday.
  @Test(arguments: [
    AlertmanagerCase(
      "nothing is told within a mute interval, and after it what still fires",
      tree("mute_time_intervals", "{times: [{start_time: '09:00', end_time: '10:00'}]}"),
      story: "0 fire A n=1\n4000 look",
      told: "3600 ops A1"
    ),
    AlertmanagerCase(
      "the end of an interval is no part of it",
      tree("mute_time_intervals", "{times: [{start_time: '08:00', end_time: '09:00'}]}"),
      story: "0 fire A n=1\n4000 look",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "what ends within a mute interval and was not told is never told",
      tree("mute_time_intervals", "{times: [{start_time: '09:00', end_time: '10:00'}]}"),
      story: "0 fire A n=1\n60 end A n=1\n4000 look",
      told: ""
    ),
    AlertmanagerCase(
      "what was told before and ends within is told after it",
      tree("mute_time_intervals", "{times: [{start_time: '09:10', end_time: '10:00'}]}"),
      story: "0 fire A n=1\n900 end A n=1\n4000 look",
      told: "0 ops A1\n3600 ops -A1",
      alertmanager: "nothing: ended alerts leave a muted group unheard"
    ),
    AlertmanagerCase(
      "what was told before is not told again after it",
      tree("mute_time_intervals", "{times: [{start_time: '09:10', end_time: '10:00'}]}"),
      story: "0 fire A n=1\n4000 look",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "outside an active interval nothing is told",
      tree("active_time_intervals", "{times: [{start_time: '10:00', end_time: '17:00'}]}"),
      story: "0 fire A n=1\n4000 look",
      told: "3600 ops A1"
    ),
    AlertmanagerCase(
      "within an active interval all is told",
      tree("active_time_intervals", "{times: [{start_time: '08:00', end_time: '17:00'}]}"),
      story: "0 fire A n=1\n4000 look",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "weekdays are ranges in a week that begins on Sunday",
      tree("mute_time_intervals", "{weekdays: ['sunday:monday']}"),
      story: "0 fire A n=1\n60000 look",
      told: "54000 ops A1"
    ),
    AlertmanagerCase(
      "a day that is not named is not muted",
      tree("mute_time_intervals", "{weekdays: [sunday, 'tuesday:saturday']}"),
      story: "0 fire A n=1",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "conditions of one item must all hold",
      tree(
        "mute_time_intervals",
        "{weekdays: [monday], times: [{start_time: '10:00', end_time: '11:00'}]}"
      ),
      story: "0 fire A n=1",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "one of several items is enough",
      tree("mute_time_intervals", "{weekdays: [sunday]}, {months: [march]}"),
      story: "0 fire A n=1\n5000 look",
      told: ""
    ),
    AlertmanagerCase(
      "days of the month count from its end",
      tree("mute_time_intervals", "{days_of_month: ['-2:-1']}"),
      begins: "2026-02-26 09:00",
      story: "0 fire A n=1",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "the last day of February is its twenty-eighth, or ninth",
      tree("mute_time_intervals", "{days_of_month: [-1]}"),
      begins: "2028-02-29 09:00",
      story: "0 fire A n=1\n60000 look",
      told: "54000 ops A1"
    ),
    AlertmanagerCase(
      "a day that the month has not is none",
      tree("mute_time_intervals", "{days_of_month: ['30:31']}"),
      begins: "2026-02-28 09:00",
      story: "0 fire A n=1",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "months may be numbers and names",
      tree("mute_time_intervals", "{months: ['1:2', march]}"),
      begins: "2026-03-31 09:00",
      story: "0 fire A n=1\n60000 look",
      told: "54000 ops A1"
    ),
    AlertmanagerCase(
      "years are ranges",
      tree("mute_time_intervals", "{years: ['2024:2025']}"),
      story: "0 fire A n=1",
      told: "0 ops A1"
    ),
    AlertmanagerCase(
      "times are those of the location",
      tree(
        "mute_time_intervals",
        "{times: [{start_time: '10:00', end_time: '11:00'}], location: Europe/Berlin}"
      ),
      story: "0 fire A n=1\n4000 look",
      told: "3600 ops A1"
    ),
    AlertmanagerCase(
      "an empty item is always",
      tree("mute_time_intervals", "{}"),
      story: "0 fire A n=1\n90000 look",
      told: ""
    ),
    AlertmanagerCase(
      "a muted route does not mute its children",
      """
      time_intervals: [{name: always, time_intervals: [{}]}]
      route:
        receiver: team
        group_wait: 0s
        routes:
          - matchers: [n=~".+"]
            receiver: ops
            mute_time_intervals: [always]
            routes: [{matchers: [n="1"], receiver: db}]
      """,
      story: "0 fire A n=1\n0 fire A n=2\n60 look",
      told: "0 db A1"
    ),
    AlertmanagerCase(
      "a muted route that continues leaves the others heard",
      """
      time_intervals: [{name: always, time_intervals: [{}]}]
      route:
        receiver: team
        group_wait: 0s
        routes:
          - {matchers: [n="1"], receiver: ops, mute_time_intervals: [always], continue: true}
          - {matchers: [n="1"], receiver: db}
      """,
      story: "0 fire A n=1\n60 look",
      told: "0 db A1"
    ),
    AlertmanagerCase(
      "repetitions wait for the end of a mute interval",
      """
      time_intervals:
        - name: named
          time_intervals: [{times: [{start_time: '09:10', end_time: '10:00'}]}]
      route:
        receiver: team
        group_wait: 0s
        routes:
          - {receiver: ops, mute_time_intervals: [named], repeat_interval: 30m}
      """,
      story: "0 fire A n=1\n4000 look",
      told: "0 ops A1\n3600 ops A1"
    ),
  ])
  func `time intervals are kept as in Alertmanager`(_ story: AlertmanagerCase) throws {
    try story.check()
  }
}
