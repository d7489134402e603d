// SPDX-License-Identifier: MIT
package import MetricModel

/// What this instance shares with others on the same cluster, and whose turn it is to tell people.
///
/// A value without clock or socket: messages and times in, messages and decisions out. Whatever is
/// lost, doubled or late between instances, they come to know the same once a message gets through.
package struct PeerReplica: Sendable {
  /// How instances know each other.
  package struct Terms: Equatable, Sendable {
    /// The cluster that all of them watch.
    package let cluster: String
    /// This instance.
    package let name: String
    /// Every instance, this one included; the first one that lives tells people.
    package let order: [String]
    /// How much longer than the one before it each instance waits.
    package let wait: Duration

    /// Describes instances.
    package init(cluster: String, name: String, order: [String], wait: Duration) {
      self.cluster = cluster
      self.name = name
      self.order = order
      self.wait = wait
    }

    /// The others, in order.
    package var others: [String] { order.filter { $0 != name } }
  }

  /// What a message led to, besides what is known of it here.
  package struct News: Equatable, Sendable {
    /// Silences to take in.
    package var silences: [Silence] = []
    /// Acknowledgements to take in.
    package var acknowledgements: [Acknowledgement] = []
    /// What is known otherwise now.
    package var told: [ToldKey] = []
    /// The messages that others sent.
    package var messages: [ToldKey: ToldMessage] = [:]

    /// Nothing.
    package init() {}
  }

  /// Without a sign of life for so long, an instance counts as gone; never less than the wait.
  private static let shortestLife = Duration.seconds(5)
  /// A message waits at most so long for an instance that is delivering others to the same place.
  private static let longestDeference = Duration.seconds(300)
  /// What waits for its turn is looked at again after this long.
  private static let glance = Duration.seconds(1)
  /// Event ids of groups that are remembered before their messages are taken.
  private static let decidedMax = 20_000

  /// How instances know each other.
  package private(set) var terms: Terms
  /// How long it is of use to know what was told.
  package var lifetime = Duration.seconds(86_400)
  /// There are people to tell.
  package var isTelling = true
  /// What every place was told.
  package private(set) var log: ToldLog

  private let epoch: String
  private let startedAt: Timestamp
  private(set) var journal = PeerJournal()
  private var silences: [String: Silence] = [:]
  private var acknowledgements: [Acknowledgement.Subject: Acknowledgement] = [:]
  private(set) var links: [String: PeerLink]
  /// The numbers by which event ids were made that may not have been delivered yet.
  private var decided: [ToldKey: Int64] = [:]

  /// Goes on with what was stored.
  ///
  /// - Parameters:
  ///   - terms: How instances know each other.
  ///   - epoch: A name that no earlier start had.
  ///   - log: What every place was told.
  ///   - now: The time of the start.
  package init(terms: Terms, epoch: String, log: ToldLog = ToldLog(), now: Timestamp) {
    self.terms = terms
    self.epoch = epoch
    self.log = log
    startedAt = now
    links = Dictionary(uniqueKeysWithValues: terms.others.map { ($0, PeerLink()) })
    for key in log.groups.keys { journal.note(.told(key)) }
  }

  /// Goes on with other instances; what is known of those that stay is kept.
  package mutating func adopt(_ terms: Terms) {
    self.terms = terms
    links = Dictionary(
      uniqueKeysWithValues: terms.others.map { ($0, links[$0] ?? PeerLink()) }
    )
  }

  // MARK: What happens here

  /// Notes that a place took a message from this instance; what is known otherwise after that.
  package mutating func note(
    _ notification: AlertNotification,
    leaving message: SentMessage?,
    now: Timestamp
  ) -> [ToldKey] {
    let key = ToldKey(notification)
    log.note(
      notification,
      leaving: message,
      by: terms.name,
      serial: decided[key],
      lifetime: lifetime,
      now: now
    )
    journal.note(.told(key))
    return [key] + dropPushedOut()
  }

  /// Notes ends that nobody is told of; what is known otherwise after that.
  package mutating func note(_ ends: [SilentEnd], now: Timestamp) -> [ToldKey] {
    let changed = log.note(ends, by: terms.name, now: now)
    for key in changed { journal.note(.told(key)) }
    return changed
  }

  /// Notes what people said, here or elsewhere.
  package mutating func note(_ changes: LedgerChanges) {
    for silence in changes.silences {
      silences[silence.id] = silence
      journal.note(.silence(silence.id))
    }
    for id in changes.droppedSilences {
      silences[id] = nil
      journal.remove(.silence(id))
    }
    for acknowledgement in changes.acknowledgements {
      acknowledgements[acknowledgement.subject] = acknowledgement
      journal.note(.acknowledgement(acknowledgement.subject))
    }
    for subject in changes.droppedAcknowledgements {
      acknowledgements[subject] = nil
      journal.remove(.acknowledgement(subject))
    }
  }

  /// Gives messages event ids that every instance would give them, so that a service that tells
  /// repetitions by their ids shows each message once even when two instances sent it.
  package mutating func named(
    _ notifications: [AlertNotification],
    now: Timestamp
  ) -> [AlertNotification] {
    if decided.count > Self.decidedMax { decided = [:] }
    return notifications.map { notification in
      let key = ToldKey(notification)
      // Where nothing is known, one number for all instances until the hour is over.
      let first = now.unixMilliseconds / 3_600_000 * 1_000_000
      let serial = max(log.groups[key]?.serial ?? first, decided[key] ?? 0) + 1
      decided[key] = serial
      return notification.named(serial: serial)
    }
  }

  /// Drops what is of no use any more; what that was.
  package mutating func prune(now: Timestamp) -> [ToldKey] {
    let over = log.prune(now: now)
    forget(over)
    return over
  }

  /// What made room for something else is of no use here any more either.
  private mutating func dropPushedOut() -> [ToldKey] {
    let gone = log.takePushedOut().filter { log.groups[$0] == nil }
    forget(gone)
    return gone
  }

  private mutating func forget(_ keys: [ToldKey]) {
    for key in keys {
      journal.remove(.told(key))
      decided[key] = nil
    }
  }
}

