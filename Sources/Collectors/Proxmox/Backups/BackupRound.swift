// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import Synchronization

/// What is kept from poll to poll.
struct BackupMemory: Sendable {
  /// One listing of one storage; one that is not shared is listed node by node.
  struct ListingKey: Hashable {
    let storage: String
    let node: String?
  }

  var runs: [String: BackupRun] = [:]
  /// Tries to read a log that failed, by task.
  var logTries: [String: Int] = [:]
  var listings: [ListingKey: (archives: [BackupArchive], time: Timestamp)] = [:]
  var timeZones: [String: String] = [:]
  var verdicts: [BackupSamples.Key: BackupAssessment.Verdict] = [:]
}

/// The time of one poll in two halves: no question begins in the second, and none takes longer than
/// one half, so that a slow storage costs its own part and not the whole poll.
final class BackupPatience: Sendable {
  let half: Duration
  private let over = Mutex(false)

  init(for timeout: Duration) {
    half = timeout / 2
  }

  var isOver: Bool { over.withLock { $0 } }

  /// Waits for the end of the first half; ends early when it is cancelled.
  func run() async {
    // Cancelled: the poll has ended before, and nobody asks any more.
    try? await Task.sleep(for: half)
    over.withLock { $0 = true }
  }
}

/// The questions of one poll and what they brought.
struct BackupRound {
  let client: ProxmoxClient
  let now: Timestamp
  let patience: BackupPatience
  var memory: BackupMemory
  private(set) var facts = BackupFacts()
  private var refusals: [(part: String, node: String, reason: String)] = []
  private var hasNewEnd = false

  init(
    client: ProxmoxClient,
    now: Timestamp,
    patience: BackupPatience,
    memory: BackupMemory
  ) {
    self.client = client
    self.now = now
    self.patience = patience
    self.memory = memory
  }

  /// One sample for each part that could not be asked.
  var partial: [CollectedSample] {
    var seen: Set<[String: String]> = []
    return refusals.compactMap { refusal in
      var labels = ["part": refusal.part, "reason": refusal.reason]
      if !refusal.node.isEmpty { labels["node"] = refusal.node }
      guard seen.insert(labels).inserted else { return nil }
      return CollectedSample(IngestMetrics.collectorPartial, 1, labels)
    }
  }

  /// Asks everything; only a cluster that cannot be asked at all throws.
  mutating func ask() async throws(ProxmoxError) {
    let resources = try await get("/cluster/resources").data
    BackupReplies.readResources(resources, into: &facts)
    await askJobs()
    let online = facts.nodes.filter(\.value.isOnline).keys.sorted()
    for node in online { await askTasks(node) }
    // Without the right to see jobs, tasks of others are left out in silence: then an empty list
    // does not say that nothing ran (reference, section 4).
    if !mayAudit { facts.nodesWithTasks = [] }
    await askLogs(of: Set(online))
    // What lay on a storage that is configured no more cannot be restored.
    let storages = BackupReplies.storageNames(resources)
    if !storages.isEmpty {
      memory.listings = memory.listings.filter { storages.contains($0.key.storage) }
    }
    await askArchives(BackupReplies.storages(resources), online: Set(online))
    for node in online { await askTimeZone(node) }
    facts.runs = Array(memory.runs.values)
  }

  private func get(
    _ path: String,
    _ parameters: [(name: String, value: String)] = [],
    node: String? = nil
  ) async throws(ProxmoxError) -> ProxmoxReply {
    guard !patience.isOver else {
      throw .transport(.timedOut(host: node ?? "", after: patience.half, phase: .connect))
    }
    return try await client.get(path, parameters: parameters, node: node, timeout: patience.half)
  }

  private mutating func refuse(_ part: String, _ node: String, _ error: ProxmoxError) {
    refusals.append((part, node, error.kind))
  }

  /// The token has Sys.Audit, as far as is known.
  private var mayAudit: Bool {
    !refusals.contains { $0.part == Self.jobsPart && $0.reason == forbidden }
  }

  private static let jobsPart = "backup_jobs"
  private var forbidden: String { ProxmoxError.forbidden(reason: "").kind }

  private mutating func askJobs() async {
    do throws(ProxmoxError) {
      facts.jobs = BackupReplies.jobs(try await get("/cluster/backup").data)
    } catch {
      refuse(Self.jobsPart, "", error)
    }
  }

