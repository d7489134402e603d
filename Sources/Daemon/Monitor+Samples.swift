// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Polling
import SeriesStore
import StateStore

extension Monitor.Parts {
  /// What the parts tell of themselves.
  func samples() async -> [CollectedSample] {
    await storeSamples() + ingestSamples() + rules.samples() + notificationSamples()
      + outlets.samples() + peers.samples()
  }

  private func storeSamples() -> [CollectedSample] {
    let statistics = store.statistics
    return [
      CollectedSample(SelfMetrics.storeWritable, flusher.isWritable ? 1 : 0),
      CollectedSample(SelfMetrics.storeSeries, Double(statistics.series)),
      CollectedSample(SelfMetrics.storeBytes, Double(statistics.fileBytes)),
      CollectedSample(SelfMetrics.storeUnflushed, Double(statistics.unflushedSamples)),
      CollectedSample(SelfMetrics.storeDropped, Double(statistics.dropped)),
      CollectedSample(SelfMetrics.storeFlushFailures, Double(statistics.flushFailures)),
      CollectedSample(SelfMetrics.storeFlushSeconds, statistics.lastFlushSeconds),
      CollectedSample(SelfMetrics.storeDamaged, Double(store.damagedBlocks.count)),
    ]
  }

  private func ingestSamples() -> [CollectedSample] {
    let statistics = ingest.statistics
    let refused = statistics.refused.map { reason, count in
      CollectedSample(SelfMetrics.refused, Double(count), ["reason": reason])
    }
    return refused + [CollectedSample(SelfMetrics.ingested, Double(statistics.appended))]
  }

  private func notificationSamples() async -> [CollectedSample] {
    let counts = await queue.counts()
    var samples = [
      CollectedSample(SelfMetrics.queued, Double(counts.waiting.values.reduce(0, +))),
      CollectedSample(SelfMetrics.lost, Double(counts.dropped), ["reason": "queue_full"]),
      CollectedSample(SelfMetrics.lost, Double(counts.deadLettered), ["reason": "given_up"]),
    ]
    samples += counts.longestDelays.map { id, delay in
      let labels = ["receiver": id.receiver, "integration": "\(id.kind)[\(id.index)]"]
      return CollectedSample(WatchdogMetrics.delay, delay.inSeconds, labels)
    }
    let age = counts.oldestWaiting.map { max(.zero, clock.now - $0) } ?? .zero
    samples.append(CollectedSample(WatchdogMetrics.oldestWaiting, age.inSeconds))
    let standings = await notifications.standings.values.map(\.kind)
    for kind in AlertStanding.kinds {
      let count = standings.count { $0 == kind }
      samples.append(CollectedSample(SelfMetrics.alertStandings, Double(count), ["standing": kind]))
    }
    let flapping = await notifications.flapping
    samples += [
      CollectedSample(SelfMetrics.alertsFlapping, Double(flapping.count)),
      CollectedSample(SelfMetrics.flapBeginnings, Double(flapping.beginnings)),
    ]
    for (id, statistics) in await dispatcher.statistics {
      let labels = ["receiver": id.receiver, "integration": "\(id.kind)[\(id.index)]"]
      let failures = statistics.retried + statistics.failed
      samples.append(
        CollectedSample(SelfMetrics.delivered, Double(statistics.delivered), labels)
      )
      samples.append(CollectedSample(SelfMetrics.failed, Double(failures), labels))
    }
    return samples
  }
}
