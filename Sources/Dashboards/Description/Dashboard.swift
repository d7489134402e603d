// SPDX-License-Identifier: MIT

/// One dashboard: one question, the answer first.
package struct Dashboard: Sendable {
  /// The part of the address that never changes; `hvsmon-` and the file's name.
  package let uid: String
  /// Without the project's name.
  package let title: String
  /// What it answers.
  package let question: String
  /// What can be chosen, besides data source and cluster, which each has; one may use those before it.
  let choices: [Choice]
  /// What happens on every graph.
  let events: [EventMark]
  /// From top to bottom.
  let sections: [Section]

  init(
    _ name: String,
    title: String,
    question: String,
    choices: [Choice] = [],
    events: [EventMark] = [.failovers, .elections, .backups, .alerts],
    sections: [Section]
  ) {
    uid = "hvsmon-\(name)"
    self.title = title
    self.question = question
    self.choices = choices
    self.events = events
    self.sections = sections
  }

  /// Every dashboard, in the order in which the README lists them.
  package static let all: [Dashboard] = [
    overview, proxmox, guests, edge, apps, mongodb, backups, serviceLevel, monitor,
  ]
}

/// Panels that belong together.
struct Section: Sendable {
  /// Nil for the panels at the top.
  let title: String?
  /// Opened by a click, for what is looked at only when searching.
  let isFolded: Bool
  /// Repeats the section for each value of this choice.
  let repeated: Choice?
  let panels: [Panel]

  init(
    _ title: String? = nil,
    isFolded: Bool = false,
    repeated: Choice? = nil,
    panels: [Panel]
  ) {
    self.title = title
    self.isFolded = isFolded
    self.repeated = repeated
    self.panels = panels
  }
}

/// A variable whose values are those of a label.
struct Choice: Equatable, Sendable {
  /// As expressions name it behind `$`.
  let name: String
  let title: String
  /// A selector of series that are always there, as in ``Query``.
  let series: String
  let label: String

  static let cluster = Choice(
    name: "cluster",
    title: "Cluster",
    series: "hvsmon_build_info",
    label: "cluster"
  )
  static let node = Choice(
    name: "node",
    title: "Node",
    series: "hvsmon_node_up{@cluster}",
    label: "node"
  )
  static let tier = Choice(
    name: "tier",
    title: "Tier",
    series: "hvsmon_tier_members{@cluster}",
    label: "tier"
  )
  /// After ``tier``.
  static let member = Choice(
    name: "instance",
    title: "Member",
    series: "hvsmon_member_working{@cluster,@tier}",
    label: "instance"
  )
  /// After ``node``.
  static let guest = Choice(
    name: "guest",
    title: "Guest",
    series: "pve_guest_info{@cluster,@node}",
    label: "name"
  )
  static let entry = Choice(
    name: "entry",
    title: "Entry",
    series: "probe_success{@cluster,tier=\"\"}",
    label: "instance"
  )
}

/// Marks on all graphs of a dashboard when something happened.
struct EventMark: Sendable {
  let name: String
  let colour: Colour
  /// Greater than zero while it happens.
  let amount: String
  let text: String

  static let failovers = EventMark(
    name: "Fail-overs",
    colour: .warning,
    amount: "sum by (cluster, tier, cause) (increase("
      + "hvsmon_vrrp_transitions_total{@cluster}[$__rate_interval]))",
    text: "the floating IP of {{tier}} moved ({{cause}})"
  )
  static let elections = EventMark(
    name: "Elections",
    colour: .unknown,
    amount: "sum by (cluster, tier) (increase("
      + "hvsmon_mongodb_set_elections_total{@cluster}[$__rate_interval]))",
    text: "election in {{tier}}"
  )
  static let backups = EventMark(
    name: "Backups",
    colour: .maintenance,
    amount: "max by (cluster, name) (changes("
      + "hvsmon_backup_newest_timestamp_seconds{@cluster}[$__rate_interval]))",
    text: "{{name}} was backed up"
  )
  static let alerts = EventMark(
    name: "Alerts",
    colour: .critical,
    amount: "count by (cluster, alertname, severity) ("
      + "ALERTS{@cluster,alertstate=\"firing\",severity=~\"page|warning\"})",
    text: "{{alertname}} ({{severity}})"
  )
  static let deploys = EventMark(
    name: "Starts of apps",
    colour: .info,
    amount: "max by (cluster, instance, process) (changes("
      + "hvsmon_pm2_process_start_time_seconds{@cluster}[$__rate_interval]))",
    text: "{{process}} on {{instance}} was started"
  )
}
