// SPDX-License-Identifier: MIT
import MetricModel

/// Everything that is known of one virtual router, and what it comes to; pure.
///
/// Instants are of one clock that is never set back.
struct RouterSightings: Sendable {
  typealias Witness = VRRPSettings.Witness

  /// What a witness that looks at members said last of one of them.
  struct Report: Equatable, Sendable {
    let hasAddress: Bool
    /// When it was asked first of the times that it said the same without another word between.
    let since: Timestamp
    /// When it was asked last.
    let at: Timestamp
  }

  /// What all of it comes to.
  enum Verdict: String, CaseIterable, Sendable {
    /// Exactly one master, who has the address.
    case one
    /// The last master left, and the next may still take over in time.
    case electing
    case none
    /// Two or more, for longer than two intervals.
    case two
    /// Exactly one, of lower priority than another that could be.
    case notPreferred = "not_preferred"
    /// Who is master and who has the address are not the same.
    case disagree
    /// A member that is not master answers for the address: its keepalived is dead or stands still.
    case stale
    case unknown
  }

  /// A change of masters, with the gap measured as well as can be.
  struct Change: Equatable, Sendable {
    let takeOver: VRRPVerdict.TakeOver
    let gap: Duration
  }

  /// A suspicion that nobody confirms or denies ends after this long.
  static let suspicionMax = Duration.seconds(3_600)
  /// A report counts for this long.
  static let reportAgeMax = Duration.seconds(90)

  let settings: VRRPSettings
  /// How far apart the floating address is asked whether it lives.
  let echoPace: Duration
  private(set) var verdict: VRRPVerdict
  /// Why advertisements cannot be read; nil when they can.
  var deafness: String?
  /// Why the address cannot be probed; nil when it can.
  var probeFault: String?
  /// Why other witnesses cannot be asked.
  var faults: [Witness: String] = [:]
  private(set) var reports: [Witness: [String: Report]] = [:]
  private(set) var changes: [VRRPVerdict.TakeOver.Cause: Int] = [:]
  private(set) var lastChange: Change?
  private(set) var heard: [String: Int] = [:]
  private(set) var refused: [String: Int] = [:]
  /// Whose the link-local addresses of IPv6 are, as their priorities told.
  private var speakers: [InternetAddress: String] = [:]
  /// The last advertisement of each member.
  private(set) var advertised: [String: VRRPAdvertisement] = [:]
  private(set) var lastEcho: Timestamp?
  /// A former master that fell silent while the address went on answering.
  private var suspicion: (member: String, since: Timestamp)?
  private(set) var keepalived = KeepalivedSightings()
  /// Why members could not be asked by ssh, or what of them could not, by words for it.
  private(set) var hostFaults: [String: String] = [:]

  init(_ settings: VRRPSettings, echoPace: Duration) {
    self.settings = settings
    self.echoPace = echoPace
    // IPv6 senders show link-local addresses, which are not declared.
    verdict = VRRPVerdict(
      declared: settings.router.isIPv6 ? nil : Set(settings.members.map(\.address))
    )
    deafness = settings.witnesses.contains(.advertisements) ? "starting" : "off"
    probeFault = settings.witnesses.contains(.probe) ? "starting" : "off"
  }

  // MARK: What is seen

  /// An advertisement of any router came.
  mutating func hear(_ advertisement: VRRPAdvertisement, at now: Timestamp) {
    guard advertisement.router == settings.router else {
      noteForeignRouter(advertisement)
      return
    }
    let strangers = verdict.strangerCount
    let takeOver = verdict.hear(advertisement, at: now)
    guard verdict.strangerCount == strangers else {
      refused["stranger", default: 0] += 1
      return
    }
    if let member = member(at: advertisement.source, ofPriority: advertisement.priority) {
      heard[member, default: 0] += 1
      noteSpeaker(member, at: advertisement.source)
      if !advertisement.isResignation { advertised[member] = advertisement }
      if suspicion?.member == member { suspicion = nil }
    }
    if let takeOver { note(takeOver) }
  }

