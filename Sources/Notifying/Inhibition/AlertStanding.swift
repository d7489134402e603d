// SPDX-License-Identifier: MIT
package import MetricModel
import Rules

/// What keeps an alert from being told by itself, if anything does.
package enum AlertStanding: Equatable, Sendable {
  /// It is told by its own route.
  case own
  /// What it stands on is being asked; nobody is told before `until`.
  case asking(until: Timestamp)
  /// Its cause is told and it is not. `cause` is the label set of the alert about the cause.
  case held(by: LabelSet)
  /// Its cause has ended; it is given until then to end as well.
  case recovering(until: Timestamp)
  /// It is told in the messages about its cause.
  case joined(to: LabelSet)
}

/// An alert with what the planner needs beyond it.
struct ScreenedAlert {
  /// The alert with the planner's annotations.
  var alert: Alert
  /// The labels that its route is found by: its own with a raised severity, or its cause's.
  var routing: LabelSet
}

extension AlertStanding {
  /// Somebody hears of it, by itself or with its cause.
  var isTold: Bool {
    switch self {
    case .own, .joined: true
    case .asking, .held, .recovering: false
    }
  }

  /// No other alert speaks for it.
  var isOpen: Bool {
    switch self {
    case .own, .asking: true
    case .held, .recovering, .joined: false
    }
  }

  /// Every ``kind``.
  package static let kinds = ["own", "asking", "held", "recovering", "joined"]

  /// One word for it.
  package var kind: String {
    switch self {
    case .own: "own"
    case .asking: "asking"
    case .held: "held"
    case .recovering: "recovering"
    case .joined: "joined"
    }
  }
}
