// SPDX-License-Identifier: MIT
package import MetricModel

/// What keeps an alert out of the messages of its groups at present.
package struct QuietReasons: Equatable, Sendable {
  /// The ids of the silences that match it, sorted.
  package var silences: [String] = []
  /// The rules of inhibition and the alerts that meet them, in the order of the rules.
  package var inhibitors: [Inhibitor] = []
  /// The work under way on what it is about, in words such as `backup of guest 104 runs`.
  package var maintenance: [String] = []

  /// Nothing keeps it out.
  package init() {}

  /// Nothing keeps it out.
  package var isEmpty: Bool { silences.isEmpty && inhibitors.isEmpty && maintenance.isEmpty }
}

/// An alert because of which another is not told, by a rule of the settings.
package struct Inhibitor: Equatable, Sendable {
  /// The name of the rule.
  package let rule: String
  /// The labels of the alert that inhibits.
  package let source: LabelSet

  /// Names a rule and the alert that meets it.
  package init(rule: String, source: LabelSet) {
    self.rule = rule
    self.source = source
  }
}

/// How an alert flaps.
package struct FlapReport: Equatable, Sendable {
  /// The first of the changes that made it flap.
  package let since: Timestamp
  /// How often it began or ended since.
  package let changes: Int
  /// The part of the time since for which it fired, from 0 to 1.
  package let firingShare: Double
  /// It fires now.
  package let isFiring: Bool
  /// When it is calm unless it changes.
  package let calmAt: Timestamp

  /// Describes how an alert flaps.
  package init(
    since: Timestamp,
    changes: Int,
    firingShare: Double,
    isFiring: Bool,
    calmAt: Timestamp
  ) {
    self.since = since
    self.changes = changes
    self.firingShare = firingShare
    self.isFiring = isFiring
    self.calmAt = calmAt
  }
}

/// Why an alert is told to whom, or not.
package struct AlertExplanation: Equatable, Sendable {
  /// One group that the alert belongs to.
  package struct Destination: Equatable, Sendable {
    /// The receiver and the group's key.
    package let group: GroupID
    /// The path of the route's matchers from the root.
    package let route: String
    /// The names of the time intervals for which the group says nothing now.
    package let mutedBy: [String]
    /// Who was told that it fires and not yet that it ended, sorted.
    package let toldTo: [IntegrationID]
    /// When the group's latest message was decided; nil when there was none.
    package let lastMessageAt: Timestamp?
    /// When the group has something to say; nil when it has not.
    package let nextMessageAt: Timestamp?
    /// Who acknowledged it, as an alert or with its group.
    package let acknowledgement: Acknowledgement?

    /// Describes one group.
    package init(
      group: GroupID,
      route: String,
      mutedBy: [String] = [],
      toldTo: [IntegrationID] = [],
      lastMessageAt: Timestamp? = nil,
      nextMessageAt: Timestamp? = nil,
      acknowledgement: Acknowledgement? = nil
    ) {
      self.group = group
      self.route = route
      self.mutedBy = mutedBy
      self.toldTo = toldTo
      self.lastMessageAt = lastMessageAt
      self.nextMessageAt = nextMessageAt
      self.acknowledgement = acknowledgement
    }
  }

  /// The alert.
  package let labels: LabelSet
  /// What the topology makes of it.
  package let standing: AlertStanding
  /// What keeps it out of messages.
  package let quiet: QuietReasons
  /// How it flaps; nil when it does not.
  package let flapping: FlapReport?
  /// The groups it belongs to by the settings, in the order of the routing tree.
  package let destinations: [Destination]

  /// Describes what becomes of an alert.
  package init(
    labels: LabelSet,
    standing: AlertStanding = .own,
    quiet: QuietReasons = QuietReasons(),
    flapping: FlapReport? = nil,
    destinations: [Destination] = []
  ) {
    self.labels = labels
    self.standing = standing
    self.quiet = quiet
    self.flapping = flapping
    self.destinations = destinations
  }

  /// Somebody acknowledged it.
  package var acknowledgement: Acknowledgement? {
    destinations.lazy.compactMap(\.acknowledgement).first
  }

  /// It would be in the messages of a group whose time has come.
  package var isTold: Bool {
    standing.isTold && quiet.isEmpty && destinations.contains { $0.mutedBy.isEmpty }
  }
}
