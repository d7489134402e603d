// SPDX-License-Identifier: MIT
package import MetricModel
package import Patterns

/// How alerts of one route are put together.
package enum Grouping: Equatable, Sendable {
  /// Alerts with the same values of these labels go together; none means one group.
  case labels(Set<String>)
  /// Every alert is a group of its own: `group_by: ['...']`.
  case everyAlert

  /// The part of an alert's labels that names its group.
  package func labels(of alert: LabelSet) -> LabelSet {
    switch self {
    case .labels(let names): alert.keeping(names)
    case .everyAlert: alert
    }
  }
}

/// The pace of the messages of one group.
package struct GroupTiming: Equatable, Sendable {
  /// How long a change waits for others to go with it; zero tells it at once.
  package var wait: Duration
  /// The stretch in which a group sends at most a few messages.
  package var interval: Duration
  /// After this long without a message a group that still fires is told again.
  package var repetition: Duration

  /// The pace of hvsmon when the settings say nothing.
  package static let standard = GroupTiming(
    wait: .milliseconds(250),
    interval: .seconds(60),
    repetition: .seconds(4 * 3_600)
  )

  /// Describes a pace.
  package init(wait: Duration, interval: Duration, repetition: Duration) {
    self.wait = wait
    self.interval = interval
    self.repetition = repetition
  }
}

/// When a route says nothing, by the names of the settings' time intervals.
package struct RouteMuting: Equatable, Sendable {
  /// Within any of these it says nothing.
  package var mute: [String] = []
  /// It speaks within any of these only; none means always.
  package var active: [String] = []

  /// Describes when a route is quiet.
  package init(mute: [String] = [], active: [String] = []) {
    self.mute = mute
    self.active = active
  }

  /// It never is.
  var isEmpty: Bool { mute.isEmpty && active.isEmpty }

  /// The names for which it says nothing, empty when it speaks; `open` are those of the intervals
  /// that hold the present instant.
  func mutedBy(_ open: Set<String>) -> [String] {
    let muting = mute.filter(open.contains)
    guard !active.isEmpty, open.isDisjoint(with: active) else { return muting }
    return muting + active
  }
}

/// Whom to tell besides when nobody acknowledges an alert.
package struct EscalationStep: Equatable, Sendable {
  /// So long after the alert was told first.
  package let after: Duration
  /// The name of the receiver.
  package let receiver: String

  /// Describes a step.
  package init(after: Duration, receiver: String) {
    self.after = after
    self.receiver = receiver
  }
}

/// Why a receiver is told of a group.
enum GroupOrigin: Sendable {
  /// A route says so.
  case route
  /// Nobody acknowledged it elsewhere.
  case escalation
  /// Those that a route names could not be told.
  case fallback
}

/// What a route says of its groups.
struct GroupTerms: Equatable, Sendable {
  var timing: GroupTiming
  var muting = RouteMuting()
  var escalation: [EscalationStep] = []
  var origin = GroupOrigin.route

  /// The terms of the group that another receiver is told of the same.
  func copied(_ origin: GroupOrigin) -> GroupTerms {
    var terms = self
    // There was time enough.
    terms.timing.wait = .zero
    terms.escalation = []
    terms.origin = origin
    return terms
  }
}

/// One node of the tree that picks a receiver for an alert.
package struct Route: Sendable {
  /// The path of matchers from the root in Alertmanager's notation, such as
  /// `{}/{severity="page"}`.
  package let key: String
  /// The name of the receiver.
  package let receiver: String
  /// How alerts are put together.
  package let grouping: Grouping
  /// The pace of messages.
  package let timing: GroupTiming
  /// All must match; the root has none.
  package let matchers: [CompiledMatcher]
  /// An alert taken here is also offered to the routes behind this one.
  package let continues: Bool
  /// When it is quiet; not handed down to its children.
  package let muting: RouteMuting
  /// Whom else to tell when nobody acknowledges, soonest first.
  package let escalation: [EscalationStep]
  /// Tried in order before this route takes the alert itself.
  package let children: [Route]

  /// Describes a route.
  package init(
    key: String = "{}",
    receiver: String,
    grouping: Grouping = .labels(["alertname", "tier"]),
    timing: GroupTiming = .standard,
    matchers: [CompiledMatcher] = [],
    continues: Bool = false,
    muting: RouteMuting = RouteMuting(),
    escalation: [EscalationStep] = [],
    children: [Route] = []
  ) {
    self.key = key
    self.receiver = receiver
    self.grouping = grouping
    self.timing = timing
    self.matchers = matchers
    self.continues = continues
    self.muting = muting
    self.escalation = escalation
    self.children = children
  }

  var terms: GroupTerms {
    GroupTerms(timing: timing, muting: muting, escalation: escalation)
  }

  /// The routes that take an alert, in the order of the tree; empty when this one does not match.
  package func routes(for labels: LabelSet) -> [Route] {
    guard matchers.allSatisfy({ $0.matches(labels) }) else { return [] }
    var taken: [Route] = []
    for child in children {
      let found = child.routes(for: labels)
      taken += found
      if !found.isEmpty && !child.continues { break }
    }
    return taken.isEmpty ? [self] : taken
  }

  /// The key of a child of this route with these matchers.
  package func childKey(_ matchers: [LabelMatcher]) -> String {
    Self.childKey(of: key, matchers)
  }

  static func childKey(of parent: String, _ matchers: [LabelMatcher]) -> String {
    let texts = matchers.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map(\.description)
    return "\(parent)/{\(texts.joined(separator: ","))}"
  }
}