  mutating func refuse(_ reason: String) {
    refused[reason, default: 0] += 1
  }

  /// The floating address answered.
  mutating func echo(at now: Timestamp) {
    lastEcho = now
  }

  /// A member has the address or has it not.
  mutating func note(_ witness: Witness, _ member: String, hasAddress: Bool, at now: Timestamp) {
    let before = reports[witness]?[member]
    let since = before?.hasAddress == hasAddress ? before?.since : nil
    reports[witness, default: [:]][member] = Report(
      hasAddress: hasAddress,
      since: since ?? now,
      at: now
    )
    // Neighbours hear of the new holder even while the old one has the address still.
    guard witness != .probe, !hasAddress, let known = suspicion else { return }
    if known.member == member, now > known.since { suspicion = nil }
  }

  /// The witness cannot say anything of the member.
  mutating func forget(_ witness: Witness, _ member: String) {
    reports[witness]?[member] = nil
  }

  /// The member's keepalived runs since then; nil when it does not.
  mutating func noteKeepalived(_ member: String, since: Timestamp?, at now: Timestamp) {
    keepalived.note(member, runsSince: since, at: now)
  }

  /// What the member's keepalived says of itself; nil when it does not say, for this reason if any.
  mutating func noteKeepalived(
    _ member: String,
    says word: KeepalivedSightings.Word?,
    fault: String? = nil,
    at now: Timestamp
  ) {
    keepalived.note(member, says: word, at: now)
    hostFaults["keepalived \(member)"] = fault
  }

  /// The member answered by ssh.
  mutating func noteHost(_ member: String) {
    hostFaults["host \(member)"] = nil
  }

  /// The member could not be asked by ssh, for this reason.
  mutating func forgetHost(_ member: String, fault: String) {
    forget(.ssh, member)
    keepalived.forget(member)
    hostFaults["host \(member)"] = fault
    hostFaults["keepalived \(member)"] = nil
  }

  /// Whether the member's keepalived runs; nil when nobody says.
  func isKeepalivedRunning(_ member: String, at now: Timestamp) -> Bool? {
    keepalived.isRunning(member, at: now)
  }

  /// The member's keepalived has no JSON to tell anything in.
  mutating func noteKeepalivedWithoutJSON(_ member: String) {
    keepalived.noteWithoutJSON(member)
    hostFaults["keepalived \(member)"] = nil
  }

  /// What the text of the member's keepalived says; nil when it could not be asked.
  mutating func noteKeepalived(_ member: String, text: KeepalivedDump?, at now: Timestamp) {
    keepalived.note(member, text: text, of: settings, at: now)
    guard keepalived.lacksJSON(member) else { return }
    hostFaults["keepalived \(member)"] = text == nil ? "missing" : nil
  }

  /// The member's keepalived is to be asked for its text.
  func isTextDue(of member: VRRPSettings.Member, at now: Timestamp) -> Bool {
    keepalived.isTextDue(of: member, since: settledAt, at: now)
  }

  /// The member's keepalived is to be asked for a report.
  func isReportDue(of member: String, at now: Timestamp) -> Bool {
    keepalived.isWordDue(of: member, since: settledAt, at: now)
  }

  /// The member that an address of a sender is.
  ///
  /// IPv6 shows a link-local address, which no setting names: there the priority tells, if it is
  /// declared once, and later the address that told it.
  func member(at address: InternetAddress, ofPriority priority: UInt8? = nil) -> String? {
    if let name = settings.member(at: address) { return name }
    guard settings.router.isIPv6 else { return nil }
    let ranked = settings.members.filter { priority != nil && $0.priority == priority }
    return ranked.count == 1 ? ranked[0].name : speakers[address]
  }

  private func member(_ master: VRRPVerdict.Master) -> String? {
    member(at: master.address, ofPriority: master.priority)
  }

