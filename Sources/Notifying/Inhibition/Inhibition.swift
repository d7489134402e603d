// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Topology

/// Decides which alerts are told by themselves, and which through the alert about their cause.
///
/// A value that reads no clock. It holds nothing back without a cause that is told.
struct Inhibition: Sendable {
  /// What an alert stands on is asked, and waited for this long at most.
  static let askingMax = Duration.seconds(4)
  /// What was held back is given this long to end after its cause.
  static let grace = Duration.seconds(180)

  private var causes: [Component: CauseSearch.Cause] = [:]
  private var firstSeen: [LabelSet: Timestamp] = [:]
  /// Where alerts that fire were routed last: their end is told there.
  private var routings: [LabelSet: LabelSet] = [:]
  /// Why each firing alert is told or not.
  private(set) var standings: [LabelSet: AlertStanding] = [:]
  /// What must be asked now, as alerts wait for the answer.
  private(set) var questions: Set<Component> = []
  /// What was found in this step to have answered since when: many alerts stand on the same.
  private var answers: [Component: (since: Timestamp, hasAnswered: Bool)] = [:]

  /// Sorts the alerts into those to tell and those to hold back.
  ///
  /// - Parameters:
  ///   - alerts: Those that fire and those that ended since the last step.
  ///   - knowledge: How the cluster stands; without it nothing is held back.
  ///   - told: The alerts of which somebody knows that they fire.
  ///   - now: The time of the step.
  /// - Returns: What the planner takes; alerts that nobody is to hear of are not among them.
  mutating func screen(
    _ alerts: [Alert],
    knowledge: ClusterKnowledge?,
    told: Set<LabelSet>,
    now: Timestamp
  ) -> [ScreenedAlert] {
    questions = []
    answers = [:]
    guard let knowledge else {
      standings = [:]
      return alerts.map { ScreenedAlert(alert: $0, routing: $0.labels) }
    }
    let firing = alerts.filter { !$0.isResolved }
    noteFirstSight(of: firing, now: now)
    noteCauses(firing, knowledge.graph, told, now: now)
    let search = CauseSearch(graph: knowledge.graph, causes: causes)
    standings = [:]
    for alert in firing {
      standings[alert.labels] = standing(of: alert, search, knowledge, told, now: now)
    }
    leaveToUrgentForms(firing, told)
    for (labels, standing) in standings {
      // What is told with its cause waits for answers with it.
      guard case .joined(let cause) = standing, !told.contains(labels),
        case .asking? = standings[cause]
      else { continue }
      standings[labels] = standings[cause]
    }
    let severities = raisedSeverities(among: firing)
    // One for all, and only where it is told.
    let situation =
      alerts.contains { CauseSearch.isDown($0.labels) } ? knowledge.graph.situation : ""
    let screened = alerts.compactMap {
      self.screened($0, severities, knowledge.graph, situation)
    }
    routings = Dictionary(
      screened.lazy.filter { !$0.alert.isResolved && $0.routing != $0.alert.labels }
        .map { ($0.alert.labels, $0.routing) }
    ) { first, _ in first }
    return screened
  }

  /// When ``screen(_:knowledge:told:now:)`` must be called again although nothing changed.
  var nextDeadline: Timestamp? {
    standings.values.compactMap { standing in
      switch standing {
      case .asking(let until), .recovering(let until): until
      case .own, .held, .joined: nil
      }
    }.min()
  }

  /// The labels by which the routes of an alert were found last.
  func routing(of labels: LabelSet) -> LabelSet { routings[labels] ?? labels }

  // MARK: What is known

  private mutating func noteFirstSight(of firing: [Alert], now: Timestamp) {
    var seen: [LabelSet: Timestamp] = [:]
    for alert in firing { seen[alert.labels] = min(firstSeen[alert.labels] ?? now, now) }
    firstSeen = seen
  }

  private mutating func noteCauses(
    _ firing: [Alert],
    _ graph: any CauseGraph,
    _ told: Set<LabelSet>,
    now: Timestamp
  ) {
    var present: [Component: Alert] = [:]
    for alert in firing where CauseSearch.isDown(alert.labels) {
      guard let component = graph.component(of: alert.labels) else { continue }
      guard let known = present[component] else {
        present[component] = alert
        continue
      }
      let isBetter =
        preference(component, told, known, alert) ?? alert.isBetterCause(than: known)
      if isBetter { present[component] = alert }
    }
    for (component, cause) in causes where present[component] == nil {
      let endedAt = min(cause.endedAt ?? now, now)
      causes[component]?.endedAt = endedAt
      if now - endedAt >= Self.grace { causes[component] = nil }
    }
    for (component, alert) in present {
      causes[component] = CauseSearch.Cause(labels: alert.labels, startsAt: alert.startsAt)
    }
  }

