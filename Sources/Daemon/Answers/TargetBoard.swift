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
  private let families = Mutex<[String: [ScrapedFamily]]>([:])

  /// Hands everything on to `recorder`.
  init(recorder: any PollRecording) {
    self.recorder = recorder
  }

  /// Every target that is polled, by its key.
  var targets: [TargetReport] {
    reports.withLock { $0.values.sorted { $0.key < $1.key } }
  }

  /// What scraped targets tell of their metrics, each different description once, by target.
  var descriptions: [MetricDescription] {
    let told = families.withLock { $0 }.sorted { $0.key < $1.key }
    var known: Set<ScrapedFamily> = []
    return told.flatMap(\.value).filter { known.insert($0).inserted }.map { family in
      MetricDescription(
        name: family.name,
        type: family.type,
        help: family.help,
        unit: family.unit
      )
    }
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
    let failure: CollectionError?
    switch record.outcome {
    case .success(let collection):
      failure = collection.failure
      // What was known stays while the target is silent.
      if let told = collection.scraped?.families {
        families.withLock { $0[record.target.key] = told }
      }
    case .failure(let error): failure = error
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
    families.withLock { families in
      for key in keys { families[key] = nil }
    }
  }
}
