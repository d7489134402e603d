// SPDX-License-Identifier: MIT
package import MetricModel
package import Snapshot

/// Everything that is known of what happened between two moments.
package struct IncidentRecord: SnapshotPart {
  /// Events that are kept; of more the oldest are left out.
  package static let eventsMax = 5_000
  /// Alerts, messages, and steps of a course that are kept; of more the oldest are left out.
  package static let partsMax = 2_000
  /// Tiers, and entries, that are kept.
  package static let coursesMax = 200

  /// The name of the cluster.
  package var cluster = ""
  /// From when.
  package var since: Timestamp?
  /// Until when.
  package var until: Timestamp?
  /// What happened, the oldest first.
  package var events: [IncidentEvent] = []
  /// The alerts that fired, the earliest first.
  package var alerts: [AlertSpan] = []
  /// How many members of each tier worked.
  package var tiers: [TierCourse] = []
  /// Whether users reached each entry.
  package var entries: [EntryCourse] = []
  /// The floating IP's ways.
  package var moves: [AddressMove] = []
  /// Elections of replica sets.
  package var elections = 0
  /// What was sent, the oldest first.
  package var messages: [IncidentMessage] = []
  /// For how long hvsmon wrote nothing; nil when nobody knows.
  package var unwatchedSeconds: Double?
  /// How much was left out.
  package var leftOut = 0
  /// Series of which nothing was read.
  package var seriesLeftOut = 0

  /// A record of nothing.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("cluster", &cluster)
    fields.time("since", &since)
    fields.time("until", &until)
    fields.parts("events", &events)
    fields.parts("alerts", &alerts)
    fields.parts("tiers", &tiers)
    fields.parts("entries", &entries)
    fields.parts("moves", &moves)
    fields.number("elections", &elections)
    fields.parts("messages", &messages)
    fields.number("unwatched_seconds", &unwatchedSeconds)
    fields.number("left_out", &leftOut)
    fields.number("series_left_out", &seriesLeftOut)
  }
}

/// One thing that happened.
package struct IncidentEvent: SnapshotPart {
  /// What it is about.
  package enum Kind: String, CaseIterable, Sendable {
    case alert
    case node
    case guest
    case member
    case tier
    case entry
    case failover
    case election
    case backup
    /// A program was started or deployed.
    case start
    /// Somebody was told, or was not.
    case message
    /// Somebody silenced, acknowledged or changed something.
    case person
  }

  /// When.
  package var time: Timestamp?
  /// What it is about.
  package var kind = Kind.alert
  /// How it is to be looked at.
  package var level = Level.info
  /// Who or what.
  package var object = ""
  /// What happened, as words that follow the object.
  package var words = ""

  /// One of which nothing is known.
  package init() {}

  init(_ time: Timestamp, _ kind: Kind, _ level: Level, _ object: String, _ words: String) {
    self.time = time
    self.kind = kind
    self.level = level
    self.object = OutsideText.clean(object)
    self.words = OutsideText.clean(words)
  }

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("time", &time)
    fields.word("kind", &kind, else: .alert)
    fields.word("level", &level, else: .info)
    fields.text("object", &object)
    fields.text("words", &words)
  }
}

/// One stretch in which an alert fired.
package struct AlertSpan: SnapshotPart {
  /// Its name.
  package var name = ""
  /// What its labels say it is about.
  package var object = ""
  /// How urgent it is.
  package var severity = ""
  /// When it began to fire; nil when before the record.
  package var begin: Timestamp?
  /// When it ended; nil when it still fired, or nobody knows.
  package var end: Timestamp?
  /// From when on nobody knows whether it fired; nil when that is known.
  package var unknownSince: Timestamp?

  /// One of which nothing is known.
  package init() {}

  /// The level of its severity.
  package var level: Level {
    switch severity {
    case "page": .critical
    case "info": .info
    default: .warning
    }
  }

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    fields.text("object", &object)
    fields.text("severity", &severity)
    fields.time("begin", &begin)
    fields.time("end", &end)
    fields.time("unknown_since", &unknownSince)
  }
}

/// The members of a tier over time.
package struct TierCourse: SnapshotPart {
  /// Its name.
  package var name = ""
  /// Its members.
  package var declared: Int?
  /// How many have to work.
  package var needed: Int?
  /// How many worked, from each time on.
  package var steps: [CourseStep] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    fields.number("declared", &declared)
    fields.number("needed", &needed)
    fields.parts("steps", &steps)
  }
}

/// Whether users reached an entry, over time.
package struct EntryCourse: SnapshotPart {
  /// Its name.
  package var name = ""
  /// 1 while they did, 0 while not.
  package var steps: [CourseStep] = []

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    fields.parts("steps", &steps)
  }
}

/// A value that holds from a time on.
package struct CourseStep: SnapshotPart {
  /// From when.
  package var time: Timestamp?
  /// The value; nil while nobody knows.
  package var value: Double?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("time", &time)
    fields.number("value", &value)
  }
}

/// The floating IP of a tier moved.
package struct AddressMove: SnapshotPart {
  /// When the new master was seen.
  package var time: Timestamp?
  /// The tier.
  package var tier = ""
  /// Who had it.
  package var from: String?
  /// Who has it.
  package var to: String?
  /// What the old one did.
  package var cause: String?
  /// How long nobody answered for it.
  package var gapSeconds: Double?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("time", &time)
    fields.text("tier", &tier)
    fields.text("from", &from)
    fields.text("to", &to)
    fields.text("cause", &cause)
    fields.number("gap_seconds", &gapSeconds)
  }
}

/// One message to one place, and what became of it.
package struct IncidentMessage: SnapshotPart {
  /// What became of it.
  package enum Outcome: String, CaseIterable, Sendable {
    case accepted
    case givenUp = "given_up"
    case waiting
  }

  /// When it was decided.
  package var decidedAt: Timestamp?
  /// When the service took it, or it was given up.
  package var endedAt: Timestamp?
  /// The receiver, and which of its services.
  package var receiver = ""
  /// Why it was sent.
  package var reason = ""
  /// The alerts that it is about.
  package var about = ""
  /// What became of it.
  package var outcome = Outcome.waiting
  /// What the service said, or why it did not take it.
  package var answer = ""
  /// How many tries failed before.
  package var failedTries = 0

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("decided_at", &decidedAt)
    fields.time("ended_at", &endedAt)
    fields.text("receiver", &receiver)
    fields.text("reason", &reason)
    fields.text("about", &about)
    fields.word("outcome", &outcome, else: .waiting)
    fields.text("answer", &answer)
    fields.number("failed_tries", &failedTries)
  }
}
