// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Synchronization

/// What the slower questions found last, and when each is due again.
final class DetailBoard: Sendable {
  struct Key: Hashable {
    /// The node, empty for the cluster.
    let node: String
    let part: String
  }

  private struct Entry {
    var samples: [CollectedSample] = []
    /// Why there are none; nil after a good answer.
    var reason: String?
    var failures = 0
    var asked: Timestamp
    var due: Timestamp
    var pace: Duration
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    /// The nodes that are being asked; one question at a time each.
    var busy: Set<String> = []
  }

  /// What this release does not know is asked again after an upgrade, not before.
  private static let unsupportedPause = Duration.seconds(86_400)
  private static let retryPause = Duration.seconds(30)
  private let state = Mutex(State())

  /// The parts of the node that are due, marking it as being asked; empty when it is already.
  func begin(_ parts: [DetailPart], node: String, at time: Timestamp) -> [DetailPart] {
    state.withLock { state in
      guard !state.busy.contains(node) else { return [] }
      let due = parts.filter { part in
        state.entries[Key(node: node, part: part.name)].map { $0.due <= time } ?? true
      }
      if !due.isEmpty { state.busy.insert(node) }
      return due
    }
  }

  /// The node may be asked again.
  func end(node: String) {
    state.withLock { _ = $0.busy.remove(node) }
  }

  /// The question about the cluster is due at `time` at the latest.
  func hasten(_ part: String, to time: Timestamp) {
    state.withLock { state in
      let key = Key(node: "", part: part)
      guard let due = state.entries[key]?.due else { return }
      state.entries[key]?.due = min(due, time)
    }
  }

  /// Keeps an answer to a question of the round that began at `time`.
  func note(
    _ outcome: Result<[CollectedSample], ProxmoxError>,
    of part: DetailPart,
    node: String,
    at time: Timestamp
  ) {
    state.withLock { state in
      let key = Key(node: node, part: part.name)
      var entry =
        state.entries[key] ?? Entry(asked: time, due: time, pace: part.pace)
      entry.asked = time
      switch outcome {
      case .success(let samples):
        entry.samples = samples
        entry.reason = nil
        entry.failures = 0
        entry.due = time + part.pace
      case .failure(let error):
        entry.samples = []
        entry.reason = error.kind
        // Doubling from 30 s, never slower than the part's own pace.
        let pause = Self.retryPause * (1 << min(entry.failures, 6))
        entry.failures += 1
        entry.due = time + min(pause, part.pace)
        if case .unsupported = error {
          entry.reason = nil
          entry.due = time + Self.unsupportedPause
        }
      }
      state.entries[key] = entry
    }
  }

  /// Everything that is known of the nodes that are not offline, no series twice, and what is not.
  ///
  /// Nodes that are no longer in the view are forgotten.
  func samples(for view: ClusterView, at time: Timestamp) -> [CollectedSample] {
    let entries = state.withLock { state in
      state.entries = state.entries.filter { key, _ in
        key.node.isEmpty || view.lives[key.node] != nil
      }
      return state.entries
    }
    var samples: [CollectedSample] = []
    var seen: Set<LabelSet> = []
    // Of a guest that has moved the newer answer counts.
    let ordered = entries.sorted {
      ($0.value.asked, $1.key.node, $1.key.part) > ($1.value.asked, $0.key.node, $0.key.part)
    }
    for (key, entry) in ordered where view.lives[key.node] != .offline {
      if let reason = entry.reason ?? Self.staleness(of: entry, at: time) {
        let labels = ["part": key.part, "node": key.node, "reason": reason]
        let partial = labels.filter { !$0.value.isEmpty }
        samples.append(CollectedSample(IngestMetrics.collectorPartial, 1, partial))
        continue
      }
      samples += entry.samples.filter {
        seen.insert(LabelSet(metric: $0.definition.name, $0.labels)).inserted
      }
    }
    for (node, life) in view.lives where life == .offline {
      let labels = ["part": "details", "node": node, "reason": "node_down"]
      samples.append(CollectedSample(IngestMetrics.collectorPartial, 1, labels))
    }
    return samples
  }

  /// An answer is not shown for ever when the questions after it hang.
  private static func staleness(of entry: Entry, at time: Timestamp) -> String? {
    entry.due + (entry.pace * 2 + .seconds(120)) < time ? "stale" : nil
  }
}
