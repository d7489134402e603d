// SPDX-License-Identifier: MIT
package import MetricModel

extension FlapPart {
  /// That and how fast it flaps, to stand behind other words: `flaps: 8 changes in 12m`.
  package func briefWords(at now: Timestamp?) -> String {
    "flaps: \(changes) changes in \(Amounts.age(of: since, at: now))"
  }

  /// How it flaps, as half a sentence without a subject.
  package func words(at now: Timestamp?) -> String {
    let state = isFiring.map { $0 ? ", fires now" : ", does not fire now" } ?? ""
    return "\(changes) changes in \(Amounts.age(of: since, at: now)), fired "
      + "\(Amounts.percent(firingRatio)) of that time\(state); single changes are not told"
  }
}
