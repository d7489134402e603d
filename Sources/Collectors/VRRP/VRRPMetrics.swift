// SPDX-License-Identifier: MIT
import MetricModel

/// What the VRRP collector emits; `instance` is the member, and series without it are about the
/// whole virtual router.
enum VRRPMetrics {
  static let witnessUp = MetricDefinition(
    "hvsmon_vrrp_witness_up",
    .gauge,
    labels: ["witness", "reason"],
    help: "1 for each way to see the master that works; else 0, with the reason."
  )
  static let master = MetricDefinition(
    "hvsmon_vrrp_master",
    .gauge,
    labels: ["instance", "witness"],
    help: "1 when the witness sees the member as master or holder of the address, else 0."
  )
  static let masters = MetricDefinition(
    "hvsmon_vrrp_masters",
    .gauge,
    labels: ["witness"],
    help: "Masters, or holders of the address, that the witness sees."
  )
  static let verdict = MetricDefinition(
    "hvsmon_vrrp_verdict",
    .gauge,
    labels: ["state"],
    help: "1 for the state of the virtual router that all witnesses together tell, else 0."
  )
  static let transitions = MetricDefinition(
    "hvsmon_vrrp_transitions_total",
    .counter,
    labels: ["cause"],
    help: "Changes of masters seen since hvsmon started, by what the old one did."
  )
  static let gap = MetricDefinition(
    "hvsmon_vrrp_failover_gap_seconds",
    .gauge,
    unit: "seconds",
    help: "How long nobody was master, or answered for the address, at the last change of masters."
  )
  static let changed = MetricDefinition(
    "hvsmon_vrrp_last_transition_timestamp_seconds",
    .gauge,
    unit: "seconds",
    help: "When the master changed last."
  )
  static let change = MetricDefinition(
    "hvsmon_vrrp_last_transition_info",
    .info,
    labels: ["from", "to", "cause"],
    help: "The last change of masters."
  )
  static let priority = MetricDefinition(
    "hvsmon_vrrp_priority",
    .gauge,
    labels: ["instance"],
    help: "The priority that the member advertises, with the weights of failed checks taken off."
  )
  static let declaredPriority = MetricDefinition(
    "hvsmon_vrrp_declared_priority",
    .gauge,
    labels: ["instance"],
    help: "The priority that the settings give the member."
  )
  static let deviation = MetricDefinition(
    "hvsmon_vrrp_deviation",
    .gauge,
    labels: ["instance", "aspect", "expected", "found"],
    help: "1 for each point in which an advertised virtual router is not what is declared."
  )
  static let advertisements = MetricDefinition(
    "hvsmon_vrrp_advertisements_total",
    .counter,
    labels: ["instance"],
    help: "Advertisements of the member that were heard."
  )
  static let refused = MetricDefinition(
    "hvsmon_vrrp_refused_advertisements_total",
    .counter,
    labels: ["reason"],
    help: "Packets that were no advertisement to be believed, or whose sender is not declared."
  )
  static let state = MetricDefinition(
    "keepalived_vrrp_state",
    .gauge,
    labels: ["instance", "iname", "intf", "vrid", "ip_address"],
    help: "State of the member's virtual router: 0 init, 1 backup, 2 master, 3 fault."
  )
  static let up = MetricDefinition(
    "keepalived_up",
    .gauge,
    labels: ["instance"],
    help: "1 when the member's keepalived runs, else 0; only with ssh."
  )

  static let check = MetricDefinition(
    "keepalived_script_status",
    .gauge,
    labels: ["instance", "name"],
    help: "1 when the check script is good, else 0; only while the member is in fault or its "
      + "priority lowered."
  )

  /// What keepalived counts since its process began, under the names of keepalived-exporter.
  static let counters: [KeepalivedReport.Counter: MetricDefinition] = [
    .advertisementsReceived: counter(
      "advertisements_received",
      "Advertisements that the member's keepalived received."
    ),
    .advertisementsSent: counter(
      "advertisements_sent",
      "Advertisements that the member's keepalived sent."
    ),
    .becameMaster: counter("become_master", "How often the member became master."),
    .releasedMaster: counter("release_master", "How often the member ceased to be master."),
    .packetLengthErrors: counter("packet_length_errors", "Advertisements of a wrong length."),
    .intervalErrors: counter(
      "advertisements_interval_errors",
      "Advertisements of another interval than the member's own."
    ),
    .timeToLiveErrors: counter(
      "ip_ttl_errors",
      "Advertisements whose time to live is not 255: not of this network."
    ),
    .invalidTypeReceived: counter("invalid_type_received", "Packets that are no advertisement."),
    .addressListErrors: counter(
      "address_list_errors",
      "Advertisements of other addresses than the member's own."
    ),
    .authenticationInvalid: counter(
      "authentication_invalid",
      "Advertisements with an authentication that is none."
    ),
    .authenticationMismatch: counter(
      "authentication_mismatch",
      "Advertisements with another kind of authentication."
    ),
    .authenticationFailure: counter(
      "authentication_failure",
      "Advertisements with another password: its sender and the member do not hear each other."
    ),
    .priorityZeroReceived: counter(
      "priority_zero_received",
      "Farewells of a master that the member's keepalived received."
    ),
    .priorityZeroSent: counter(
      "priority_zero_sent",
      "Farewells that the member's keepalived sent."
    ),
  ]

  static let all =
    [
      witnessUp, master, masters, verdict, transitions, gap, changed, change, priority,
      declaredPriority, deviation, advertisements, refused, state, up, check,
    ] + KeepalivedReport.Counter.allCases.compactMap { counters[$0] }

  private static func counter(_ name: String, _ help: String) -> MetricDefinition {
    MetricDefinition(
      "keepalived_\(name)_total",
      .counter,
      labels: ["instance", "iname", "intf", "vrid"],
      help: help
    )
  }
}