  /// Whether `second` and not `first` tells that a tier is down; nil when that does not matter.
  ///
  /// What a tier lacks shows in several ways, one after the other: that which was told stays.
  private func preference(
    _ component: Component,
    _ told: Set<LabelSet>,
    _ first: Alert,
    _ second: Alert
  ) -> Bool? {
    guard case .tier = component else { return nil }
    let incumbent = causes[component].flatMap { $0.endedAt == nil ? $0.labels : nil }
    func rank(_ alert: Alert) -> Int {
      (told.contains(alert.labels) ? 2 : 0) + (alert.labels == incumbent ? 1 : 0)
    }
    return rank(first) == rank(second) ? nil : rank(second) > rank(first)
  }

  /// The alert that tells already that the same tier is down.
  private func twin(of labels: LabelSet, about component: Component?) -> LabelSet? {
    guard let component, case .tier = component, CauseSearch.isDown(labels),
      let cause = causes[component], cause.endedAt == nil,
      cause.labels != labels
    else { return nil }
    return cause.labels
  }

  // MARK: Who is told

  private mutating func standing(
    of alert: Alert,
    _ search: CauseSearch,
    _ knowledge: ClusterKnowledge,
    _ told: Set<LabelSet>,
    now: Timestamp
  ) -> AlertStanding {
    let labels = alert.labels
    let subject = knowledge.graph.component(of: labels)
    if let twin = twin(of: labels, about: subject) {
      return told.contains(labels) ? .joined(to: twin) : .held(by: twin)
    }
    let roots = subject.map { search.roots(of: labels, about: $0, startsAt: alert.startsAt) }
    let known = (roots ?? []).compactMap { causes[$0] }
    // Of several the newest is the one that was too much.
    let cause = known.filter { $0.endedAt == nil && $0.labels != labels }.max {
      ($0.startsAt, $1.labels) < ($1.startsAt, $0.labels)
    }
    if let cause {
      // From where nothing can be reached it cannot be said what users feel.
      let isKnown = cause.labels != causes[.monitor]?.labels
      let isJoined = told.contains(labels) || (isKnown && alert.mustBeTold)
      return isJoined ? .joined(to: cause.labels) : .held(by: cause.labels)
    }
    if told.contains(labels) { return .own }
    if let end = known.compactMap(\.endedAt).max() {
      return alert.mustBeTold ? .own : .recovering(until: end + Self.grace)
    }
    let since = firstSeen[labels] ?? now
    let until = since + Self.askingMax
    let open = openQuestions(about: subject, since: since, knowledge)
    guard !open.isEmpty, now < until else { return .own }
    questions.formUnion(open)
    return .asking(until: until)
  }

  /// What the alert stands on and was not asked since it was first seen.
  private mutating func openQuestions(
    about subject: Component?,
    since: Timestamp,
    _ knowledge: ClusterKnowledge
  ) -> [Component] {
    guard let subject else { return [] }
    return Self.grounds(of: subject, knowledge.graph).filter { component in
      if let known = answers[component], known.since == since { return !known.hasAnswered }
      let hasAnswered = knowledge.hasAnswered(component, since)
      answers[component] = (since, hasAnswered)
      return !hasAnswered
    }
  }

  /// What is asked before a failure of `subject` is told: guests and nodes that may explain it, and
  /// of a node whether the others answer.
  private static func grounds(of subject: Component, _ graph: any CauseGraph) -> [Component] {
    // Where there are no nodes only the witnesses tell whether it is hvsmon that is cut off.
    guard graph.hasNodes else { return subject == .monitor ? [] : [.monitor] }
    let foundations: [Component] =
      switch subject {
      case .tier(let tier):
        graph.missingMembers(of: tier).flatMap { graph.foundations(of: .member($0)) }
      case .entry:
        graph.foundations(of: subject).flatMap { component -> [Component] in
          guard case .tier(let tier) = component else { return [] }
          return graph.members(of: tier).flatMap { graph.foundations(of: .member($0)) }
        }
      case .cluster: graph.offlineNodes.map { .node($0) }
      case .node: [.cluster]
      default: graph.foundations(of: subject)
      }
    let asked = foundations.filter { component in
      switch component {
      case .cluster, .node, .guest: true
      case .monitor, .storage, .member, .tier, .entry, .backup: false
      }
    }
    return Set(asked).sorted()
  }

