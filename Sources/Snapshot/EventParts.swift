// SPDX-License-Identifier: MIT
package import MetricModel

/// The backups of one guest.
package struct BackupRow: SnapshotPart {
  /// The guest.
  package var id = ""
  /// Its name, or its id.
  package var name = ""
  /// How it is to be looked at.
  package var level = Level.unknown
  /// What is wrong.
  package var note: String?
  /// The newest good archive.
  package var newestAt: Timestamp?
  /// Its size.
  package var sizeBytes: Double?
  /// Archives there are.
  package var archives: Int?
  /// Archives that are to be kept.
  package var archivesDeclared: Int?
  /// How long the last run took.
  package var durationSeconds: Double?
  /// The last run did not happen.
  package var isMissed: Bool?
  /// The last run failed.
  package var isFailed: Bool?
  /// No job covers it.
  package var isUncovered: Bool?
  /// Where the archives are.
  package var storage: String?
  /// The next run.
  package var nextAt: Timestamp?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("id", &id)
    fields.text("name", &name)
    fields.word("level", &level, else: .unknown)
    fields.text("note", &note)
    fields.time("newest_at", &newestAt)
    fields.number("size_bytes", &sizeBytes)
    fields.number("archives", &archives)
    fields.number("archives_declared", &archivesDeclared)
    fields.number("duration_seconds", &durationSeconds)
    fields.flag("missed", &isMissed)
    fields.flag("failed", &isFailed)
    fields.flag("uncovered", &isUncovered)
    fields.text("storage", &storage)
    fields.time("next_at", &nextAt)
  }
}

/// One alert that fires.
package struct AlertRow: SnapshotPart {
  /// Its name.
  package var name = ""
  /// How urgent it is: `critical`, `warning`, `info`; `held` when its cause is told in its place.
  package var level = Level.warning
  /// The label `severity`.
  package var severity = ""
  /// What it is about, such as `node pve3`.
  package var object: String?
  /// When it began to fire.
  package var since: Timestamp?
  /// What is told of it: own, asking, held, recovering, joined.
  package var standing = ""
  /// The alert that it is told with or held back by.
  package var cause: String?
  /// Alerts that it holds back.
  package var holdsBack = 0
  /// Whether it still holds cannot be asked.
  package var isUnknown: Bool?
  /// What it says.
  package var summary: String?
  /// The value that led to it.
  package var value: Double?
  /// Where to read what to do.
  package var runbook: String?
  /// Its labels, each as `name=value`.
  package var labels: [String] = []
  /// What stands for its labels where they are too long.
  package var fingerprint = ""
  /// Who acknowledged it; nobody is told of it again until it recovers.
  package var acknowledgedBy: String?
  /// Why nobody is told of it, such as `silenced by anna: new disks`.
  package var quiet: String?
  /// Who posted it; nil for an alert of a rule.
  package var postedBy: String?
  /// How it flaps; nil when it does not.
  package var flapping: FlapPart?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("name", &name)
    fields.word("level", &level, else: .warning)
    fields.text("severity", &severity)
    fields.text("object", &object)
    fields.time("since", &since)
    fields.text("standing", &standing)
    fields.text("cause", &cause)
    fields.number("holds_back", &holdsBack)
    fields.flag("unknown", &isUnknown)
    fields.text("summary", &summary)
    fields.number("value", &value)
    fields.text("runbook", &runbook)
    fields.texts("labels", &labels)
    fields.text("fingerprint", &fingerprint)
    fields.text("acknowledged_by", &acknowledgedBy)
    fields.text("quiet", &quiet)
    fields.text("posted_by", &postedBy)
    fields.part("flapping", &flapping)
  }
}

/// How an alert begins and ends again and again: its single changes are not told.
package struct FlapPart: SnapshotPart {
  /// The first of the changes that made it flap.
  package var since: Timestamp?
  /// How often it began or ended since.
  package var changes = 0
  /// The part of that time for which it fired.
  package var firingRatio: Double?
  /// It fires at this moment.
  package var isFiring: Bool?
  /// When it is told as calm unless it changes before.
  package var calmAt: Timestamp?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("since", &since)
    fields.number("changes", &changes)
    fields.number("firing_ratio", &firingRatio)
    fields.flag("firing", &isFiring)
    fields.time("calm_at", &calmAt)
  }
}

/// Something that changed.
package struct ChangeRow: SnapshotPart {
  /// When it was seen.
  package var time: Timestamp?
  /// How it is to be looked at.
  package var level = Level.info
  /// What it is about.
  package var object: String?
  /// What happened, as words that follow the object.
  package var words = ""

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.time("time", &time)
    fields.word("level", &level, else: .info)
    fields.text("object", &object)
    fields.text("words", &words)
  }
}

/// Something that is not as declared.
package struct DeviationRow: SnapshotPart {
  /// What it is about.
  package var object = ""
  /// Which side of it.
  package var aspect = ""
  /// What is declared.
  package var expected = ""
  /// What was found.
  package var found = ""

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.text("object", &object)
    fields.text("aspect", &aspect)
    fields.text("expected", &expected)
    fields.text("found", &found)
  }
}

/// The whole in one word and one sentence.
package struct VerdictPart: SnapshotPart {
  /// The worst that is to be looked at.
  package var level = Level.unknown
  /// A sentence: whether the site works, and with how much to spare.
  package var words = ""
  /// More sentences: who leads what, what is down, what one more failure means.
  package var situation = ""
  /// Failures that the tier which bears least still bears.
  package var failuresTolerated: Int?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.word("level", &level, else: .unknown)
    fields.text("words", &words)
    fields.text("situation", &situation)
    fields.number("failures_tolerated", &failuresTolerated)
  }
}

/// How many alerts fire.
package struct AlertCounts: SnapshotPart {
  /// To be seen at once.
  package var critical = 0
  /// To be seen soon.
  package var warning = 0
  /// Good to know.
  package var info = 0
  /// Held back: their cause is told.
  package var held = 0
  /// Of those above: whether they still hold cannot be asked.
  package var unknown = 0

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.number("critical", &critical)
    fields.number("warning", &warning)
    fields.number("info", &info)
    fields.number("held", &held)
    fields.number("unknown", &unknown)
  }
}

/// How old what is shown is.
package struct FreshnessPart: SnapshotPart {
  /// Since any target was asked with an outcome.
  package var ageSeconds: Double?
  /// Targets that are asked.
  package var targets = 0
  /// Targets that do not answer.
  package var failing = 0
  /// Targets without an outcome for three intervals.
  package var late: [String] = []
  /// How often the targets are asked that are asked most often.
  package var intervalSeconds: Double?

  /// One of which nothing is known.
  package init() {}

  package mutating func visit(_ fields: inout some FieldVisiting) {
    fields.number("age_seconds", &ageSeconds)
    fields.number("targets", &targets)
    fields.number("failing", &failing)
    fields.texts("late", &late)
    fields.number("interval_seconds", &intervalSeconds)
  }
}
