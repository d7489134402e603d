// SPDX-License-Identifier: MIT
import MetricModel

/// What the members' hosts told of their keepalived; pure.
///
/// Instants are of one clock that is never set back.
struct KeepalivedSightings: Sendable {
  /// keepalived's own word on one virtual router.
  struct Word: Equatable, Sendable {
    let state: KeepalivedReport.State
    /// With the weights of failed checks.
    let effectivePriority: UInt8?
    /// Since when it is in this state; nil when nobody says.
    let since: Timestamp?
    let preempts: Bool
    let preemptDelay: Duration
    /// What it counted since its process began.
    var counters: [KeepalivedReport.Counter: Int64] = [:]
  }

  /// The processes tell whether keepalived runs, not what it does: for that it must be asked, which
  /// has it write a file and a line of its log.
  static let reportPace = Duration.seconds(60)

  /// Since when keepalived runs, nil when it does not, and when that was seen.
  private var runs: [String: (since: Timestamp?, at: Timestamp)] = [:]
  /// What it said of itself, nil when it could not be asked, and when it was asked.
  private var words: [String: (word: Word?, at: Timestamp)] = [:]

  /// What its text said of its check scripts, by their names, and when it was asked for it.
  private var checks: [String: (areGood: [String: Bool], at: Timestamp)] = [:]
  /// Members whose keepalived was built without JSON: only the text tells what they do.
  private var lackJSON: Set<String> = []

  /// The member's keepalived runs since then; nil when it does not.
  mutating func note(_ member: String, runsSince since: Timestamp?, at now: Timestamp) {
    runs[member] = (since, now)
  }

  /// What the member's keepalived says; nil when it does not, or may not be asked.
  mutating func note(_ member: String, says word: Word?, at now: Timestamp) {
    words[member] = (word, now)
  }

  /// The member's keepalived tells nothing in JSON.
  mutating func noteWithoutJSON(_ member: String) {
    lackJSON.insert(member)
    words[member] = nil
  }

  /// Only the text tells what the member's keepalived does.
  func lacksJSON(_ member: String) -> Bool { lackJSON.contains(member) }

  /// What the text of the member's keepalived says, of which the state counts only where there is no
  /// JSON; nil when it could not be asked.
  mutating func note(
    _ member: String,
    text: KeepalivedDump?,
    of settings: VRRPSettings,
    at now: Timestamp
  ) {
    let scripts =
      text?.scripts.compactMap { script in script.isGood.map { (script.name, $0) } } ?? []
    checks[member] = (Dictionary(scripts) { $0 && $1 }, now)
    if lackJSON.contains(member) {
      words[member] = (text.flatMap { Word($0, of: settings) }, now)
    }
  }

  /// The member's host could not be asked.
  mutating func forget(_ member: String) {
    runs[member] = nil
    words[member] = nil
    checks[member] = nil
    lackJSON.remove(member)
  }

  /// Whether the member's keepalived runs; nil when nobody says.
  func isRunning(_ member: String, at now: Timestamp) -> Bool? {
    guard let run = runs[member], now - run.at <= RouterSightings.reportAgeMax else { return nil }
    return run.since != nil
  }

  /// Whether the member's keepalived is to be asked what it does; what it said before `settled`, when
  /// masters changed, counts no more.
  func isWordDue(of member: String, since settled: Timestamp, at now: Timestamp) -> Bool {
    !lackJSON.contains(member) && isDue(words[member]?.at, since: settled, at: now)
  }

  /// Whether it is to be asked for its text, for which it writes another file: where there is no
  /// JSON, and for the checks where a member could not, or should not, be master.
  func isTextDue(
    of member: VRRPSettings.Member,
    since settled: Timestamp,
    at now: Timestamp
  ) -> Bool {
    guard lackJSON.contains(member.name) || isHeldBack(member, at: now) else { return false }
    return isDue(checks[member.name]?.at, since: settled, at: now)
  }

  private func isDue(_ askedAt: Timestamp?, since settled: Timestamp, at now: Timestamp) -> Bool {
    guard let askedAt else { return true }
    return now - askedAt >= Self.reportPace || (askedAt <= settled && settled < now)
  }

