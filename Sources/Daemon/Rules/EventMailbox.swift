// SPDX-License-Identifier: MIT
import Polling
import Synchronization

/// Collects events until the runner takes them.
final class EventMailbox: Sendable {
  private struct News {
    var urgent: Set<String> = []
    var calm: Set<String> = []
    var isTopologyConcerned = true
  }

  let waker = Waker()
  private let news = Mutex(News())

  /// Calm news beyond the first wake nobody: the runner has set a time for them already.
  func put(_ event: IngestEvent) {
    let concernsTopology = TopologyKeeper.isConcerned(by: event.changedNames)
    let wakes = news.withLock { news in
      defer { news.isTopologyConcerned = news.isTopologyConcerned || concernsTopology }
      if event.isUrgent {
        news.urgent.formUnion(event.metricNames)
        return true
      }
      defer { news.calm.formUnion(event.metricNames) }
      return news.calm.isEmpty || (concernsTopology && !news.isTopologyConcerned)
    }
    if wakes { waker.wake() }
  }

  var hasCalm: Bool { news.withLock { !$0.calm.isEmpty } }

  func takeUrgent() -> Set<String> {
    news.withLock { news in
      defer { news.urgent = [] }
      return news.urgent
    }
  }

  /// Whether something changed that the assessment of the cluster reads.
  func takeTopologyNews() -> Bool {
    news.withLock { news in
      defer { news.isTopologyConcerned = false }
      return news.isTopologyConcerned
    }
  }

  func takeCalm() -> Set<String> {
    news.withLock { news in
      defer { news.calm = [] }
      return news.calm
    }
  }
}