// MARK: Messages

extension PeerReplica {
  /// What to say to another instance now.
  ///
  /// - Parameters:
  ///   - peer: Another instance of the terms.
  ///   - steady: Places for which messages wait and to which the latest was delivered.
  ///   - isBare: Says only that this instance lives, and that more follows if it does: what a peer
  ///     lacks that cannot be reached is not worth finding.
  ///   - now: The present.
  ///   - room: Whether there is room for a thing, beside those that were asked for before.
  /// - Returns: A message, with as many changes as fit.
  package func message(
    to peer: String,
    steady: [IntegrationID] = [],
    isBare: Bool = false,
    now: Timestamp,
    room: (SharedItem) -> PeerMessage.Room = { _ in .enough }
  ) -> PeerMessage {
    let link = links[peer] ?? PeerLink()
    var message = PeerMessage(
      cluster: terms.cluster,
      from: terms.name,
      to: peer,
      epoch: epoch,
      sentAt: now,
      received: link.received,
      revision: journal.revision,
      isTelling: isTelling,
      steady: steady
    )
    guard !isBare else {
      message.isWhole = link.given >= journal.revision
      message.revision = link.given
      return message
    }
    for change in journal.changes(after: link.given) {
      guard let item = item(change.key) else { continue }
      let found = room(item)
      guard found != .never else { continue }
      guard found == .enough, message.items.count < PeerMessage.itemsMax else {
        message.isWhole = false
        message.revision = change.revision - 1
        break
      }
      message.items.append(item)
    }
    return message
  }

  private func item(_ key: SharedKey) -> SharedItem? {
    switch key {
    case .told(let key): log.groups[key].map { .told(key, $0) }
    case .silence(let id): silences[id].map { .silence($0) }
    case .acknowledgement(let subject): acknowledgements[subject].map { .acknowledgement($0) }
    }
  }

  /// Takes a message of another instance.
  ///
  /// - Returns: What is to be done with it.
  /// - Throws: ``PeerRefusal``; then nothing has changed.
  package mutating func take(_ message: PeerMessage, now: Timestamp) throws(PeerRefusal) -> News {
    guard message.cluster == terms.cluster else {
      throw .otherCluster(theirs: message.cluster, ours: terms.cluster)
    }
    guard message.to == terms.name else {
      throw .otherAddressee(theirs: message.to, ours: terms.name)
    }
    guard var link = links[message.from] else { throw .unknownSender(message.from) }
    link.hear(message, epoch: epoch, ownRevision: journal.revision, now: now)
    links[message.from] = link
    var news = News()
    for item in message.items {
      switch item {
      case .silence(let silence):
        if silences[silence.id] != silence { news.silences.append(silence) }
      case .acknowledgement(let made):
        if acknowledgements[made.subject] != made { news.acknowledgements.append(made) }
      case .told(let key, let told):
        let before = log.groups[key]?.last
        guard log.merge(told, for: key, now: now) else { continue }
        journal.note(.told(key))
        news.told.append(key)
        if let last = log.groups[key]?.last, last != before { news.messages[key] = last }
      }
    }
    news.told += dropPushedOut()
    return news
  }
}

