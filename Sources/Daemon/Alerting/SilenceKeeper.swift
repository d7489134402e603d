// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Notifying
import Polling
import Rules
import StateStore

/// Owns silences, acknowledgements and the audit log: changes come one after another, are in force
/// at once, and are stored before they are answered.
///
/// When the disk refuses a change it holds in memory, and is written as soon as the disk takes it.
actor SilenceKeeper {
  /// Entries of the audit log that wait for the disk; the oldest are dropped.
  private static let waitingMax = 1_000
  /// The pace at which what is over is dropped.
  private static let tendInterval = Duration.seconds(60)

  private let store: SilenceStore
  private let clock: any PollClock
  private let logger: Logger
  private var ledger: OperatorLedger
  private var listener: (@Sendable (SilenceBook) async -> Void)?
  private var sharing: (@Sendable (LedgerChanges) async -> Void)?
  private var unsaved = LedgerChanges()
  private var unsavedAudit: [AuditEntry] = []
  private var saving: Task<Void, Never>?
  private var isFailing = false
  private var nextTend = Timestamp.distantPast

  /// Goes on with what was stored.
  init(
    store: SilenceStore,
    ledger: OperatorLedger,
    clock: any PollClock,
    logger: Logger
  ) {
    self.store = store
    self.ledger = ledger
    self.clock = clock
    self.logger = logger
  }

  /// Tells this listener of everything that is in force, now and after each change.
  func listen(_ listener: @escaping @Sendable (SilenceBook) async -> Void) async {
    self.listener = listener
    await listener(ledger.book(at: clock.now))
  }

  /// Hands everything that is kept, and each change, on to other instances from now on; nil ends that.
  func share(_ sharing: (@Sendable (LedgerChanges) async -> Void)?) async {
    self.sharing = sharing
    ledger.isShared = sharing != nil
    await sharing?(ledger.content)
  }

  /// Takes in what people said at another instance, where it was noted who did.
  func merge(_ silences: [Silence], _ acknowledgements: [Acknowledgement]) async {
    let changes = ledger.merge(
      silences: silences,
      acknowledgements: acknowledgements,
      now: clock.now
    )
    guard !changes.isEmpty else { return }
    await take(changes, [])
  }

  /// Every silence that is kept.
  var silences: [Silence] { ledger.silences }

  /// Makes a silence or changes one; its id.
  func set(_ draft: SilenceDraft, by sender: String) async -> Result<String, SilenceRefusal> {
    let now = clock.now
    let outcome: (id: String, changes: LedgerChanges)
    do throws(SilenceRefusal) {
      outcome = try ledger.set(draft, newID: UUIDText.random(), now: now)
    } catch {
      return .failure(error)
    }
    let words = draft.matchers.map(\.description).joined(separator: ",")
    let entry = AuditEntry(
      at: now,
      by: sender,
      action: draft.id.isEmpty ? .silenceMade : .silenceChanged,
      subject: outcome.id,
      detail: "{\(words)} until \(draft.endsAt.rfc3339Text), "
        + "\(draft.createdBy): \(draft.comment)"
    )
    await take(outcome.changes, [entry])
    return .success(outcome.id)
  }

  /// Ends a silence now.
  func expire(_ id: String, by sender: String) async -> Result<Void, SilenceRefusal> {
    let now = clock.now
    let changes: LedgerChanges
    do throws(SilenceRefusal) {
      changes = try ledger.expire(id, now: now)
    } catch {
      return .failure(error)
    }
    await take(changes, [AuditEntry(at: now, by: sender, action: .silenceExpired, subject: id)])
    return .success(())
  }

  /// Notes who works on what.
  func acknowledge(_ acknowledgements: [Acknowledgement], by sender: String) async {
    var changes = LedgerChanges()
    for acknowledgement in acknowledgements {
      changes.append(ledger.acknowledge(acknowledgement))
    }
    let entries = acknowledgements.map { acknowledgement in
      AuditEntry(
        at: acknowledgement.at,
        by: sender,
        action: .alertAcknowledged,
        subject: acknowledgement.subject.text,
        detail: "\(acknowledgement.by): \(acknowledgement.comment)"
      )
    }
    await take(changes, entries)
  }

  /// Takes acknowledgements back; how many there were.
  func withdraw(_ subjects: [Acknowledgement.Subject], by sender: String) async -> Int {
    let now = clock.now
    var changes = LedgerChanges()
    var entries: [AuditEntry] = []
    for subject in subjects {
      guard let change = ledger.withdraw(subject, by: sender, now: now) else { continue }
      changes.append(change)
      entries.append(
        AuditEntry(at: now, by: sender, action: .acknowledgementWithdrawn, subject: subject.text)
      )
    }
    guard !entries.isEmpty else { return 0 }
    await take(changes, entries)
    return entries.count
  }

  /// Notes what was done elsewhere.
  func note(_ action: AuditEntry.Action, _ subject: String, _ detail: String, by sender: String)
    async
  {
    let entry = AuditEntry(
      at: clock.now,
      by: sender,
      action: action,
      subject: subject,
      detail: detail
    )
    await take(LedgerChanges(), [entry])
  }

  /// The latest entries of the audit log, newest first.
  func auditLog(limit: Int) async throws(StateStoreError) -> [AuditEntry] {
    try await store.auditLog(limit: limit)
  }

  /// Drops the acknowledgements of alerts that have ended.
  func noteEnd(of alerts: [Alert]) async {
    let changes = ledger.drop(ended: alerts, now: clock.now)
    guard !changes.isEmpty else { return }
    await take(changes, [])
  }

  /// Writes what the disk refused before, and now and then drops what is over; to be called often.
  ///
  /// - Parameter groupKeys: The groups there are.
  func tend(groupKeys: @Sendable () async -> Set<String>) async {
    if !unsaved.isEmpty || !unsavedAudit.isEmpty { await save() }
    let now = clock.now
    guard now >= nextTend || nextTend > now + Self.tendInterval else { return }
    nextTend = now + Self.tendInterval
    let keys = await groupKeys()
    let changes = ledger.drop(groupKeys: keys, now: clock.now)
    guard !changes.isEmpty else { return }
    await take(changes, [])
  }

  private func take(_ changes: LedgerChanges, _ entries: [AuditEntry]) async {
    unsaved.append(changes)
    unsavedAudit = (unsavedAudit + entries).suffix(Self.waitingMax)
    // What is in force is told first: a slow disk must not let through what is silenced.
    if !changes.isEmpty {
      await listener?(ledger.book(at: clock.now))
      await sharing?(changes)
    }
    await save()
  }

  /// One write after another, so that an older state never follows a newer one.
  private func save() async {
    let previous = saving
    // Awaited here; ends by itself after one transaction.
    let task = Task {
      await previous?.value
      await write()
    }
    saving = task
    await task.value
  }

  private func write() async {
    let (changes, entries) = (unsaved, unsavedAudit)
    guard !changes.isEmpty || !entries.isEmpty else { return }
    unsaved = LedgerChanges()
    unsavedAudit = []
    do throws(StateStoreError) {
      try await store.save(changes, audit: entries)
      if isFailing { logger.info("silences are stored again") }
      isFailing = false
    } catch {
      var all = changes
      all.append(unsaved)
      unsaved = all
      unsavedAudit = (entries + unsavedAudit).suffix(Self.waitingMax)
      guard !isFailing else { return }
      isFailing = true
      logger.error(
        "silences and acknowledgements cannot be stored: they are in force, and lost at a crash",
        LogField("error", error)
      )
    }
  }
}

extension Acknowledgement.Subject {
  /// What it is about, as the audit log says it.
  fileprivate var text: String {
    switch self {
    case .alert(let labels): labels.description
    case .group(let key): "group \(key)"
    }
  }
}

/// Names that no other thing has (RFC 9562, version 4).
enum UUIDText {
  /// A new name, in lower case.
  static func random() -> String {
    var random = SystemRandomNumberGenerator()
    let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
    let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    let digits = Array(hex(high) + hex(low))
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
