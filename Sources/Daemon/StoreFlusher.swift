// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import StateStore
import Synchronization

/// Makes samples safe at the flush interval, and says when that fails and when it works again; at
/// the same pace it retries what the state file refused.
final class StoreFlusher: Sendable {
  private let store: any SampleAppending
  private let queue: NotificationStore
  private let clock: any PollClock
  private let interval: Duration
  private let logger: Logger
  private let failed = Mutex(false)
  private let loop = Mutex<Task<Void, Never>?>(nil)

  init(
    store: any SampleAppending,
    queue: NotificationStore,
    clock: any PollClock,
    interval: Duration,
    logger: Logger
  ) {
    self.store = store
    self.queue = queue
    self.clock = clock
    self.interval = interval
    self.logger = logger
  }

  /// The last flush went well.
  var isWritable: Bool { failed.withLock { !$0 } }

  func start() {
    // Ended and awaited by `stop()`.
    let task = Task { await run() }
    loop.withLock { $0 = task }
  }

  func stop() async {
    let task = loop.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  private func run() async {
    while !Task.isCancelled {
      await clock.sleep(until: clock.now + interval)
      guard !Task.isCancelled else { return }
      await flush()
      // It logs its own failures, and returns at once when nothing waits to be written.
      _ = await queue.save()
    }
  }

  /// Makes the samples safe that were recorded so far, outside of the interval.
  func flush() async {
    do throws(StoreError) {
      try await store.flush()
      if failed.withLock({ wasFailed in
        defer { wasFailed = false }
        return wasFailed
      }) {
        logger.info("samples are written to disk again")
      }
    } catch {
      let isNews = failed.withLock { wasFailed in
        defer { wasFailed = true }
        return !wasFailed
      }
      guard isNews else { return }
      logger.error(
        "samples cannot be written to disk; they are kept in memory and alerts go on",
        LogField("error", String(describing: error))
      )
    }
  }
}
