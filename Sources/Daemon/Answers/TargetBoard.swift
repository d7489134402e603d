// SPDX-License-Identifier: MIT
import Configuration
import HTTPAPI
import MetricModel
import Polling
import Synchronization

/// Keeps the last settled poll of each target for who looks on, and hands all polls on.
final class TargetBoard: PollRecording {
  private let recorder: any PollRecording
  private let reports = Mutex<[String: TargetReport]>([:])

  /// Hands everything on to `recorder`.
  init(recorder: any PollRecording) {
    self.recorder = recorder
  }

  /// Every target that is polled, by its key.
  var targets: [TargetReport] {
    reports.withLock { $0.values.sorted { $0.key < $1.key } }
  }

  /// Names targets that are going to be polled; of those that were polled before, the last poll
  /// stays.
  func expect(_ targets: [Target], in cluster: String) {
    let cluster = LabelSet(["cluster": cluster])
    reports.withLock { reports in
      for target in targets {
        let known = reports[target.key]
        reports[target.key] = TargetReport(
          key: target.key,
          labels: cluster.merging(target.labels),
          interval: target.poll.interval,
          timeout: target.poll.timeout,
          health: known?.health ?? .unknown,
          lastError: known?.lastError ?? "",
          polledAt: known?.polledAt,
          took: known?.took ?? .zero
        )
      }
    }
  }

  func record(_ record: PollRecord) {
    recorder.record(record)
    let failure: CollectionError? =
      switch record.outcome {
      case .success(let collection): collection.failure
      case .failure(let error): error
      }
    reports.withLock { reports in
      reports[record.target.key]?.health = failure == nil ? .up : .down
      reports[record.target.key]?.lastError = failure?.description ?? ""
      reports[record.target.key]?.polledAt = record.began
      reports[record.target.key]?.took = record.duration
    }
  }

  func doubt(_ target: Target, at time: Timestamp) {
    recorder.doubt(target, at: time)
  }

  func forget(targets keys: [String], at time: Timestamp) {
    recorder.forget(targets: keys, at: time)
    reports.withLock { reports in
      for key in keys { reports[key] = nil }
    }
  }
}
