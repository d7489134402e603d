// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import TestSupport
import Testing

@Suite struct PeerReplicaTests {
  /// An instance with what people said at it.
  private struct Instance {
    var replica: PeerReplica
    var ledger = OperatorLedger()
    /// How far its clock is ahead.
    let offset: Double

    mutating func say(_ changes: LedgerChanges) { replica.note(changes) }

    mutating func take(_ message: PeerMessage, at seconds: Double) throws {
      let now = time(seconds + offset)
      let news = try replica.take(message, now: now)
      say(
        ledger.merge(
          silences: news.silences,
          acknowledgements: news.acknowledgements,
          now: now
        )
      )
    }
  }

  private static func terms(_ name: String, _ order: [String] = ["a", "b", "c"])
    -> PeerReplica.Terms
  {
    PeerReplica.Terms(cluster: "c", name: name, order: order, wait: .seconds(15))
  }

  private static func replica(_ name: String, _ order: [String] = ["a", "b", "c"]) -> PeerReplica {
    PeerReplica(terms: terms(name, order), epoch: "epoch-\(name)", now: time(0))
  }

  /// Does something at random that people or the planner do.
  private func act(_ instance: inout Instance, at seconds: Double, _ random: inout SeededRandom)
    throws
  {
    let now = time(seconds + instance.offset)
    let number = Int.random(in: 0..<4, using: &random)
    let labels = alert("A\(number)").labels
    switch Int.random(in: 0..<6, using: &random) {
    case 0:
      let isOver = Bool.random(using: &random)
      let told = NotifiedAlert(alert("A\(number)", endedAt: isOver ? seconds : nil))
      let message = notification("g\(number % 2)", [told], at: seconds)
      _ = instance.replica.note(message, leaving: nil, now: now)
    case 1:
      let key = ToldKey(IntegrationID(receiver: "chat", kind: "test"), "g\(number % 2)")
      let end = SilentEnd(key, fingerprint: alert("A\(number)").fingerprint)
      _ = instance.replica.note([end], now: now)
    case 2:
      let draft = SilenceDraft(
        matchers: [LabelMatcher("alertname", .equal, "A\(number)")],
        startsAt: now,
        endsAt: now + .seconds(10_000),
        createdBy: "ann",
        comment: "\(seconds)"
      )
      let id = "\(instance.replica.terms.name)-\(seconds)"
      instance.say(try instance.ledger.set(draft, newID: id, now: now).changes)
    case 3:
      let known = instance.ledger.silences.sorted { $0.id < $1.id }
      guard let picked = known.randomElement(using: &random) else { return }
      if let changes = try? instance.ledger.expire(picked.id, now: now) { instance.say(changes) }
    case 4:
      let made = Acknowledgement(.alert(labels), by: "\(instance.offset)", at: now)
      instance.say(instance.ledger.acknowledge(made))
    default:
      if let changes = instance.ledger.withdraw(.alert(labels), by: "ann", now: now) {
        instance.say(changes)
      }
    }
  }

