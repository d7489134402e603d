// SPDX-License-Identifier: MIT
import Logging
import SeriesStore
import Synchronization

/// Says in the log, once each, what the store found out by itself: a block that is damaged, a clock
/// that was set back.
final class StoreWatch: Sendable {
  private let store: SampleStore
  private let logger: Logger
  private let told = Mutex(Told())

  private struct Told {
    var damagedBlocks: Set<String> = []
    var isClockSetBack = false
  }

  init(store: SampleStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Looks once; to be called at the pace of flushes.
  func look() {
    let isSetBack = store.statistics.isClockSetBack
    let damaged = store.damagedBlocks
    let (isNews, blocks) = told.withLock { told in
      let isNews = told.isClockSetBack != isSetBack
      told.isClockSetBack = isSetBack
      return (isNews, damaged.filter { told.damagedBlocks.insert($0).inserted })
    }
    if isNews, isSetBack {
      logger.warning(
        "the clock was set back; samples are kept under the times it shows, between older ones"
      )
    } else if isNews {
      logger.info("the clock shows the latest time again")
    }
    for block in blocks {
      logger.error(
        "a block of samples is damaged; its samples are left out, all others are there",
        LogField("block", block)
      )
    }
  }
}