  private mutating func noteSpeaker(_ member: String, at address: InternetAddress) {
    guard settings.router.isIPv6 else { return }
    // A host that was set up anew has another address.
    if speakers.count >= VRRPVerdict.sendersMax * 4 { speakers = [:] }
    speakers[address] = member
  }

  /// A declared member that advertises the address under another number.
  private mutating func noteForeignRouter(_ advertisement: VRRPAdvertisement) {
    guard let member = settings.member(at: advertisement.source),
      advertisement.addresses.contains(settings.address)
    else { return }
    advertised[member] = advertisement
  }

  private mutating func note(_ takeOver: VRRPVerdict.TakeOver) {
    guard !joinLastChange(takeOver) else { return }
    changes[takeOver.cause, default: 0] += 1
    // A master that gives way to a better one is master until then.
    var gap = takeOver.cause == .preempted ? .zero : takeOver.gap
    if probeFault == nil, let lastEcho {
      let quiet = max(.zero, takeOver.at - lastEcho)
      gap = min(takeOver.gap, quiet <= echoPace * 3 / 2 ? .zero : quiet)
      if takeOver.cause == .silent, takeOver.from != takeOver.to, gap == .zero,
        let old = member(at: takeOver.from)
      {
        suspicion = (old, takeOver.at)
      }
    }
    lastChange = Change(takeOver: takeOver, gap: gap)
  }

  /// Backups of neighbouring priorities may become master at once, and the best of them stays: that
  /// is one change.
  private mutating func joinLastChange(_ takeOver: VRRPVerdict.TakeOver) -> Bool {
    guard takeOver.cause == .preempted, let change = lastChange,
      change.takeOver.to == takeOver.from,
      takeOver.at - change.takeOver.at <= settings.interval * 2
    else { return false }
    let joined = VRRPVerdict.TakeOver(
      from: change.takeOver.from,
      to: takeOver.to,
      at: change.takeOver.at,
      cause: change.takeOver.cause,
      gap: change.takeOver.gap
    )
    lastChange = Change(takeOver: joined, gap: change.gap)
    return true
  }

  // MARK: What it comes to

  /// Who the witness sees as master; nil when it cannot tell.
  func masters(_ witness: Witness, at now: Timestamp) -> Set<String>? {
    switch witness {
    case .advertisements:
      guard deafness == nil else { return nil }
      switch verdict.state(at: now) {
      case .unheard: return nil
      case .master(let master): return Set([member(master)].compactMap { $0 })
      case .several(let masters, _): return Set(masters.compactMap(member))
      case .electing, .none: return []
      }
    case .ssh, .proxmox, .probe:
      let fresh = freshReports(witness, at: now)
      return fresh.isEmpty ? nil : Set(fresh.filter(\.value.hasAddress).keys)
    }
  }

  /// The members of which the witness can say whether they are master.
  func seen(_ witness: Witness, at now: Timestamp) -> Set<String> {
    switch witness {
    case .advertisements: Set(settings.members.map(\.name))
    case .ssh, .proxmox, .probe: Set(freshReports(witness, at: now).keys)
    }
  }

  /// When masters changed last, or one of two gave way.
  var upheaval: Timestamp? {
    [lastChange?.takeOver.at, verdict.overlapEnd].compactMap(\.self).max()
  }

  /// What was told before this tells of the time before the last upheaval.
  var settledAt: Timestamp { upheaval.map { $0 + settings.interval * 2 } ?? .distantPast }

  /// Why the witness does not work; nil when it does.
  func fault(_ witness: Witness, at now: Timestamp) -> String? {
    switch witness {
    case .advertisements:
      if let deafness { return deafness }
      return verdict.state(at: now) == .unheard ? "unheard" : nil
    case .probe: return probeFault ?? (lastEcho == nil ? "unanswered" : nil)
    case .ssh, .proxmox:
      if let fault = faults[witness] { return fault }
      return freshReports(witness, at: now).isEmpty ? "no_answer" : nil
    }
  }

