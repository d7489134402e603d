// SPDX-License-Identifier: MIT
package import MetricModel

// Instances on the same cluster take over what people said at another: of two words about the same
// the newer one counts, whichever came first.
extension OperatorLedger {
  /// Takes in what is known elsewhere.
  ///
  /// - Parameters:
  ///   - silences: Silences, ended ones among them.
  ///   - acknowledgements: Acknowledgements, and those that were taken back.
  ///   - now: The present.
  /// - Returns: What has to be stored.
  package mutating func merge(
    silences: [Silence],
    acknowledgements: [Acknowledgement],
    now: Timestamp
  ) -> LedgerChanges {
    var changes = LedgerChanges()
    for silence in silences { merge(silence, now: now, noting: &changes) }
    for acknowledgement in acknowledgements {
      merge(acknowledgement, now: now, noting: &changes)
    }
    return changes
  }

  private mutating func merge(
    _ silence: Silence,
    now: Timestamp,
    noting changes: inout LedgerChanges
  ) {
    // What is kept no longer does not come back.
    guard now - silence.endsAt <= Self.retention else { return }
    if let known = silencesByID[silence.id] {
      guard silence.isNewer(than: known) else { return }
    } else if silencesByID.count >= silencesMax {
      let over = silencesByID.values.filter { $0.endsAt <= now }
      guard silence.endsAt > now,
        let oldest = over.min(by: { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) })
      else { return }
      silencesByID[oldest.id] = nil
      changes.droppedSilences.append(oldest.id)
      changes.silences.removeAll { $0.id == oldest.id }
    }
    silencesByID[silence.id] = silence
    changes.silences.removeAll { $0.id == silence.id }
    changes.droppedSilences.removeAll { $0 == silence.id }
    changes.silences.append(silence)
  }

  private mutating func merge(
    _ acknowledgement: Acknowledgement,
    now: Timestamp,
    noting changes: inout LedgerChanges
  ) {
    let subject = acknowledgement.subject
    if acknowledgement.isWithdrawn, now - acknowledgement.at > Self.retention { return }
    if let dropped = droppedAt[subject], acknowledgement.at <= dropped { return }
    if let known = bySubject[subject] {
      guard acknowledgement.isNewer(than: known) else { return }
    } else if bySubject.count >= acknowledgementsMax {
      guard let oldest = bySubject.values.min(by: { $0.at < $1.at }), oldest.at < acknowledgement.at
      else { return }
      bySubject[oldest.subject] = nil
      changes.acknowledgements.removeAll { $0.subject == oldest.subject }
      changes.droppedAcknowledgements.append(oldest.subject)
    }
    bySubject[subject] = acknowledgement
    changes.acknowledgements.removeAll { $0.subject == subject }
    changes.droppedAcknowledgements.removeAll { $0 == subject }
    changes.acknowledgements.append(acknowledgement)
  }
}

extension Silence {
  /// It was changed later; of two changes at the same instant every instance picks the same.
  func isNewer(than other: Silence) -> Bool {
    guard updatedAt == other.updatedAt else { return updatedAt > other.updatedAt }
    // Whoever ended it meant it.
    guard endsAt == other.endsAt else { return endsAt < other.endsAt }
    guard startsAt == other.startsAt else { return startsAt > other.startsAt }
    let (mine, theirs) = (comment + "\n" + createdBy, other.comment + "\n" + other.createdBy)
    guard mine == theirs else { return mine > theirs }
    return labelMatchers.description > other.labelMatchers.description
  }
}

extension Acknowledgement {
  /// It was said later; of two words at the same instant every instance picks the same.
  func isNewer(than other: Acknowledgement) -> Bool {
    guard at == other.at else { return at > other.at }
    guard isWithdrawn == other.isWithdrawn else { return isWithdrawn }
    return (by, comment) > (other.by, other.comment)
  }

  /// The same words at another instant.
  func moved(to time: Timestamp) -> Acknowledgement {
    Acknowledgement(subject, by: by, at: time, comment: comment, isWithdrawn: isWithdrawn)
  }
}
