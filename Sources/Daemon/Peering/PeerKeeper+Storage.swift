// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import StateStore

/// What was told, in the state file.
extension PeerKeeper {
  private static let pruneInterval = Duration.seconds(60)

  /// What was told before, and of what was stored that which is of no use any more.
  func stored() async -> (log: ToldLog, over: [ToldKey]) {
    do throws(StateStoreError) {
      let stored = try await surroundings.store.load()
      var log = ToldLog(stored)
      _ = log.prune(now: surroundings.clock.now)
      return (log, stored.keys.filter { log.groups[$0] == nil })
    } catch {
      surroundings.logger.error(
        "what was told before cannot be read: a message may be told twice",
        LogField("error", error)
      )
      return (ToldLog(), [])
    }
  }

  /// Drops what is stored: what happens without the others is not noted, and old word of an alert
  /// would keep a new one from being told once there are others again.
  func clear() async {
    guard !isCleared else { return }
    unsaved = []
    await saving?.value
    do throws(StateStoreError) {
      try await surroundings.store.clear()
      isCleared = true
    } catch {
      surroundings.logger.error("what was told before cannot be dropped", LogField("error", error))
    }
  }

  func store(_ keys: [ToldKey]) {
    unsaved.formUnion(keys)
    guard saving == nil, !isStopped else { return }
    // Ends by itself when all is stored; awaited by `save()`.
    saving = Task { await write() }
  }

  func save() async {
    await saving?.value
    if !unsaved.isEmpty { await write() }
  }

  func write() async {
    while !unsaved.isEmpty {
      let keys = unsaved
      unsaved = []
      var groups: [ToldKey: ToldGroup?] = [:]
      for key in keys { groups.updateValue(replica?.log.groups[key], forKey: key) }
      do throws(StateStoreError) {
        try await surroundings.store.save(groups)
        isFailing = false
      } catch {
        if !isFailing {
          surroundings.logger.error("what was told is not stored", LogField("error", error))
        }
        isFailing = true
        // Written again with the next change: to know less costs a repeated message at worst.
        if replica != nil { unsaved.formUnion(keys) }
        break
      }
    }
    saving = nil
  }

  func tend() async {
    let now = surroundings.clock.now
    guard now >= nextPrune || nextPrune > now + Self.pruneInterval else { return }
    nextPrune = now + Self.pruneInterval
    let over = prune(now: now)
    if !over.isEmpty || !unsaved.isEmpty { store(over) }
  }
}