  /// The state of the virtual router.
  func judgement(at now: Timestamp) -> Verdict {
    let state: VRRPVerdict.State = deafness == nil ? verdict.state(at: now) : .unheard
    switch state {
    case .several: return .two
    case .electing: return .electing
    case .none(let since):
      let left = self.holders(since: since, at: now) ?? []
      return isAnswering(at: now) || !left.isEmpty ? .stale : .none
    case .unheard: return judgement(byReportsAt: now)
    case .master(let master):
      if let suspicion, now - suspicion.since <= Self.suspicionMax { return .stale }
      guard let name = member(master) else { return .unknown }
      // What was told before it was heard first may be of the time before it was master.
      let settled = max(settledAt, master.since + settings.interval * 2)
      let holders = holders(since: settled, at: now)
      if let holders, !holders.contains(name), !holders.isEmpty { return .disagree }
      // Two that both advertise are two masters soon, or one of them gives way.
      if let holders, holders.count > 1, !verdict.isContested { return .stale }
      if verdict.outranking(candidates(at: now), at: now) != nil { return .notPreferred }
      return .one
    }
  }

  /// What is known of a member's state; nil when nothing is.
  func keepalivedState(
    of member: String,
    _ masters: Set<String>,
    at now: Timestamp
  ) -> KeepalivedReport.State? {
    if masters.contains(member) { return .master }
    if let word = keepalived.word(of: member, since: settledAt, at: now) { return word.state }
    return isKeepalivedRunning(member, at: now) == true ? .backup : nil
  }

  /// The earliest instant after `now` at which silence alone changes the judgement.
  func nextChange(after now: Timestamp) -> Timestamp? {
    [verdict.nextChange(after: now), settledAt].compactMap { $0 }.filter { $0 > now }.min()
  }

  /// What the addresses of members alone tell, each of which was asked at another time.
  ///
  /// While the address moves it may be seen twice or not at all: such a sight counts only when
  /// everybody has been asked again later than a change takes.
  private func judgement(byReportsAt now: Timestamp) -> Verdict {
    var reports: [(member: String, report: Report)] = []
    for witness in [Witness.ssh, .proxmox, .probe] {
      reports += freshReports(witness, at: now).map { ($0.key, $0.value) }
    }
    let holding = reports.filter(\.report.hasAddress)
    guard let lastTaken = holding.map(\.report.since).max() else {
      guard let holders = holders(since: .distantPast, at: now), holders.isEmpty,
        let lastLost = reports.map(\.report.since).max()
      else { return .unknown }
      // One and a half times what the worst backup waits.
      let tolerance = settings.interval * 6
      return reports.allSatisfy { $0.report.at >= lastLost + tolerance } ? .none : .electing
    }
    let side = holding.filter { $0.report.at > lastTaken + settings.interval * 2 }
    return Set(side.map(\.member)).count > 1 ? .two : .one
  }

  /// The address answers right now.
  private func isAnswering(at now: Timestamp) -> Bool {
    guard probeFault == nil, let lastEcho else { return false }
    return now - lastEcho <= max(echoPace * 3, .milliseconds(500))
  }

  /// The members that have the address; nil when nobody says, and when only some members were
  /// asked of whom none has it.
  private func holders(since: Timestamp, at now: Timestamp) -> Set<String>? {
    var found: Set<String> = []
    var isComplete = false
    for witness in [Witness.ssh, .proxmox, .probe] {
      let fresh = freshReports(witness, at: now).filter { $0.value.at > since }
      found.formUnion(fresh.filter(\.value.hasAddress).keys)
      isComplete = isComplete || fresh.count == settings.members.count
    }
    return found.isEmpty && !isComplete ? nil : found
  }

  private func freshReports(_ witness: Witness, at now: Timestamp) -> [String: Report] {
    (reports[witness] ?? [:]).filter { now - $0.value.at <= Self.reportAgeMax }
  }

  private func candidates(at now: Timestamp) -> [VRRPVerdict.Candidate] {
    settings.members.compactMap { keepalived.candidate($0, since: settledAt, at: now) }
  }
}
