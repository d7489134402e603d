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
  private let watch: StoreWatch
  private let queue: NotificationStore
  private let tend: @Sendable () async -> Void
  private let clock: any PollClock
  private let interval: Duration
  private let logger: Logger
  private let failed = Mutex(false)
  private let loop = Mutex<Task<Void, Never>?>(nil)

  init(
    store: any SampleAppending,
    watch: StoreWatch,
    queue: NotificationStore,
    tend: @escaping @Sendable () async -> Void = {},
    clock: any PollClock,
    interval: Duration,
    logger: Logger
  ) {
    self.store = store
    self.watch = watch
    self.queue = queue
    self.tend = tend
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
      watch.look()
      // It logs its own failures, and returns at once when nothing waits to be written.
      _ = await queue.save()
      await tend()
    }
  }

  /// Makes the samples safe that were recorded so far, but keeps nobody waiting for a disk that
  /// fails or is slower than the limit.
  func flush(atMost limit: Duration) async {
    guard isWritable else { return }
    let waker = Waker()
    // Ends by itself with the flush, which the store's close waits for.
    Task {
      await flush()
      waker.wake()
    }
    _ = await waker.sleep(until: clock.now + limit, clock: clock)
  }

  private func flush() async {
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
