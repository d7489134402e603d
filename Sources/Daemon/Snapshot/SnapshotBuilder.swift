// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Notifying
import Rules
import Snapshot
import Topology

/// Puts a snapshot together from what the parts of the daemon know; it asks nobody.
struct SnapshotBuilder {
  let assessment: ClusterAssessment
  let figures: LatestFigures
  let trends: TrendReader.Trends
  let alerts: [Alert]
  let standings: [LabelSet: AlertStanding]
  /// What people and programs said of alerts, by their labels.
  let notes: [LabelSet: AlertNote]
  /// When what tells of a part was asked last with an outcome.
  let askedAt: [Component: Timestamp]
  let now: Timestamp
  /// The worst of the alerts about each part that are told by themselves.
  private let alertLevels: [Component: Level]

  init(
    assessment: ClusterAssessment,
    figures: LatestFigures,
    trends: TrendReader.Trends,
    alerts: [Alert],
    standings: [LabelSet: AlertStanding],
    notes: [LabelSet: AlertNote] = [:],
    askedAt: [Component: Timestamp],
    now: Timestamp
  ) {
    self.assessment = assessment
    self.figures = figures
    self.trends = trends
    self.alerts = alerts
    self.standings = standings
    self.notes = notes
    self.askedAt = askedAt
    self.now = now
    var levels: [Component: Level] = [:]
    for alert in alerts
    where (standings[alert.labels] ?? .own).isShown && notes[alert.labels]?.quiet == nil {
      guard let component = assessment.component(of: alert.labels) else { continue }
      levels[component] = max(levels[component] ?? .ok, alert.level)
    }
    alertLevels = levels
  }

  /// Everything but what the daemon tells of itself.
  func snapshot() -> ClusterSnapshot {
    var snapshot = ClusterSnapshot()
    snapshot.cluster = assessment.declared.name
    snapshot.time = now
    snapshot.quorum = quorum
    snapshot.tiers = assessment.tiers.map(tier)
    snapshot.entries = entries
    snapshot.floatingAddresses = floatingAddresses
    snapshot.nodes = nodes
    snapshot.guests = guests
    snapshot.loadBalancers = loadBalancers
    snapshot.apps = apps
    snapshot.databases = databases
    snapshot.backups = backups
    snapshot.alerts = alertRows
    snapshot.alertCounts = counts(of: snapshot.alerts)
    snapshot.deviations = assessment.deviations.map(deviation)
    snapshot.trendStepSeconds = TrendReader.step.inSeconds
    snapshot.verdict = verdict(of: snapshot)
    return snapshot
  }

  /// How a part stands; what failed by another part's failure is only held.
  func condition(of component: Component) -> Condition {
    let standing = assessment.standing(of: component)
    let state = standing.map { WorkingState($0.state) } ?? .unknown
    let told = alertLevels[component] ?? .ok
    let level: Level =
      switch state {
      case .failed: isCaused(component) ? .held : .critical
      case .unknown: max(.unknown, told)
      case .working: isInMaintenance(component) ? max(.maintenance, told) : told
      }
    return Condition(
      level,
      state,
      since: standing?.since,
      note: standing?.note,
      ageSeconds: age(of: component)
    )
  }

  private func isCaused(_ component: Component) -> Bool {
    // What users feel is never told in another's place.
    if case .entry = component { return false }
    return assessment.foundations(of: component).contains { assessment.state(of: $0) == .failed }
  }

  private func isInMaintenance(_ component: Component) -> Bool {
    guard case .node(let name) = component else { return false }
    return assessment.observed.nodes[name]?.haState == "maintenance"
  }

  private func age(of component: Component) -> Double? {
    let witness: Component =
      switch component {
      case .guest, .cluster: .cluster
      default: component
      }
    return askedAt[witness].map { max(.zero, now - $0).inSeconds }
  }

  private func deviation(_ deviation: Deviation) -> DeviationRow {
    var row = DeviationRow()
    row.object = "\(deviation.component) \(deviation.name)"
    row.aspect = deviation.aspect
    row.expected = deviation.expected
    row.found = deviation.found
    return row
  }
}

extension WorkingState {
  init(_ state: ComponentState) {
    switch state {
    case .working: self = .working
    case .failed: self = .failed
    case .unknown: self = .unknown
    }
  }
}

extension AlertStanding {
  /// No other alert is shown in its place.
  var isShown: Bool {
    switch self {
    case .own, .asking: true
    case .held, .recovering, .joined: false
    }
  }
}

extension Double {
  /// Four digits behind the point tell enough of a ratio.
  var ratioRounded: Double { (self * 10_000).rounded() / 10_000 }
}

extension [Double?] {
  /// Every value over a size, as ratios.
  func over(_ size: Double?) -> [Double?] {
    guard let size, size > 0 else { return [] }
    return map { $0.map { ($0 / size * 100).rounded() / 100 } }
  }

  /// Two or three digits are enough to draw.
  var drawn: [Double?] { map { $0.map { ($0 * 1_000).rounded() / 1_000 } } }
}
