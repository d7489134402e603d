// SPDX-License-Identifier: MIT
import MetricModel

/// Who is master of one virtual router, as its advertisements tell it.
///
/// It is pure: time comes with the advertisements. It sees only what reaches this network, and only masters: a backup says nothing.
struct VRRPVerdict: Sendable {
  /// One sender of advertisements.
  struct Master: Equatable, Sendable {
    let address: InternetAddress
    /// The effective priority of its last advertisement.
    var priority: UInt8
    /// When it began to advertise without a pause.
    var since: Timestamp
    var lastHeard: Timestamp
    fileprivate var interval: Duration
    fileprivate var downInterval: Duration
  }

  enum State: Equatable, Sendable {
    /// No advertisement ever came: this place may be deaf, and nothing follows from its silence.
    case unheard
    /// Exactly one.
    case master(Master)
    /// Two or more have gone on side by side for longer than two intervals; highest priority first.
    case several([Master], since: Timestamp)
    /// The last master left or fell silent, and the next may still take over in time.
    case electing(since: Timestamp)
    /// Nobody took over in one and a half times the time that it takes.
    case none(since: Timestamp)
  }

  /// A change of masters.
  struct TakeOver: Equatable, Sendable {
    enum Cause: String, CaseIterable, Sendable {
      /// The old master said that it leaves.
      case resigned
      /// The old master fell silent.
      case silent
      /// The new master has the higher priority, or the old one gave way to it.
      case preempted
    }

    let from: InternetAddress
    /// The same as `from` when nobody else took over before it came back.
    let to: InternetAddress
    let at: Timestamp
    let cause: Cause
    /// From the last sign of the old master to the first advertisement of the new one.
    let gap: Duration
  }

  /// Senders that are remembered at the same time; more are counted as strangers.
  static let sendersMax = 16

  /// Changes of masters so far.
  private(set) var takeOverCount = 0
  /// The last of them.
  private(set) var lastTakeOver: TakeOver?
  /// Advertisements of senders that were not declared.
  private(set) var strangerCount = 0
  /// The last of those senders.
  private(set) var lastStranger: InternetAddress?
  private let declared: Set<InternetAddress>?
  private var senders: [InternetAddress: Master] = [:]
  private var clock = Timestamp.distantPast
  /// The last master there was, and how it ended if it said so.
  private var last: (master: Master, resignedAt: Timestamp?)?
  /// Since when two have been heard side by side, each after the other began.
  private var overlapSince: Timestamp?
  /// When one of two that had been heard side by side was found silent.
  private(set) var overlapEnd: Timestamp?

  /// Begins with nothing heard.
  ///
  /// - Parameter declared: The only senders that are believed; nil believes all, as in a network
  ///   where only link-local addresses are seen.
  init(declared: Set<InternetAddress>?) {
    self.declared = declared
  }

  /// Takes an advertisement of the router.
  ///
  /// - Parameters:
  ///   - advertisement: What was read; the caller sorts routers apart.
  ///   - instant: When it came, by a clock that is not set back; an earlier one counts as the last.
  /// - Returns: The change of masters that it is, if it is one.
  @discardableResult
  mutating func hear(_ advertisement: VRRPAdvertisement, at instant: Timestamp) -> TakeOver? {
    clock = max(clock, instant)
    let source = advertisement.source
    let isKnown = senders[source] != nil
    guard declared?.contains(source) ?? true, isKnown || senders.count < Self.sendersMax else {
      strangerCount += 1
      lastStranger = source
      return nil
    }
    forgetSilent(now: clock)
    guard !advertisement.isResignation else {
      if let leaver = senders.removeValue(forKey: source), last?.master.address == source {
        last = (leaver, clock)
      }
      updateOverlap()
      return nil
    }
    let before = senders[source]
    senders[source] = Master(
      address: source,
      priority: advertisement.priority,
      since: before?.since ?? clock,
      lastHeard: clock,
      interval: advertisement.interval,
      downInterval: advertisement.masterDownInterval
    )
    if before == nil, senders.count > 1, overlapSince == nil { overlapSince = clock }
    return noteMaster()
  }

  /// Who is master at `instant`, which is not before the last advertisement.
  func state(at instant: Timestamp) -> State {
    let now = max(clock, instant)
    let heard = senders.values.filter { now - $0.lastHeard <= $0.downInterval }
    if let since = confirmedOverlap(among: heard) {
      return .several(heard.sorted(by: Self.ranksHigher), since: since)
    }
    if let master = Self.master(among: heard, now: now) { return .master(master) }
    guard let last else { return .unheard }
    let since = last.resignedAt ?? last.master.lastHeard
    let tolerated = last.master.downInterval * 3 / 2
    return now - since <= tolerated ? .electing(since: since) : .none(since: since)
  }

