// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// Counts tasks as they end, from a list that holds the newest few of each node.
///
/// What had ended before the first list is not counted. A task that came and went between two lists
/// is missed: the cluster remembers up to 25 a node.
final class TaskLedger: Sendable {
  /// Tasks that are remembered as counted, those seen last: more than 32 nodes list.
  static let tasksMax = 4_000
  /// Counters; a type beyond that is not counted.
  static let countersMax = 2_000

  private struct Kind: Hashable {
    let node: String
    let type: String
  }

  private struct State {
    var round = 0
    /// The tasks that were counted, with the round in which each was listed last.
    var counted: [String: Int] = [:]
    var counts: [Kind: [TaskResult: Int]] = [:]
  }

  private let state = Mutex(State())

  /// Takes in `/cluster/tasks`.
  ///
  /// - Returns: The counters of all kinds of task seen so far. That none failed is told as well, so
  ///   that the first failure is an increase.
  func note(_ data: JSONTree) -> [CollectedSample] {
    state.withLock { state in
      let isFirst = state.round == 0
      state.round += 1
      for row in data.items {
        guard let node = row["node"]?.string, let type = row["type"]?.string,
          let upid = row["upid"]?.string
        else { continue }
        let kind = Kind(node: node, type: type)
        if state.counts[kind] == nil {
          guard state.counts.count < Self.countersMax else { continue }
          state.counts[kind] = [.ok: 0, .error: 0]
        }
        guard row["endtime"]?.int != nil else { continue }
        let isNew = state.counted.updateValue(state.round, forKey: upid) == nil
        guard isNew, !isFirst else { continue }
        state.counts[kind]?[TaskResult(status: row["status"]?.string), default: 0] += 1
      }
      forget(&state)
      return state.counts.flatMap { kind, results in
        results.map { result, count in
          let labels = ["node": kind.node, "type": kind.type, "result": result.rawValue]
          return CollectedSample(DetailMetrics.tasksFinished, Double(count), labels)
        }
      }
    }
  }

  private func forget(_ state: inout State) {
    guard state.counted.count > Self.tasksMax else { return }
    let oldest = state.counted.sorted { $0.value < $1.value }
    for (upid, _) in oldest.prefix(state.counted.count - Self.tasksMax) {
      state.counted[upid] = nil
    }
  }
}
