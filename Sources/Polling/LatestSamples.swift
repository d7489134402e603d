// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// The newest value of every live series, ready to be shown to scrapers without any I/O.
package final class LatestSamples: Sendable {
  /// The place of one live series; given back with ``remove(_:)``.
  struct Slot: Hashable, Sendable {
    fileprivate let family: Int
    fileprivate let row: Int
  }

  private struct Row {
    let prefix: [UInt8]
    let labels: LabelSet
    var value: Double
    /// Nil until the first value is set.
    var time: Timestamp?
  }

  private struct Family {
    var definition: MetricDefinition
    var rows: [Row?] = []
    var free: [Int] = []
    var liveCount = 0
  }

  private struct State {
    var families: [Family] = []
    var indexByName: [String: Int] = [:]
    /// Family indices in the order of their names; made again when a family is added.
    var order: [Int] = []
    var seriesCount = 0

    mutating func familyIndex(of definition: MetricDefinition) -> Int {
      if let known = indexByName[definition.name] {
        // New settings may define a name anew, such as a rule's.
        if families[known].liveCount == 0 { families[known].definition = definition }
        return known
      }
      families.append(Family(definition: definition))
      indexByName[definition.name] = families.count - 1
      order = families.indices.sorted {
        families[$0].definition.name < families[$1].definition.name
      }
      return families.count - 1
    }
  }

  private let state = Mutex(State())

  /// Makes an empty set.
  package init() {}

  /// The number of live series.
  package var seriesCount: Int { state.withLock { $0.seriesCount } }

  /// Writes every live series, families by name, but for what rules have aggregated.
  ///
  /// A colon in a name says that: who scrapes has rules of their own, and `/federate` shows all.
  package func exposition(_ format: ExpositionFormat) -> [UInt8] {
    state.withLock { state in
      var writer = ExpositionWriter(format, capacity: 256 + state.seriesCount * 128)
      for index in state.order where state.families[index].liveCount > 0 {
        if state.families[index].definition.name.utf8.contains(UInt8(ascii: ":")) { continue }
        writer.beginFamily(state.families[index].definition)
        for case let row? in state.families[index].rows {
          writer.appendSample(prefix: row.prefix, value: row.value)
        }
      }
      return writer.finish()
    }
  }

  /// The live series of these metrics, by name; a name without any is left out.
  ///
  /// The label sets hold the metric's name; the series of one metric come in no order.
  package func samples(
    named names: Set<String>
  ) -> [String: [(labels: LabelSet, value: Double)]] {
    state.withLock { state in
      var found: [String: [(labels: LabelSet, value: Double)]] = [:]
      for name in names {
        guard let index = state.indexByName[name], state.families[index].liveCount > 0 else {
          continue
        }
        found[name] = state.families[index].rows.compactMap { row in
          row.map { ($0.labels, $0.value) }
        }
      }
      return found
    }
  }

  /// The metrics that have live series, sorted.
  package var names: [String] { definitions.map(\.name) }

  /// What is known of the metrics that have live series, by name.
  package var definitions: [MetricDefinition] {
    state.withLock { state in
      state.order.compactMap { index in
        state.families[index].liveCount > 0 ? state.families[index].definition : nil
      }
    }
  }

  /// A metric and its live series with their times, in no order; nil when it has none.
  package func family(
    named name: String
  ) -> (definition: MetricDefinition, series: [(labels: LabelSet, sample: Sample)])? {
    state.withLock { state in
      guard let index = state.indexByName[name], state.families[index].liveCount > 0 else {
        return nil
      }
      let series = state.families[index].rows.compactMap { row in
        row.flatMap { row in row.time.map { (labels: row.labels, sample: Sample($0, row.value)) } }
      }
      return (state.families[index].definition, series)
    }
  }

  /// Takes a place for a new series.
  func add(_ definition: MetricDefinition, _ labels: LabelSet, _ value: Double) -> Slot {
    let row = Row(prefix: ExpositionWriter.prefix(of: labels), labels: labels, value: value)
    return state.withLock { state in
      let family = state.familyIndex(of: definition)
      state.seriesCount += 1
      state.families[family].liveCount += 1
      if let free = state.families[family].free.popLast() {
        state.families[family].rows[free] = row
        return Slot(family: family, row: free)
      }
      state.families[family].rows.append(row)
      return Slot(family: family, row: state.families[family].rows.count - 1)
    }
  }

  /// Sets new values of one time; all of them become visible together.
  func set(_ values: [(slot: Slot, value: Double)], at time: Timestamp) {
    state.withLock { state in
      for (slot, value) in values {
        state.families[slot.family].rows[slot.row]?.value = value
        state.families[slot.family].rows[slot.row]?.time = time
      }
    }
  }

  /// Gives places back: their series are no longer shown.
  func remove(_ slots: [Slot]) {
    state.withLock { state in
      for slot in slots where state.families[slot.family].rows[slot.row] != nil {
        state.families[slot.family].rows[slot.row] = nil
        state.families[slot.family].free.append(slot.row)
        state.families[slot.family].liveCount -= 1
        state.seriesCount -= 1
      }
    }
  }
}