  /// Two have been heard side by side, and it is not settled yet whether both go on.
  var isContested: Bool { overlapSince != nil }

  /// The earliest instant after `now` at which silence alone changes the state; nil when none does.
  func nextChange(after now: Timestamp) -> Timestamp? {
    let step = Duration.milliseconds(1)
    var instants = senders.values.flatMap { sender in
      [
        sender.lastHeard + sender.downInterval + step,
        sender.lastHeard + sender.interval * 3 / 2 + step,
      ]
    }
    if let last {
      let since = last.resignedAt ?? last.master.lastHeard
      instants.append(since + last.master.downInterval * 3 / 2 + step)
    }
    return instants.filter { $0 > now }.min()
  }

  private mutating func noteMaster() -> TakeOver? {
    let heard = Array(senders.values)
    guard let master = Self.master(among: heard, now: clock) else { return nil }
    defer { last = (master, nil) }
    guard let last else { return nil }
    let old = last.master
    let hasResigned = last.resignedAt != nil
    let isSame = old.address == master.address
    // The same one goes on, with no end in between.
    if isSame, !hasResigned, old.since == master.since { return nil }
    let end = last.resignedAt ?? old.lastHeard
    let cause: TakeOver.Cause =
      if hasResigned {
        .resigned
      } else if !isSame, clock - old.lastHeard <= old.interval * 3 / 2 {
        .preempted
      } else {
        .silent
      }
    let takeOver = TakeOver(
      from: old.address,
      to: master.address,
      at: clock,
      cause: cause,
      gap: max(.zero, clock - end)
    )
    takeOverCount += 1
    lastTakeOver = takeOver
    return takeOver
  }

  private mutating func forgetSilent(now: Timestamp) {
    senders = senders.filter { now - $0.value.lastHeard <= $0.value.downInterval }
    updateOverlap()
  }

  private mutating func updateOverlap() {
    guard senders.count < 2, overlapSince != nil else { return }
    overlapSince = nil
    overlapEnd = clock
  }

  /// Since when two have been masters, if both were heard again more than two intervals later.
  ///
  /// One advertisement of each proves nothing: a master hears a higher one and falls silent. After a
  /// partition heals both send within milliseconds and the lower yields.
  private func confirmedOverlap(among heard: [Master]) -> Timestamp? {
    guard let overlapSince, heard.count > 1 else { return nil }
    let confirmed = heard.filter { $0.lastHeard - overlapSince > $0.interval * 2 }
    return confirmed.count > 1 ? overlapSince : nil
  }

  /// The master among those that were heard in time: of several that are heard still, the one that
  /// the protocol prefers; else the one heard last.
  private static func master(among heard: [Master], now: Timestamp) -> Master? {
    let recent = heard.filter { now - $0.lastHeard <= $0.interval * 3 / 2 }
    if !recent.isEmpty { return recent.min(by: ranksHigher) }
    return heard.max { $0.lastHeard < $1.lastHeard }
  }

  /// The higher priority, and of equal ones the higher address (RFC 9568, section 6.4.3).
  private static func ranksHigher(_ left: Master, _ right: Master) -> Bool {
    (left.priority, left.address) > (right.priority, right.address)
  }
}

/// The right to be master, as another witness tells it.
extension VRRPVerdict {
  /// A node that could be master.
  struct Candidate: Equatable, Sendable {
    let address: InternetAddress
    /// The effective priority, with weights of failed checks taken off.
    let priority: UInt8
    /// Since when its keepalived runs and is not in fault.
    let healthySince: Timestamp
    /// It takes over from a lower priority (`nopreempt` is not set).
    let preempts: Bool
    /// How long it waits before it does (`preempt_delay`).
    let preemptDelay: Duration
  }

  /// The candidate that should be master instead of the one that is; nil when the master is right
  /// or there is not exactly one.
  func outranking(_ candidates: [Candidate], at now: Timestamp) -> Candidate? {
    guard case .master(let master) = state(at: now) else { return nil }
    return candidates.filter { candidate in
      candidate.address != master.address && candidate.priority > master.priority
        && candidate.preempts
        && now - candidate.healthySince > master.downInterval + candidate.preemptDelay
    }.max { ($0.priority, $0.address) < ($1.priority, $1.address) }
  }
}
