// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport

/// Instances with planners, queues and a network between them, a service that people read, and faults
/// at random; time goes in tenths of a second.
struct PeerWorld {
  static let step = 0.1
  static let place = IntegrationID(receiver: "chat", kind: "test")
  static let wait = 5.0

  /// One alert from when to when it is so.
  struct Episode {
    let name: String
    let from: Double
    let to: Double
  }

  /// What the service took.
  struct Told {
    let at: Double
    let by: String
    let message: AlertNotification
  }

  /// An instance and what of it survives a kill.
  struct Instance {
    let name: String
    /// How late it sees what happens.
    var delay: Double
    var planner: NotificationPlanner
    var backlog = NotificationBacklog()
    var nextID: Int64 = 1
    var replica: PeerReplica
    var storedLog = ToldLog()
    var isUp = true
    var upAgainAt = 0.0
    /// When it sees something else next, or has something to say.
    var nextLook = 0.0
    var nextExchange = 0.0
    var flight: Flight?

    struct Flight {
      let waiting: [QueuedNotification]
      let message: AlertNotification
      let takenAt: Double
      let endsAt: Double
      var isTaken = false
    }
  }

  private struct Letter {
    let at: Double
    let message: PeerMessage
    let isAnswer: Bool
  }

  var instances: [Instance]
  var episodes: [Episode] = []
  var told: [Told] = []
  /// Pairs that cannot hear each other.
  var cuts: Set<Set<String>> = []
  private(set) var now = 0.0
  private var letters: [Letter] = []
  private var random: SeededRandom
  private var lives = 0
  private let terms: [PeerReplica.Terms]
  private let settings: NotificationSettings

  init(_ names: [String], seed: UInt64, repetition: Double = 3_600) throws {
    random = SeededRandom(seed: seed)
    settings = NotifyingTests.settings(
      try route("chat", by: .labels(["alertname"]), wait: 1, interval: 30, repetition: repetition)
    )
    let settings = self.settings
    let terms = names.map {
      PeerReplica.Terms(cluster: "c", name: $0, order: names, wait: .seconds(Self.wait))
    }
    self.terms = terms
    instances = []
    for (index, name) in names.enumerated() {
      instances.append(
        Instance(
          name: name,
          delay: Double.random(in: 0...2, using: &random),
          planner: NotificationPlanner(settings: settings),
          replica: PeerReplica(terms: terms[index], epoch: "\(name)-0", now: time(0))
        )
      )
    }
  }

  /// Goes on until then.
  mutating func run(until end: Double) {
    while now < end {
      now += Self.step
      carryLetters()
      for index in instances.indices {
        if !instances[index].isUp, now >= instances[index].upAgainAt { restart(index) }
        guard instances[index].isUp else { continue }
        look(index)
        deliver(index)
        speak(index)
      }
    }
  }

  mutating func kill(_ index: Int, for span: Double) {
    instances[index].isUp = false
    instances[index].flight = nil
    instances[index].upAgainAt = now + span
    // The file has what was written up to a moment before.
    if Bool.random(using: &random) { instances[index].storedLog = instances[index].replica.log }
  }

  private mutating func restart(_ index: Int) {
    lives += 1
    let old = instances[index]
    instances[index].isUp = true
    instances[index].nextLook = now
    instances[index].nextExchange = now
    instances[index].planner = NotificationPlanner(
      settings: settings,
      groups: old.planner.groups
    )
    instances[index].replica = PeerReplica(
      terms: terms[index],
      epoch: "\(old.name)-\(lives)",
      log: old.storedLog,
      now: time(now)
    )
  }

  /// What an instance sees at present, ends included.
  private func alerts(_ delay: Double) -> [Alert] {
    var byName: [String: Alert] = [:]
    for episode in episodes where episode.from + delay <= now {
      let isOver = episode.to + delay <= now
      byName[episode.name] = alert(
        episode.name,
        at: episode.from + delay,
        endedAt: isOver ? episode.to + delay : nil
      )
    }
    return Array(byName.values)
  }

  private mutating func look(_ index: Int) {
    guard now >= instances[index].nextLook else { return }
    let delay = instances[index].delay
    let alerts = alerts(delay)
    let before = instances[index].planner
    let plan = instances[index].planner.step(alerts: alerts, now: time(now))
    let changes = episodes.flatMap { [$0.from + delay, $0.to + delay] }.filter { $0 > now }
    let deadline = instances[index].planner.nextDeadline.map { ($0 - time(0)).inSeconds }
    instances[index].nextLook = min(changes.min() ?? .infinity, deadline ?? .infinity)
    let ends = instances[index].planner.silentEnds(since: before, plan)
    _ = instances[index].replica.note(ends, now: time(now))
    for message in instances[index].replica.named(plan.notifications, now: time(now)) {
      let queued = QueuedNotification(id: instances[index].nextID, notification: message)
      instances[index].nextID += 1
      _ = instances[index].backlog.add(queued)
    }
  }

