// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Notifying
import Polling
import Rules

/// Tells every member of an Alertmanager cluster of the alerts of the rules.
///
/// What is told again is told when rules report it again: alerts that nobody evaluates any more end
/// by themselves at the Alertmanagers.
actor AlertForwarder {
  private let http: HTTPClient
  private let cluster: String
  private let clock: any PollClock
  private let logger: Logger
  private var schedule = ForwardingSchedule()
  private var members: [AlertmanagerMember] = []
  private var leftOut = 0
  private var isStopped = false

  init(http: HTTPClient, cluster: String, clock: any PollClock, logger: Logger) {
    self.http = http
    self.cluster = cluster
    self.clock = clock
    self.logger = logger
  }

  /// Tells these Alertmanagers from now on; those that are new hear of everything at the next report.
  func adopt(_ settings: [AlertmanagerSettings], externalURL: String) async {
    guard !isStopped else { return }
    var gone = members
    members = settings.map { wanted in
      let known = gone.firstIndex { $0.settings == wanted && $0.externalURL == externalURL }
      if let known { return gone.remove(at: known) }
      schedule = ForwardingSchedule()
      return AlertmanagerMember(
        settings: wanted,
        externalLabels: LabelSet(["cluster": cluster]),
        externalURL: externalURL,
        http: http,
        clock: clock,
        logger: logger
      )
    }
    while let member = gone.popLast() { await member.stop() }
  }

  /// Takes everything that fires and what ended since the last call.
  func take(firing: [Alert], ended: [Alert]) async {
    guard !members.isEmpty, !isStopped else { return }
    leftOut += schedule.take(firing: firing, ended: ended)
    let due = schedule.due(at: clock.now)
    guard !due.isEmpty else { return }
    for member in members { await member.tell(due) }
  }

  /// Ends all requests.
  func stop() async {
    isStopped = true
    for member in members { await member.stop() }
  }

  /// What there is to tell.
  func samples() async -> [CollectedSample] {
    var samples: [CollectedSample] = []
    for member in members {
      let labels = ["alertmanager": member.settings.name]
      let statistics = await member.statistics
      let waiting = await member.waiting
      samples += [
        CollectedSample(ForwardingMetrics.sent, Double(statistics.sent), labels),
        CollectedSample(ForwardingMetrics.failures, Double(statistics.failures), labels),
        CollectedSample(ForwardingMetrics.dropped, Double(statistics.dropped + leftOut), labels),
        CollectedSample(ForwardingMetrics.waiting, Double(waiting), labels),
      ]
    }
    return samples
  }
}

/// What hvsmon tells of the Alertmanagers that it tells of alerts.
enum ForwardingMetrics {
  static let sent = MetricDefinition(
    "hvsmon_alertmanager_alerts_sent_total",
    .counter,
    labels: ["alertmanager"],
    help: "Alerts that an Alertmanager took."
  )
  static let failures = MetricDefinition(
    "hvsmon_alertmanager_failures_total",
    .counter,
    labels: ["alertmanager"],
    help: "Requests to an Alertmanager that failed."
  )
  static let dropped = MetricDefinition(
    "hvsmon_alertmanager_alerts_dropped_total",
    .counter,
    labels: ["alertmanager"],
    help: "Alerts that an Alertmanager refused, that were too many, or whose news had grown old."
  )
  static let waiting = MetricDefinition(
    "hvsmon_alertmanager_alerts_waiting",
    .gauge,
    labels: ["alertmanager"],
    help: "Alerts that wait for an Alertmanager."
  )

  static let all = [sent, failures, dropped, waiting]
}