  /// The member said lately that it is in fault, or that checks lower its priority.
  private func isHeldBack(_ member: VRRPSettings.Member, at now: Timestamp) -> Bool {
    guard let word = word(of: member.name, since: .distantPast, at: now) else { return false }
    if word.state == .fault || word.state == .initialize { return true }
    guard let declared = member.priority, let effective = word.effectivePriority else {
      return false
    }
    return effective < declared
  }

  /// Which check scripts of a member that is held back are good; empty when nobody said lately.
  func checks(of member: VRRPSettings.Member, at now: Timestamp) -> [String: Bool] {
    guard isHeldBack(member, at: now), let known = checks[member.name],
      now - known.at <= RouterSightings.reportAgeMax
    else { return [:] }
    return known.areGood
  }

  /// What the member says of itself; nil when it said nothing since then.
  func word(of member: String, since settled: Timestamp, at now: Timestamp) -> Word? {
    guard isRunning(member, at: now) == true, let known = words[member], known.at > settled,
      now - known.at <= RouterSightings.reportAgeMax
    else { return nil }
    return known.word
  }

  /// What the member's keepalived counted since its process began; empty when it said nothing lately.
  func counters(of member: String, at now: Timestamp) -> [KeepalivedReport.Counter: Int64] {
    guard isRunning(member, at: now) == true, let known = words[member],
      now - known.at <= RouterSightings.reportAgeMax
    else { return [:] }
    return known.word?.counters ?? [:]
  }

  /// The member as one who could be master; nil when it could not, or nobody says.
  func candidate(
    _ member: VRRPSettings.Member,
    since settled: Timestamp,
    at now: Timestamp
  ) -> VRRPVerdict.Candidate? {
    guard let priority = member.priority, let run = runs[member.name], let since = run.since,
      run.at > settled, now - run.at <= RouterSightings.reportAgeMax
    else { return nil }
    let word = word(of: member.name, since: settled, at: now)
    switch word?.state {
    case .fault?, .initialize?, .stopped?: return nil
    case .backup?, .master?, nil: break
    }
    return VRRPVerdict.Candidate(
      address: member.address,
      priority: word?.effectivePriority ?? priority,
      healthySince: max(since, word?.since ?? since),
      preempts: word?.preempts ?? true,
      preemptDelay: word?.preemptDelay ?? .zero
    )
  }
}

extension KeepalivedSightings.Word {
  /// What a report says of the router; nil when it has no such router, or says nothing of its state.
  ///
  /// - Parameters:
  ///   - report: keepalived's own.
  ///   - settings: The router.
  ///   - now: The time.
  ///   - wall: The same instant by the host's clock, in Unix seconds.
  init?(
    _ report: KeepalivedReport,
    of settings: VRRPSettings,
    at now: Timestamp,
    wall: Int64
  ) {
    let same = report.instances.filter { $0.routerID == settings.router.id }
    let instance = same.first { $0.name == settings.instance } ?? same.first
    guard let instance, let state = instance.state else { return nil }
    self.state = state
    effectivePriority = instance.effectivePriority.flatMap { UInt8(exactly: $0) }
    since = instance.lastTransition.map { transition in
      now - max(.zero, .seconds(wall) - .milliseconds(transition.unixMilliseconds))
    }
    preempts = instance.preempts
    preemptDelay = instance.preemptDelay
    counters = instance.counters
  }
}

extension KeepalivedSightings.Word {
  /// What the text says of the router; nil when it has no such router, or not its state.
  init?(_ text: KeepalivedDump, of settings: VRRPSettings) {
    let same = text.instances.filter { $0.routerID == settings.router.id }
    let instance = same.first { $0.name == settings.instance } ?? same.first
    guard let instance, let state = instance.state else { return nil }
    self.state = state
    effectivePriority = instance.effectivePriority.flatMap { UInt8(exactly: $0) }
    since = nil
    preempts = true
    preemptDelay = .zero
  }
}