  @Test func `instances come to know the same, whatever is lost, late or doubled between them`()
    throws
  {
    for seed in 0..<UInt64(20) {
      var random = SeededRandom(seed: seed)
      var instances: [Instance] = ["a", "b", "c"].map { name in
        // Clocks may be minutes apart.
        var instance = Instance(
          replica: Self.replica(name),
          offset: Double.random(in: -120...120, using: &random)
        )
        instance.ledger.isShared = true
        return instance
      }
      var letters: [PeerMessage] = []
      for step in 0..<300 {
        let seconds = Double(step)
        let index = Int.random(in: 0..<3, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: try act(&instances[index], at: seconds, &random)
        case 1:
          let other = ["a", "b", "c"].filter { $0 != instances[index].replica.terms.name }
            .randomElement(using: &random)
          var left = 2
          letters.append(
            instances[index].replica.message(to: other ?? "a", now: time(seconds)) { _ in
              left -= 1
              return left >= 0 ? .enough : .next
            }
          )
        default:
          // Some come twice, or after later ones, and some never.
          guard let letter = letters.randomElement(using: &random) else { continue }
          let addressee = instances.firstIndex { $0.replica.terms.name == letter.to }
          try instances[try #require(addressee)].take(letter, at: seconds)
        }
      }
      try exchangeEverything(&instances)
      for other in instances.dropFirst() {
        #expect(other.replica.log.groups == instances[0].replica.log.groups, "seed \(seed)")
        #expect(other.ledger.said == instances[0].ledger.said, "seed \(seed)")
      }
    }
  }

  private func exchangeEverything(_ instances: inout [Instance]) throws {
    for _ in 0..<4 {
      for from in instances.indices {
        for to in instances.indices where to != from {
          let name = instances[to].replica.terms.name
          let message = instances[from].replica.message(to: name, now: time(300))
          try instances[to].take(message, at: 300)
          let answer = instances[to].replica.message(
            to: instances[from].replica.terms.name,
            now: time(300)
          )
          try instances[from].take(answer, at: 300)
        }
      }
    }
  }

  @Test func `only what is new is said, and all of it to one that started anew`() throws {
    var (first, second) = (Self.replica("a"), Self.replica("b"))
    for number in 0..<5 {
      _ = first.note(notification("g\(number)", at: 1), leaving: nil, now: time(1))
    }
    let all = first.message(to: "b", now: time(2))
    #expect(all.items.count == 5 && all.isWhole)
    let news = try second.take(all, now: time(2))
    #expect(news.told.count == 5 && news.messages.count == 5)
    #expect(try second.take(all, now: time(2)).told.isEmpty)
    // What it hears it hands on, for others may not hear the first.
    _ = try first.take(second.message(to: "a", now: time(2)), now: time(2))
    #expect(first.message(to: "b", now: time(3)).items.isEmpty)
    #expect(first.message(to: "c", now: time(3)).items.count == 5)
    var anew = PeerReplica(terms: Self.terms("b"), epoch: "another", now: time(4))
    _ = try first.take(anew.message(to: "a", now: time(4)), now: time(4))
    #expect(try anew.take(first.message(to: "b", now: time(4)), now: time(4)).told.count == 5)
  }

  @Test func `messages are taken in pages, each once`() throws {
    var (first, second) = (Self.replica("a"), Self.replica("b"))
    for number in 0..<2_500 {
      _ = first.note(notification("g\(number)", at: 1), leaving: nil, now: time(1))
    }
    var sizes: [Int] = []
    for _ in 0..<4 {
      let message = first.message(to: "b", now: time(2))
      sizes.append(message.items.count)
      _ = try second.take(message, now: time(2))
      var answer = second.message(to: "a", now: time(2))
      answer.items = []
      _ = try first.take(answer, now: time(2))
    }
    #expect(sizes == [1_000, 1_000, 500, 0])
    #expect(second.log.groups == first.log.groups)
  }

  @Test func `what is not meant for this instance changes nothing`() throws {
    var replica = Self.replica("b")
    var sender = Self.replica("a")
    _ = sender.note(notification("g", at: 1), leaving: nil, now: time(1))
    let good = sender.message(to: "b", now: time(2))
    var (cluster, addressee, stranger) = (good, good, good)
    cluster.cluster = "other"
    addressee.to = "c"
    stranger.from = "x"
    for (message, words) in [
      (cluster, "give both the same cluster.name"), (addressee, "it was sent to \"c\""),
      (stranger, "name it in peers.instances"),
    ] {
      let refusal = #expect(throws: PeerRefusal.self) {
        try replica.take(message, now: time(2))
      }
      #expect(refusal?.description.contains(words) == true)
      #expect(replica.log.groups.isEmpty && !replica.isAlive("a", at: time(2)))
    }
  }

  // MARK: Whose turn it is

  private func queued(_ seconds: Double) -> [QueuedNotification] {
    [QueuedNotification(id: 1, notification: notification("g", at: seconds))]
  }

  /// The instances that are up have been heard at that time.
  private func heard(_ names: [String], by name: String, at seconds: Double) throws -> PeerReplica {
    var replica = Self.replica(name)
    for other in names {
      let message = Self.replica(other).message(to: name, now: time(seconds))
      _ = try replica.take(message, now: time(seconds))
    }
    return replica
  }

  @Test func `who comes later waits longer, and nobody waits for one that is gone`() throws {
    var first = try heard(["b", "c"], by: "a", at: 100)
    #expect(first.verdict(on: queued(100), now: time(100)) == .deliver)
    var third = try heard(["a", "b"], by: "c", at: 100)
    #expect(third.ahead(at: time(100)) == ["a", "b"])
    #expect(third.verdict(on: queued(100), now: time(100)) == .rest(until: time(101)))
    #expect(third.verdict(on: queued(98), now: time(114.5)) == .rest(until: time(115.5)))
    // Nobody was heard for the wait.
    #expect(third.verdict(on: queued(100), now: time(115)) == .deliver)
    var second = try heard(["a"], by: "b", at: 100)
    #expect(second.verdict(on: queued(86), now: time(100.5)) == .rest(until: time(101)))
    #expect(second.verdict(on: queued(86), now: time(101)) == .deliver)
  }