  private mutating func askTasks(_ node: String) async {
    let since = Int64((now - ProxmoxBackupCollector.history).unixSeconds)
    let parameters = [
      ("typefilter", "vzdump"), ("source", "all"), ("since", "\(since)"), ("limit", "500"),
    ]
    do throws(ProxmoxError) {
      let path = "/nodes/\(URLText.encoded(node))/tasks"
      let reply = try await get(path, parameters.map { (name: $0, value: $1) }, node: node)
      facts.nodesWithTasks.insert(node)
      remember(BackupReplies.runs(reply.data, node: node))
    } catch {
      refuse("backup_tasks", node, error)
    }
  }

  private mutating func remember(_ runs: [BackupRun]) {
    for run in runs {
      let known = memory.runs[run.upid]
      if run.end != nil, known?.end == nil { hasNewEnd = true }
      var run = run
      // The log of a run that ended does not change any more.
      if known?.end != nil { run.log = known?.log }
      memory.runs[run.upid] = run
    }
    let limit = ProxmoxBackupCollector.runsMax
    guard memory.runs.count > limit else { return }
    let newest = memory.runs.values.sorted { $0.start > $1.start }.prefix(limit)
    memory.runs = Dictionary(newest.map { ($0.upid, $0) }) { first, _ in first }
    memory.logTries = memory.logTries.filter { memory.runs[$0.key] != nil }
  }

  private mutating func askLogs(of online: Set<String>) async {
    let open = memory.runs.values.filter { run in
      run.end != nil && run.log == nil && online.contains(run.node)
        && memory.logTries[run.upid, default: 0] < ProxmoxBackupCollector.logTriesMax
    }
    let newest = open.sorted { $0.start > $1.start }.prefix(ProxmoxBackupCollector.logsPerPoll)
    for run in newest {
      let node = URLText.encoded(run.node)
      let path = "/nodes/\(node)/tasks/\(URLText.encoded(run.upid))/log"
      do throws(ProxmoxError) {
        let reply = try await get(path, [(name: "limit", value: "0")], node: run.node)
        memory.runs[run.upid]?.log = BackupReplies.log(reply.data)
      } catch {
        memory.logTries[run.upid, default: 0] += 1
        refuse("backup_log", run.node, error)
      }
    }
  }

  private mutating func askArchives(
    _ rows: [BackupReplies.StorageRow],
    online: Set<String>
  ) async {
    var wanted: [BackupMemory.ListingKey: String] = [:]
    if rows.isEmpty { refusals.append(("backup_archives", "", "none_visible")) }
    for row in rows where online.contains(row.node) {
      let key = BackupMemory.ListingKey(
        storage: row.storage,
        node: row.isShared ? nil : row.node
      )
      if wanted[key] == nil { wanted[key] = row.node }
      // The fullest node's is what a run may not fit into.
      let free = [facts.freeBytes[row.storage], row.freeBytes].compactMap(\.self).min()
      facts.freeBytes[row.storage] = free
    }
    let sorted = wanted.sorted { ($0.key.storage, $0.value) < ($1.key.storage, $1.value) }
    for (key, node) in sorted {
      if let known = memory.listings[key], !hasNewEnd,
        now - known.time < ProxmoxBackupCollector.archivesPace
      {
        continue
      }
      await list(key, at: node)
    }
    for (key, listing) in memory.listings {
      facts.archives += listing.archives
      facts.archiveStorages.insert(key.storage)
    }
    // A storage that was never listed may hold what is missed.
    for key in wanted.keys where memory.listings[key] == nil {
      facts.archiveStorages.remove(key.storage)
    }
    facts.archivesTime = memory.listings.values.map(\.time).min() ?? .distantPast
  }

  private mutating func list(_ key: BackupMemory.ListingKey, at node: String) async {
    let path =
      "/nodes/\(URLText.encoded(node))/storage/\(URLText.encoded(key.storage))/prunebackups"
    do throws(ProxmoxError) {
      // Without the parameter a storage that has no retention of its own answers 500.
      let parameters = [(name: "prune-backups", value: "keep-all=1")]
      let reply = try await get(path, parameters, node: node)
      let archives = BackupReplies.archives(reply.data, storage: key.storage)
      memory.listings[key] = (archives, now)
    } catch {
      refuse("backup_archives", node, error)
    }
  }

  private mutating func askTimeZone(_ node: String) async {
    if memory.timeZones[node] == nil {
      do throws(ProxmoxError) {
        let path = "/nodes/\(URLText.encoded(node))/time"
        memory.timeZones[node] = try await get(path, node: node).data["timezone"]?.string
      } catch {
        refuse("node_time", node, error)
      }
    }
    facts.nodes[node]?.timeZone = memory.timeZones[node]
  }
}
