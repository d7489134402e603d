// SPDX-License-Identifier: MIT
import Configuration
import HTTPAPI
import Logging
import MetricModel
import Net
import Notifying
import Polling
import StateStore

/// Speaks with the other instances of hvsmon on the same cluster, so that each message is told by
/// one of them, and what people say at one is known to all.
actor PeerKeeper {
  /// What it needs of the rest of the daemon.
  struct Surroundings: Sendable {
    let http: HTTPClient
    let store: ToldStore
    let clock: any PollClock
    let logger: Logger
  }

  /// What it asks and tells the parts that ask it.
  struct Ports: Sendable {
    /// The places for which messages wait and to which the latest was delivered.
    var steady: @Sendable () async -> [IntegrationID] = { [] }
    /// What people said elsewhere.
    var merge: @Sendable ([Silence], [Acknowledgement]) async -> Void = { _, _ in }
    /// The messages that others sent, to be edited from here too.
    var remember: @Sendable ([ToldKey: ToldMessage]) async -> Void = { _ in }
    /// Hands on what people say here while there are others.
    var share: @Sendable (Bool) async -> Void = { _ in }
  }

  /// Each instance speaks with each other one at least so often.
  static let pace = Duration.seconds(1)
  /// And at most so often, unless one message could not hold it all.
  private static let shortestPace = Duration.milliseconds(100)
  /// How long an exchange may take.
  static let timeout = Duration.seconds(3)

  let surroundings: Surroundings
  private(set) var settings: PeerSettings?
  private(set) var replica: PeerReplica?
  private(set) var statistics: [String: PeerStatistics] = [:]
  private var ports = Ports()
  private var lines: [String: PeerLine] = [:]
  var unsaved: Set<ToldKey> = []
  var saving: Task<Void, Never>?
  var isFailing = false
  var nextPrune = Timestamp.distantPast
  private(set) var isStopped = false
  /// What was told is stored no more, as there are no others.
  var isCleared = false
  private var token: AccessToken?

  /// One exchange after another with one other instance.
  private struct PeerLine {
    let task: Task<Void, Never>
    let bell: AsyncStream<Void>.Continuation
  }

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
  }

  /// Names the parts that it asks and tells.
  func connect(_ ports: Ports) { self.ports = ports }

  /// Speaks with these instances from now on; nil: there are no others.
  ///
  /// - Parameters:
  ///   - settings: The instances.
  ///   - cluster: The cluster that all of them watch.
  ///   - notifications: Whom to tell.
  func adopt(
    _ settings: PeerSettings?,
    cluster: String,
    notifications: NotificationSettings?
  ) async {
    guard !isStopped else { return }
    let isSame = settings == self.settings
    if !isSame { await endLines() }
    self.settings = settings
    // Its role says nothing: it opens no route but the one of instances.
    token = settings.map { AccessToken(name: "peers", role: .read, secret: $0.token.reveal()) }
    guard let settings else {
      replica = nil
      statistics = [:]
      await ports.share(false)
      await clear()
      return
    }
    let terms = PeerReplica.Terms(
      cluster: cluster,
      name: settings.name,
      order: settings.instances.map(\.name),
      wait: settings.wait
    )
    let isNew = replica == nil
    if isNew {
      let (log, over) = await stored()
      let now = surroundings.clock.now
      replica = PeerReplica(terms: terms, epoch: UUIDText.random(), log: log, now: now)
      isCleared = false
      if !over.isEmpty { store(over) }
    } else {
      replica?.adopt(terms)
    }
    replica?.isTelling = notifications?.integrations.isEmpty == false
    let longest = notifications?.longestRepetition ?? .zero
    replica?.lifetime = min(max(longest * 2, .seconds(3_600)), .seconds(30 * 86_400))
    if isNew { await ports.share(true) }
    guard !isSame, !isStopped else { return }
    statistics = statistics.filter { name, _ in settings.others.contains { $0.name == name } }
    for instance in settings.others { open(instance) }
  }

  /// Ends all exchanges; what is not yet stored is.
  func stop() async {
    isStopped = true
    await endLines()
    await save()
  }

  /// Notes what people said here, or at another instance.
  func note(_ changes: LedgerChanges) {
    replica?.note(changes)
    ring()
  }

  /// There are others, who are to know what is told here.
  var isSharing: Bool { replica != nil }

  /// Live instances that tell people before this one.
  var ahead: [String] { replica?.ahead(at: surroundings.clock.now) ?? [] }

  /// Names a plan's messages as every instance would, and notes ends that nobody is told of.
  func prepare(_ plan: NotificationPlan, ends: [SilentEnd]) -> NotificationPlan {
    let now = surroundings.clock.now
    var named = plan
    guard let notifications = replica?.named(plan.notifications, now: now) else { return plan }
    named.notifications = notifications
    let changed = replica?.note(ends, now: now) ?? []
    if !changed.isEmpty {
      store(changed)
      ring()
    }
    return named
  }

  // MARK: Exchanges

  private func open(_ instance: PeerSettings.Instance) {
    let (signals, bell) = AsyncStream.makeStream(
      of: Void.self,
      bufferingPolicy: .bufferingNewest(1)
    )
    // Ends when the bell is taken away by `endLines`, which awaits it.
    let task = Task { await run(instance, signals: signals) }
    lines[instance.name] = PeerLine(task: task, bell: bell)
  }

  private func endLines() async {
    let ending = lines.values.map { $0 }
    lines = [:]
    for line in ending {
      line.bell.finish()
      line.task.cancel()
    }
    for line in ending { await line.task.value }
  }

  private func ring() {
    for line in lines.values { line.bell.yield() }
  }

  private func run(_ instance: PeerSettings.Instance, signals: AsyncStream<Void>) async {
    var signals = signals.makeAsyncIterator()
    let clock = surroundings.clock
    while !Task.isCancelled {
      let began = clock.now
      let follows = await exchange(with: instance)
      guard !Task.isCancelled else { return }
      if follows { continue }
      // Woken by news, or by the timer, which is cancelled and awaited here.
      let bell = lines[instance.name]?.bell
      let timer = Task {
        await clock.sleep(until: began + Self.pace)
        if !Task.isCancelled { bell?.yield() }
      }
      let isRung = await signals.next(isolation: self) != nil
      timer.cancel()
      await timer.value
      if !isRung { return }
      // What comes in quick succession goes together.
      await clock.sleep(until: began + Self.shortestPace)
      await tend()
    }
  }

  /// Gives and takes what changed; true when there is more.
  private func exchange(with instance: PeerSettings.Instance) async -> Bool {
    let steady = await ports.steady()
    // One that cannot be reached is given nothing until it answers.
    let isBare = statistics[instance.name]?.lastFailure != nil
    guard let settings,
      let (message, oversized) = message(to: instance.name, steady: steady, isBare: isBare)
    else { return false }
    let request = HTTPRequest(
      method: "POST",
      url: instance.url + PeerEndpoint.path,
      headers: [
        "Content-Type": "application/json",
        "Authorization": "Bearer \(settings.token.reveal())",
      ],
      body: PeerText.bytes(of: message),
      timeout: Self.timeout,
      maxBodyBytes: PeerText.bytesMax,
      trust: settings.caFile.map { .caFile(path: $0) } ?? .system
    )
    do throws(ExchangeFailure) {
      let answer = try await answer(to: request, from: instance, hiding: settings.token)
      noteSuccess(instance.name)
      noteOversized(oversized, for: instance.name)
      return !answer.isWhole || !message.isWhole
    } catch {
      if !Task.isCancelled { noteFailure(instance.name, error.reason) }
      return false
    }
  }

  private struct ExchangeFailure: Error {
    let reason: String
  }

  /// Sends a request and takes what is said in return.
  private func answer(
    to request: HTTPRequest,
    from instance: PeerSettings.Instance,
    hiding token: Secret
  ) async throws(ExchangeFailure) -> PeerMessage {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await surroundings.http.send(request)
    } catch {
      throw ExchangeFailure(reason: error.description)
    }
    guard response.status == 200 else {
      throw ExchangeFailure(reason: Self.reason(response, hiding: token))
    }
    do throws(PeerRefusal) {
      let answer = try PeerText.message(response.body)
      guard answer.from == instance.name else {
        throw .otherAddressee(theirs: instance.name, ours: answer.from)
      }
      try await take(answer)
      return answer
    } catch {
      throw ExchangeFailure(reason: error.description)
    }
  }

  /// What to say, and how many things no message can hold.
  private func message(
    to peer: String,
    steady: [IntegrationID],
    isBare: Bool = false
  ) -> (message: PeerMessage, oversized: Int)? {
    // Each takes one byte more for what stands between.
    var left = PeerText.itemBytesMax + 1
    var oversized = 0
    let now = surroundings.clock.now
    let message = replica?.message(to: peer, steady: steady, isBare: isBare, now: now) { item in
      guard let bytes = PeerText.bytes(of: item) else {
        oversized += 1
        return .never
      }
      left -= bytes + 1
      return left >= 0 ? .enough : .next
    }
    return message.map { ($0, oversized) }
  }

  private func take(_ message: PeerMessage) async throws(PeerRefusal) {
    guard let news = try replica?.take(message, now: surroundings.clock.now) else {
      throw .unknownSender(message.from)
    }
    if !news.silences.isEmpty || !news.acknowledgements.isEmpty {
      await ports.merge(news.silences, news.acknowledgements)
    }
    guard !news.told.isEmpty else { return }
    store(news.told)
    await ports.remember(news.messages)
  }

  /// Answers a message of another instance.
  func answer(_ body: [UInt8], authorization: String?) async -> PeerAnswer {
    guard let settings, replica != nil else {
      return .refused(404, "there are no peers in the settings of this hvsmon")
    }
    guard !isStopped else {
      return .refused(503, "the instance \(settings.name) is stopping")
    }
    guard token?.isShown(by: authorization) == true else {
      return .refused(401, "the token is not the one in the section peers of this hvsmon")
    }
    do throws(PeerRefusal) {
      let message = try PeerText.message(body)
      try await take(message)
      statistics[message.from, default: PeerStatistics()].exchangedAt = surroundings.clock.now
      let steady = await ports.steady()
      guard let answer = self.message(to: message.from, steady: steady) else {
        return .refused(404, "there are no peers in the settings of this hvsmon any more")
      }
      return .answered(PeerText.bytes(of: answer.message))
    } catch {
      let status = if case .malformed = error { 400 } else { 409 }
      return .refused(status, error.description)
    }
  }

  /// Why an instance does not take a message: in its own words, its first line as far as that is
  /// text, where it read the message; what is no instance may repeat what it was sent, the token too.
  private static func reason(_ response: HTTPResponse, hiding token: Secret) -> String {
    let status = "status \(response.status)"
    switch response.status {
    case 401: return "\(status): the token of its section peers is another one"
    case 404: return "\(status): it has no section peers, or is no hvsmon"
    case 400, 409:
      let line = response.text.prefix { $0 != "\n" }.prefix(300)
      let isText = line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
      let isShown = isText && !line.isEmpty && !line.contains(token.reveal())
      return status + (isShown ? ": \(line)" : "")
    default: return status
    }
  }

  private func noteSuccess(_ name: String) {
    guard lines[name] != nil else { return }
    if statistics[name]?.lastFailure != nil {
      surroundings.logger.info("the other instance is reached again", LogField("peer", name))
    }
    statistics[name, default: PeerStatistics()].lastFailure = nil
    statistics[name, default: PeerStatistics()].exchangedAt = surroundings.clock.now
  }

  private func noteFailure(_ name: String, _ reason: String) {
    let known = statistics[name]?.lastFailure
    statistics[name, default: PeerStatistics()].failures += 1
    statistics[name, default: PeerStatistics()].lastFailure = reason
    guard known == nil, !isStopped else { return }
    surroundings.logger.warning(
      "another instance cannot be reached: while that lasts a message may be told twice",
      LogField("peer", name),
      LogField("reason", reason)
    )
  }

  private func noteOversized(_ count: Int, for name: String) {
    guard count > 0 else { return }
    statistics[name, default: PeerStatistics()].oversized += count
    surroundings.logger.warning(
      "what was told of large groups is not given to another instance, as no message can hold it: "
        + "it may tell them again",
      LogField("peer", name),
      LogField("count", count)
    )
  }

  /// Drops what is of no use any more; what that was.
  func prune(now: Timestamp) -> [ToldKey] { replica?.prune(now: now) ?? [] }

  func noteLeft(to peer: String, _ count: Int) {
    statistics[peer, default: PeerStatistics()].deduplicated += count
  }

  func judge(_ waiting: [QueuedNotification], now: Timestamp) -> DeliveryVerdict {
    replica?.verdict(on: waiting, now: now) ?? .deliver
  }

  func noteTold(_ notification: AlertNotification, _ message: SentMessage?, _ time: Timestamp) {
    guard let keys = replica?.note(notification, leaving: message, now: time) else { return }
    store(keys)
    ring()
  }
}