  @Test func `what is due waits while one ahead delivers others to the same place`() throws {
    var second = Self.replica("b")
    let place = IntegrationID(receiver: "chat", kind: "test")
    let busy = Self.replica("a").message(to: "b", steady: [place], now: time(400))
    _ = try second.take(busy, now: time(400))
    #expect(second.verdict(on: queued(300), now: time(401)) == .rest(until: time(402)))
    #expect(second.verdict(on: queued(100), now: time(401)) == .deliver)
    let idle = Self.replica("a").message(to: "b", now: time(401))
    _ = try second.take(idle, now: time(401))
    #expect(second.verdict(on: queued(300), now: time(402)) == .deliver)
  }

  @Test func `an instance that tells nobody is not waited for`() throws {
    var mute = Self.replica("a")
    mute.isTelling = false
    var second = Self.replica("b")
    _ = try second.take(mute.message(to: "b", now: time(100)), now: time(100))
    #expect(second.verdict(on: queued(100), now: time(100)) == .deliver)
  }

  @Test func `after a start nothing is sent before the others were heard, or the wait is over`()
    throws
  {
    var first = Self.replica("a", ["a", "b"])
    #expect(first.verdict(on: queued(-5), now: time(1)) == .rest(until: time(2)))
    _ = try first.take(Self.replica("b", ["a", "b"]).message(to: "a", now: time(1)), now: time(1))
    #expect(first.verdict(on: queued(-5), now: time(1)) == .deliver)
    var alone = Self.replica("a", ["a", "b"])
    #expect(alone.verdict(on: queued(-5), now: time(15)) == .deliver)
  }

  @Test func `a clock that is set back holds no message`() throws {
    var second = try heard(["a"], by: "b", at: 10_000)
    #expect(second.verdict(on: queued(10_000), now: time(5_000)) == .deliver)
    // The sign of life was not in the future.
    _ = second.verdict(on: queued(5_000), now: time(5_000))
    #expect(!second.isAlive("a", at: time(5_016)))
  }

  @Test func `messages have the same ids everywhere, and each another one`() {
    var (first, second) = (Self.replica("a"), Self.replica("b"))
    let begin = notification("g", at: 5)
    let end = notification("g", [NotifiedAlert(alert(endedAt: 9))], reason: .resolved, at: 9)
    let ids = [begin, end, begin].flatMap { first.named([$0], now: time(10)) }.map(\.eventID)
    let others = [begin, end, begin].flatMap { second.named([$0], now: time(11)) }.map(\.eventID)
    #expect(ids == others && Set(ids).count == 3)
  }

  @Test func `ends that nobody is told of are found in a step`() throws {
    var planner = NotificationPlanner(
      settings: settings(try route("chat", wait: 0), sendsResolved: false)
    )
    _ = planner.step(alerts: [alert()], now: time(0))
    let before = planner
    let plan = planner.step(alerts: [alert(endedAt: 50)], now: time(50))
    #expect(plan.notifications.isEmpty)
    let key = ToldKey(IntegrationID(receiver: "chat", kind: "test"), "{}:{alertname=\"A\"}")
    let end = SilentEnd(key, fingerprint: alert().fingerprint)
    #expect(planner.silentEnds(since: before, plan) == [end])
    var telling = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    _ = telling.step(alerts: [alert()], now: time(0))
    let known = telling
    let told = telling.step(alerts: [alert(endedAt: 50)], now: time(50))
    #expect(told.notifications.count == 1 && telling.silentEnds(since: known, told).isEmpty)
  }

  @Test func `a repetition counts from the message that another instance sent`() throws {
    var planner = NotificationPlanner(settings: settings(try route("chat", wait: 0)))
    _ = planner.step(alerts: [alert()], now: time(0))
    let key = ToldKey(IntegrationID(receiver: "chat", kind: "test"), "{}:{alertname=\"A\"}")
    planner.noteTold([key: time(600)], now: time(700))
    #expect(planner.nextDeadline == time(4_200))
    planner.noteTold([key: time(99_999)], now: time(800))
    #expect(planner.nextDeadline == time(4_400))
  }
}

extension OperatorLedger {
  /// Everything in it as texts, in order.
  fileprivate var said: [String] {
    let silences = silences.map { "\($0.id) \($0.endsAt) \($0.updatedAt)" }
    let made = content.acknowledgements.map { "\($0.subject) \($0.by) \($0.at) \($0.isWithdrawn)" }
    return (silences + made).sorted()
  }
}
