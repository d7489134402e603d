// SPDX-License-Identifier: MIT
package import MetricModel
package import Rules

/// What has to be stored after people said something about alerts.
package struct LedgerChanges: Equatable, Sendable {
  /// Silences that are new or other ones.
  package var silences: [Silence] = []
  /// Ids of silences that are kept no longer.
  package var droppedSilences: [String] = []
  /// Acknowledgements that are new.
  package var acknowledgements: [Acknowledgement] = []
  /// What is acknowledged no longer.
  package var droppedAcknowledgements: [Acknowledgement.Subject] = []

  /// Makes changes of nothing.
  package init() {}

  /// There is nothing to store.
  package var isEmpty: Bool { self == LedgerChanges() }

  /// Adds what came after.
  package mutating func append(_ later: LedgerChanges) {
    let silences = Set(later.silences.map(\.id) + later.droppedSilences)
    self.silences.removeAll { silences.contains($0.id) }
    droppedSilences.removeAll { silences.contains($0) }
    let subjects = Set(later.acknowledgements.map(\.subject) + later.droppedAcknowledgements)
    acknowledgements.removeAll { subjects.contains($0.subject) }
    droppedAcknowledgements.removeAll { subjects.contains($0) }
    self.silences += later.silences
    droppedSilences += later.droppedSilences
    acknowledgements += later.acknowledgements
    droppedAcknowledgements += later.droppedAcknowledgements
  }
}

