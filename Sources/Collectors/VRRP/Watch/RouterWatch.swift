// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Net
import Polling
import Synchronization

/// Listens to one virtual router on a thread of its own, for as long as it is kept.
final class RouterWatch: Sendable {
  /// The floating address is asked this often: gaps are measured as finely.
  static let echoPace = Duration.milliseconds(100)
  /// An interface may have been set up anew, and a capability given.
  static let joinPace = Duration.seconds(30)
  /// Packets that are read before everything else is looked at again.
  static let packetsMax = 64

  struct State {
    var sightings: RouterSightings
    var newsArrived: @Sendable () -> Void = {}
    /// Has the other witnesses asked.
    var askWitnesses: [Int: @Sendable () -> Void] = [:]
    /// The upheaval after which they were asked.
    var askedUpheaval: Timestamp?
    /// What whoever asked last was told.
    var told: News?
    var isStarted = false
    var isEnding = false
  }

  /// What must not wait for the next poll.
  struct News: Equatable {
    let judgement: RouterSightings.Verdict
    let masters: Set<String>?
    let changes: Int
    let isDeaf: Bool
    /// Some time has passed since the last change: other witnesses may have caught up.
    let isSettled: Bool
    /// Who has the address, as the members tell.
    let holders: Set<String>?
    /// Whether keepalived runs at each member, and its state.
    let isRunning: [Bool?]
    let states: [KeepalivedReport.State?]
  }

  private let state: Mutex<State>
  private let logger: Logger
  private let clock: any PollClock
  private let bell: Bell?
  let settings: VRRPSettings

  init(_ settings: VRRPSettings, logger: Logger, clock: any PollClock = SystemClock()) {
    self.clock = clock
    self.settings = settings
    self.logger = logger
    state = Mutex(State(sightings: RouterSightings(settings, echoPace: Self.echoPace)))
    bell = Bell()
  }

  /// Time that only goes on, as an instant.
  var now: Timestamp { .epoch + clock.uptime }

  /// What is known by now; from then on `newsArrived` is called when that has changed.
  ///
  /// The first call begins to listen.
  func sightings(
    newsArrived: @escaping @Sendable () -> Void,
    at now: Timestamp
  ) -> RouterSightings {
    let (sightings, starts) = state.withLock { state in
      state.newsArrived = newsArrived
      state.told = state.sightings.news(at: now)
      defer { state.isStarted = true }
      return (state.sightings, !state.isStarted)
    }
    if starts { start() }
    return sightings
  }

  /// Has `ask` called once each time the masters have changed and the new one has settled; another
  /// one of the same number takes its place.
  func callAfterChange(_ ask: @escaping @Sendable () -> Void, number: Int = 0) {
    state.withLock { $0.askWitnesses[number] = ask }
  }

  /// The member's keepalived is to be asked for a report.
  func isReportDue(of member: String) -> Bool {
    state.withLock { $0.sightings.isReportDue(of: member, at: now) }
  }

  /// The member's keepalived is to be asked for its text.
  func isTextDue(of member: VRRPSettings.Member) -> Bool {
    state.withLock { $0.sightings.isTextDue(of: member, at: now) }
  }

  /// Adds what another witness saw.
  func note(_ change: (inout RouterSightings) -> Void) {
    state.withLock { change(&$0.sightings) }
    announce(at: now)
  }

  /// Lets the thread end.
  func end() {
    state.withLock { $0.isEnding = true }
    bell?.ring()
  }

  private func start() {
    let listens = !settings.witnesses.isDisjoint(with: [.advertisements, .probe])
    guard listens else { return }
    guard let bell, Thread.start({ self.run(bell) }) else {
      note { $0.deafness = $0.deafness.map { _ in "no_thread" } }
      return
    }
  }

  private func run(_ bell: Bell) {
    var ears = RouterEars(settings)
    var nextJoin = self.now
    while !state.withLock({ $0.isEnding }) {
      var now = self.now
      if now >= nextJoin {
        open(&ears)
        nextJoin = now + Self.joinPace
      }
      let nextEcho = ears.askAddress(at: now, pace: Self.echoPace)
      let change = state.withLock { $0.sightings.nextChange(after: now) }
      let wake = [nextJoin, nextEcho, change].compactMap { $0 }.min() ?? nextJoin
      ears.wait(for: wake - now, bell)
      now = self.now
      let heard = ears.read(atMost: Self.packetsMax)
      if !heard.isEmpty {
        state.withLock { state in
          for sound in heard { state.sightings.take(sound, at: now) }
        }
      }
      announce(at: now)
    }
  }

  /// Opens what is not open yet, and says once why it cannot be.
  private func open(_ ears: inout RouterEars) {
    let (deafness, probeFault) = ears.open()
    let before = state.withLock { state in
      defer {
        state.sightings.deafness = deafness
        state.sightings.probeFault = probeFault
      }
      return (state.sightings.deafness, state.sightings.probeFault)
    }
    if let deafness, deafness != "off", deafness != before.0 {
      logger.warning(
        "VRRP advertisements cannot be read; give hvsmon CAP_NET_RAW (see hvsmon.service)",
        LogField("tier", settings.tier),
        LogField("reason", deafness)
      )
    }
    if let probeFault, probeFault != "off", probeFault != before.1, probeFault != deafness {
      logger.warning(
        "the floating address cannot be probed",
        LogField("tier", settings.tier),
        LogField("reason", probeFault)
      )
    }
  }

  /// Calls whoever waits for news, once for each change.
  private func announce(at now: Timestamp) {
    let calls = state.withLock { state -> [@Sendable () -> Void] in
      let news = state.sightings.news(at: now)
      guard let told = state.told, told != news else { return [] }
      state.told = news
      let upheaval = state.sightings.upheaval
      guard news.isSettled, upheaval != state.askedUpheaval else { return [state.newsArrived] }
      state.askedUpheaval = upheaval
      return [state.newsArrived] + Array(state.askWitnesses.values)
    }
    for call in calls { call() }
  }
}

extension RouterSightings {
  /// What is compared to find out whether there are news.
  fileprivate func news(at now: Timestamp) -> RouterWatch.News {
    let names = settings.members.map(\.name)
    return RouterWatch.News(
      judgement: judgement(at: now),
      masters: masters(.advertisements, at: now),
      changes: changes.values.reduce(0, +),
      isDeaf: deafness != nil,
      isSettled: now >= settledAt,
      holders: masters(.ssh, at: now),
      isRunning: names.map { isKeepalivedRunning($0, at: now) },
      states: names.map { keepalivedState(of: $0, [], at: now) }
    )
  }

  fileprivate mutating func take(_ sound: RouterEars.Sound, at now: Timestamp) {
    switch sound {
    case .advertisement(let advertisement): hear(advertisement, at: now)
    case .refused(let fault): refuse(fault.kind)
    case .echo: echo(at: now)
    }
  }
}