// MARK: Whose turn it is

extension PeerReplica {
  /// What to do with messages of one group that could be delivered now.
  ///
  /// - Parameters:
  ///   - waiting: All that wait for one place about one group, oldest first.
  ///   - now: The present.
  /// - Returns: Deliver them, leave them, or let them rest.
  package mutating func verdict(
    on waiting: [QueuedNotification],
    now: Timestamp
  ) -> DeliveryVerdict {
    guard let oldest = waiting.first, let newest = waiting.last, !links.isEmpty else {
      return .deliver
    }
    for peer in links.keys { links[peer]?.pullBack(to: now) }
    let notifications = waiting.map(\.notification)
    for count in Set([notifications.count, 1]).sorted(by: >) {
      let told = log.teller(
        of: Array(notifications.prefix(count)),
        besides: terms.name,
        tolerance: terms.wait
      )
      if let told { return .leave(waiting.prefix(count).map(\.id), toldBy: told) }
    }
    guard isSettled(at: now) else { return .rest(until: now + Self.glance) }
    let ahead = ahead(at: now)
    let decidedAt = oldest.notification.createdAt
    let due = decidedAt + terms.wait * ahead.count
    // A clock that was set back says nothing about how long it waited.
    if now < due, decidedAt <= now { return .rest(until: min(due, now + Self.glance)) }
    let integration = newest.notification.integration
    let isBeingServed = ahead.contains { links[$0]?.steady.contains(integration) == true }
    let patience = newest.notification.createdAt + Self.longestDeference
    if isBeingServed, now < patience, decidedAt <= now { return .rest(until: now + Self.glance) }
    return .deliver
  }

  /// The instances that come before this one, live, and tell people.
  package func ahead(at now: Timestamp) -> [String] {
    terms.order.prefix { $0 != terms.name }
      .filter { isAlive($0, at: now) && links[$0]?.isTelling == true }
  }

  /// It gave a sign of life lately.
  package func isAlive(_ peer: String, at now: Timestamp) -> Bool {
    guard let heard = links[peer]?.heardAt else { return false }
    return now - heard < max(terms.wait, Self.shortestLife)
  }

  /// How it stands with another instance.
  package func link(to peer: String) -> PeerLink? { links[peer] }

  /// Everything that others know was heard, or there was time enough for it.
  private func isSettled(at now: Timestamp) -> Bool {
    let sinceStart = now - startedAt
    guard sinceStart >= .zero, sinceStart < max(terms.wait, Self.shortestLife) else { return true }
    return links.values.allSatisfy(\.isSettled)
  }
}

/// How it stands with one other instance.
package struct PeerLink: Equatable, Sendable {
  /// When it gave a sign of life.
  package private(set) var heardAt: Timestamp?
  /// How far its clock is ahead, transmission included.
  package private(set) var clockOffset = Duration.zero
  /// It tells people.
  package private(set) var isTelling = true
  /// Everything that it knew was heard once.
  package private(set) var isSettled = false
  /// Where it is delivering.
  private(set) var steady: Set<IntegrationID> = []
  /// How much of its changes was taken.
  private(set) var received = PeerMessage.Receipt()
  /// How much of the changes here it has taken.
  private(set) var given: Int64 = 0

  /// Takes what a message says of its sender.
  fileprivate mutating func hear(
    _ message: PeerMessage,
    epoch: String,
    ownRevision: Int64,
    now: Timestamp
  ) {
    heardAt = now
    clockOffset = message.sentAt - now
    isTelling = message.isTelling
    steady = Set(message.steady)
    if message.epoch != received.epoch {
      // It started anew and knows of nothing that was given to it but what it stored.
      received = PeerMessage.Receipt(epoch: message.epoch)
      given = 0
    }
    // An older message may come later.
    received.revision = max(received.revision, message.revision)
    if message.received.epoch == epoch {
      given = max(given, min(message.received.revision, ownRevision))
    }
    if message.isWhole { isSettled = true }
  }

  /// A sign of life cannot come from the future.
  fileprivate mutating func pullBack(to now: Timestamp) {
    if let heardAt, heardAt > now { self.heardAt = now }
  }
}