  private mutating func deliver(_ index: Int) {
    if let flight = instances[index].flight {
      if !flight.isTaken, now >= flight.takenAt {
        told.append(Told(at: now, by: instances[index].name, message: flight.message))
        instances[index].flight?.isTaken = true
      }
      guard now >= flight.endsAt else { return }
      _ = instances[index].replica.note(flight.message, leaving: nil, now: time(now))
      _ = instances[index].backlog.remove(flight.waiting.map(\.id))
      instances[index].flight = nil
      instances[index].nextExchange = now
    }
    while case .ready(let waiting) = instances[index].backlog.next(
      for: Self.place,
      now: time(now)
    ) {
      switch instances[index].replica.verdict(on: waiting, now: time(now)) {
      case .deliver:
        let message = AlertNotification.combining(waiting.map(\.notification), wasTried: false)
        guard let message else { return }
        let takenAt = now + Double.random(in: 0...0.6, using: &random)
        instances[index].flight = Instance.Flight(
          waiting: waiting,
          message: message,
          takenAt: takenAt,
          endsAt: takenAt + Double.random(in: 0...0.4, using: &random)
        )
        return
      case .rest(let until):
        instances[index].backlog.postpone(waiting.map(\.id), until: until, countsAsAttempt: false)
      case .leave(let ids, _): _ = instances[index].backlog.remove(ids)
      }
    }
  }

  // MARK: The network

  private mutating func speak(_ index: Int) {
    guard now >= instances[index].nextExchange else { return }
    instances[index].nextExchange = now + 1
    for other in terms[index].others { send(index, to: other, isAnswer: false) }
  }

  private mutating func send(_ index: Int, to other: String, isAnswer: Bool) {
    let isBusy = instances[index].backlog.count > 0
    let message = instances[index].replica.message(
      to: other,
      steady: isBusy ? [Self.place] : [],
      now: time(now)
    )
    let at = now + Double.random(in: 0...0.3, using: &random)
    letters.append(Letter(at: at, message: message, isAnswer: isAnswer))
  }

  private mutating func carryLetters() {
    let due = letters.filter { $0.at <= now }
    letters.removeAll { $0.at <= now }
    for letter in due {
      let message = letter.message
      guard !cuts.contains([message.from, message.to]),
        let index = instances.firstIndex(where: { $0.name == message.to }), instances[index].isUp,
        (try? instances[index].replica.take(message, now: time(now))) != nil
      else { continue }
      if Int.random(in: 0..<20, using: &random) == 0 {
        instances[index].storedLog = instances[index].replica.log
      }
      if !letter.isAnswer { send(index, to: message.from, isAnswer: true) }
    }
  }
}

extension PeerWorld {
  /// Messages that told people nothing which they did not know, reminders apart.
  var doubles: [String] {
    var known: [String: Bool] = [:]
    var doubles: [String] = []
    for told in told {
      var isNews = told.message.reason == .repeated
      for alert in told.message.alerts.map(\.alert) {
        let name = alert.labels["alertname"] ?? ""
        if known[name] != !alert.isResolved { isNews = true }
        known[name] = !alert.isResolved
      }
      if !isNews { doubles.append("\(told.at) \(told.by) \(line(told.message))") }
    }
    return doubles
  }

  /// Episodes of which people did not know in time: so many seconds after their begin, or end.
  func missed(within limit: Double) -> [String] {
    var missed: [String] = []
    for episode in episodes {
      for (instant, isFiring) in [(episode.from, true), (episode.to, false)] {
        let stays = isFiring ? episode.to - episode.from > limit : isLast(episode, limit)
        guard instant + limit < now, stays else { continue }
        let latest = told.last { told in
          told.at <= instant + limit
            && told.message.alerts.contains { $0.alert.labels["alertname"] == episode.name }
        }
        let alert = latest?.message.alerts.first {
          $0.alert.labels["alertname"] == episode.name
        }?.alert
        if alert?.isResolved != !isFiring {
          missed.append("\(episode.name) at \(instant), \(isFiring ? "begin" : "end")")
        }
      }
    }
    return missed
  }

  /// Nothing of the same alert follows for as long after its end.
  private func isLast(_ episode: Episode, _ limit: Double) -> Bool {
    !episodes.contains {
      $0.name == episode.name && $0.from > episode.from && $0.from < episode.to + limit
    }
  }
}