/// The silences and acknowledgements of now and the rules by which they change; reads no clock.
///
/// Source: Alertmanager's silences: what a change may keep the id over, and the retention.
package struct OperatorLedger: Sendable {
  /// Silences that are kept: those that have ended make room, and when none has, more are refused.
  package static let silencesMax = 5_000
  /// Acknowledgements that are kept; the oldest make room.
  package static let acknowledgementsMax = 5_000
  /// A silence that has ended is kept for this long, so that it can be seen and made anew.
  package static let retention = Duration.seconds(120 * 3_600)
  /// A group that nobody knows for this long ends its acknowledgement.
  package static let groupGrace = Duration.seconds(600)

  let silencesMax: Int
  let acknowledgementsMax: Int
  var silencesByID: [String: Silence]
  var bySubject: [Acknowledgement.Subject: Acknowledgement]
  /// When the acknowledgement was made that was dropped here because its alert ended: an instance
  /// that has not seen the end may offer it again.
  var droppedAt: [Acknowledgement.Subject: Timestamp] = [:]
  /// Other instances are told of changes: what was taken back is remembered for them.
  package var isShared = false

  /// Goes on with what was stored.
  package init(
    silences: [Silence] = [],
    acknowledgements: [Acknowledgement] = [],
    silencesMax: Int = OperatorLedger.silencesMax,
    acknowledgementsMax: Int = OperatorLedger.acknowledgementsMax
  ) {
    self.silencesMax = silencesMax
    self.acknowledgementsMax = acknowledgementsMax
    silencesByID = Dictionary(silences.map { ($0.id, $0) }) { first, _ in first }
    bySubject = Dictionary(acknowledgements.map { ($0.subject, $0) }) { first, _ in first }
  }

  /// Every silence that is kept, in no order.
  package var silences: [Silence] { Array(silencesByID.values) }

  /// Every acknowledgement, in no order.
  package var acknowledgements: [Acknowledgement] { bySubject.values.filter { !$0.isWithdrawn } }

  /// Everything that is kept, as if it had just come.
  package var content: LedgerChanges {
    var all = LedgerChanges()
    all.silences = silences
    all.acknowledgements = Array(bySubject.values)
    return all
  }

  /// The silence of that id.
  package subscript(id: String) -> Silence? { silencesByID[id] }

  /// What the planner is told: silences that have ended are none of its business.
  package func book(at now: Timestamp) -> SilenceBook {
    SilenceBook(
      silencesByID.values.filter { $0.endsAt > now },
      acknowledgements: acknowledgements
    )
  }

  // MARK: Silences

  /// Makes a silence or changes one.
  ///
  /// A change of end, texts, or of a start that lies ahead keeps the id; any other ends the old
  /// silence and makes a new one.
  ///
  /// - Parameters:
  ///   - draft: What is wanted.
  ///   - newID: The id if a new silence is made.
  ///   - now: The present.
  /// - Returns: The id of the silence that is in force, and what has to be stored.
  /// - Throws: ``SilenceRefusal``; then nothing has changed.
  package mutating func set(
    _ draft: SilenceDraft,
    newID: String,
    now: Timestamp
  ) throws(SilenceRefusal) -> (id: String, changes: LedgerChanges) {
    var changes = LedgerChanges()
    let known = silencesByID[draft.id]
    if !draft.id.isEmpty, known == nil { throw .unknown(id: draft.id) }
    // A draft that is refused changes nothing.
    var silence = try draft.silence(id: newID, now: now)
    if let known, Self.canChange(known, into: silence, now: now) {
      silence = try draft.silence(id: known.id, now: Self.later(than: known.updatedAt, now))
      changes.silences = [silence]
    } else {
      let ended = known.flatMap { Self.ended($0, now: now) }
      if silencesByID.count >= silencesMax {
        // One that has ended makes room, the one that did so first.
        let over = silencesByID.values.filter { $0.endsAt <= now && $0.id != draft.id }
        guard let oldest = over.min(by: { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }) else {
          throw .tooMany(limit: silencesMax)
        }
        silencesByID[oldest.id] = nil
        changes.droppedSilences = [oldest.id]
      }
      if silence.startsAt < now {
        silence = silence.lasting(from: now, to: silence.endsAt, updatedAt: now)
      }
      changes.silences = (ended.map { [$0] } ?? []) + [silence]
    }
    for changed in changes.silences { silencesByID[changed.id] = changed }
    return (silence.id, changes)
  }

  /// Ends a silence now.
  package mutating func expire(
    _ id: String,
    now: Timestamp
  ) throws(SilenceRefusal) -> LedgerChanges {
    guard let known = silencesByID[id] else { throw .unknown(id: id) }
    guard let ended = Self.ended(known, now: now) else { throw .expired(id: id) }
    silencesByID[id] = ended
    var changes = LedgerChanges()
    changes.silences = [ended]
    return changes
  }

  /// The silence as it ends now; nil when it has ended before.
  private static func ended(_ silence: Silence, now: Timestamp) -> Silence? {
    let updatedAt = later(than: silence.updatedAt, now)
    return switch silence.state(at: now) {
    case .expired: nil
    case .active: silence.lasting(from: silence.startsAt, to: now, updatedAt: updatedAt)
    case .pending: silence.lasting(from: now, to: now, updatedAt: updatedAt)
    }
  }

  /// The present, or what follows a change that an instance whose clock is ahead made before.
  private static func later(than known: Timestamp, _ now: Timestamp) -> Timestamp {
    known > now ? known + .milliseconds(1) : now
  }

  private static func canChange(_ old: Silence, into new: Silence, now: Timestamp) -> Bool {
    guard old.labelMatchers == new.labelMatchers else { return false }
    switch old.state(at: now) {
    case .expired: return false
    case .pending: return new.startsAt >= now
    case .active:
      // Whole seconds, as clients send no more of them.
      let distance = new.startsAt.unixMilliseconds / 1_000 - old.startsAt.unixMilliseconds / 1_000
      return distance == 0
    }
  }

  // MARK: Acknowledgements

  /// Notes that somebody knows of something; an earlier acknowledgement of the same is replaced.
  package mutating func acknowledge(_ acknowledgement: Acknowledgement) -> LedgerChanges {
    var changes = LedgerChanges()
    var acknowledgement = acknowledgement
    if let known = bySubject[acknowledgement.subject] {
      acknowledgement = acknowledgement.moved(to: Self.later(than: known.at, acknowledgement.at))
    }
    bySubject[acknowledgement.subject] = acknowledgement
    changes.acknowledgements = [acknowledgement]
    if bySubject.count > acknowledgementsMax,
      let oldest = bySubject.values.min(by: { $0.at < $1.at })
    {
      bySubject[oldest.subject] = nil
      changes.droppedAcknowledgements = [oldest.subject]
    }
    return changes
  }

  /// Takes an acknowledgement back; nil when there is none.
  package mutating func withdraw(
    _ subject: Acknowledgement.Subject,
    by name: String = "",
    now: Timestamp
  ) -> LedgerChanges? {
    guard let known = bySubject[subject], !known.isWithdrawn else { return nil }
    var changes = LedgerChanges()
    if isShared {
      let at = max(now, known.at + .milliseconds(1))
      let withdrawn = Acknowledgement(subject, by: name, at: at, isWithdrawn: true)
      bySubject[subject] = withdrawn
      changes.acknowledgements = [withdrawn]
    } else {
      bySubject[subject] = nil
      changes.droppedAcknowledgements = [subject]
    }
    return changes
  }

  // MARK: What is over

  /// Drops silences whose retention is over, and acknowledgements whose alerts are.
  ///
  /// - Parameters:
  ///   - ended: Alerts that fire no longer.
  ///   - groupKeys: The groups there are; an acknowledgement of another one is dropped after a
  ///     while.
  ///   - now: The present.
  /// - Returns: What has to be stored.
  package mutating func drop(
    ended: [Alert] = [],
    groupKeys: Set<String>? = nil,
    now: Timestamp
  ) -> LedgerChanges {
    var changes = LedgerChanges()
    for silence in silencesByID.values where now - silence.endsAt > Self.retention {
      silencesByID[silence.id] = nil
      changes.droppedSilences.append(silence.id)
    }
    for alert in ended {
      let subject = Acknowledgement.Subject.alert(alert.labels)
      // One that was made for the next time the alert fires stays.
      guard let known = bySubject[subject], known.at <= alert.endsAt ?? now else { continue }
      dropAcknowledgement(of: subject, noting: &changes)
    }
    for known in bySubject.values where known.isWithdrawn && now - known.at > Self.retention {
      dropAcknowledgement(of: known.subject, noting: &changes)
    }
    if let groupKeys {
      for case .group(let key) in bySubject.keys where !groupKeys.contains(key) {
        guard let known = bySubject[.group(key: key)], now - known.at > Self.groupGrace else {
          continue
        }
        dropAcknowledgement(of: .group(key: key), noting: &changes)
      }
    }
    return changes
  }

  private mutating func dropAcknowledgement(
    of subject: Acknowledgement.Subject,
    noting changes: inout LedgerChanges
  ) {
    guard let known = bySubject.removeValue(forKey: subject) else { return }
    changes.droppedAcknowledgements.append(subject)
    guard isShared else { return }
    if droppedAt.count >= acknowledgementsMax { droppedAt = [:] }
    droppedAt[subject] = known.at
  }
}