  /// Of alerts that say the same the most urgent speaks for all.
  private mutating func leaveToUrgentForms(_ firing: [Alert], _ told: Set<LabelSet>) {
    let escalations = Escalations(among: firing)
    guard !escalations.isEmpty else { return }
    for (labels, standing) in standings where standing.isOpen {
      guard var urgent = escalations.urgentForm(of: labels) else { continue }
      switch standings[urgent] {
      case .own?, .asking?: break
      case .joined(let cause)?: urgent = cause
      case .held?, .recovering?, nil: continue
      }
      standings[labels] = told.contains(labels) ? .joined(to: urgent) : .held(by: urgent)
    }
  }

  // MARK: What is told

  private func screened(
    _ alert: Alert,
    _ severities: [LabelSet: String],
    _ graph: any CauseGraph,
    _ situation: String
  ) -> ScreenedAlert? {
    guard let standing = standings[alert.labels] else {
      return ended(alert, graph, situation)
    }
    switch standing {
    case .asking, .held, .recovering: return nil
    case .joined(let cause):
      let severity = severities[cause] ?? cause["severity"]
      var told = alert
      if CauseSearch.isDown(alert.labels), let component = graph.component(of: alert.labels) {
        told.annotate("evidence", Self.evidence(of: component, graph))
      }
      return ScreenedAlert(alert: told, routing: cause.withSeverity(severity))
    case .own:
      guard CauseSearch.isDown(alert.labels) else {
        return ScreenedAlert(alert: alert, routing: alert.labels)
      }
      return cause(alert, severities, graph, situation)
    }
  }

  /// How a failure is known; of a member and an entry the alert itself says so.
  private static func evidence(of component: Component, _ graph: any CauseGraph) -> String {
    switch component {
    case .monitor, .cluster, .node, .storage, .guest, .tier, .backup:
      graph.evidence(of: component)
    case .member, .entry: ""
    }
  }

  /// It ended: who was told of it hears so.
  private func ended(
    _ alert: Alert,
    _ graph: any CauseGraph,
    _ situation: String
  ) -> ScreenedAlert {
    var told = alert
    if CauseSearch.isDown(alert.labels) {
      if let component = graph.component(of: alert.labels) {
        told.annotate("held_back", HeldBackWords.text(afterEndOf: component, graph))
      }
      told.annotate("situation", situation)
    }
    return ScreenedAlert(alert: told, routing: routings[alert.labels] ?? alert.labels)
  }

  /// The alert about a cause, with what it stands for.
  private func cause(
    _ alert: Alert,
    _ severities: [LabelSet: String],
    _ graph: any CauseGraph,
    _ situation: String
  ) -> ScreenedAlert {
    var told = alert
    let severity = severities[alert.labels] ?? alert.labels["severity"]
    if severity != alert.labels["severity"] { told.annotate("severity", severity ?? "") }
    if let component = graph.component(of: alert.labels) {
      told.annotate("evidence", Self.evidence(of: component, graph))
      told.annotate("held_back", HeldBackWords.text(about: component, graph))
    }
    told.annotate("situation", situation)
    return ScreenedAlert(alert: told, routing: alert.labels.withSeverity(severity))
  }

  /// The most urgent severity among a cause and everything that it explains, where that is more
  /// urgent than the cause's own; one look at each alert.
  private func raisedSeverities(among firing: [Alert]) -> [LabelSet: String] {
    var highest: [LabelSet: String] = [:]
    for alert in firing {
      guard let severity = alert.labels["severity"] else { continue }
      switch standings[alert.labels] {
      case .held(let cause), .joined(let cause):
        let known = highest[cause] ?? cause["severity"]
        if SeverityRank(severity) > SeverityRank(known) { highest[cause] = severity }
      default: continue
      }
    }
    return highest
  }
}

extension Alert {
  /// People must read it, in its cause's message or by itself: what users reach, or what keeps it up,
  /// is down.
  fileprivate var mustBeTold: Bool {
    SeverityRank(labels["severity"]) == .page
  }

  fileprivate func isBetterCause(than other: Alert) -> Bool {
    let (mine, theirs) = (SeverityRank(labels["severity"]), SeverityRank(other.labels["severity"]))
    return mine == theirs ? labels < other.labels : mine > theirs
  }

  /// Replaces an annotation; an empty text removes it.
  mutating func annotate(_ name: String, _ text: String) {
    annotations.removeAll { $0.name == name }
    guard !text.isEmpty else { return }
    let index = annotations.firstIndex { $0.name > name } ?? annotations.endIndex
    annotations.insert(Label(name, text), at: index)
  }
}

extension LabelSet {
  fileprivate func withSeverity(_ severity: String?) -> LabelSet {
    guard let severity, severity != self["severity"] else { return self }
    return LabelSet(filter { $0.name != "severity" } + [Label("severity", severity)])
  }
}
