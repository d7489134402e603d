// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import RemoteShell
import Synchronization

/// What one host is asked by ssh: one question for all collectors that want something of it.
///
/// A collector's target takes part with what it wants, and asks in each poll:
///
///     let share = hosts.facts(at: member.address)?.share(every: poll.interval) { time in
///       [.addresses, .keepalivedData]
///     }
///     Target(..., slotKey: share.slotKey, ...)           // polled with the others of the host
///
///     let answer = try await share.ask(poll)             // in `collect`
///     let section = answer[.addresses]                   // nil only when it was not wished for
///
/// The first of a host's targets that is polled sends one question with everything that is due of
/// all; those that are polled meanwhile, or within ``joinTime`` of its poll, take their part of it. What is wished for may change with the time of the poll: a file that seldom changes is asked
/// for seldom. An answer that nobody took is forgotten, so a place in a log is moved on only by who
/// read the answer. Each share gets an answer once; asking again asks the host again.
///
/// A poll that answers a question (`Poll.isAsked`) never gets an answer from before it, and its
/// question holds the wishes of all: the others will be asked as well.
final class HostFacts: Sendable {
  /// What a share wants of a poll at this time; at most ``RemoteCommand`` sections as one question
  /// takes, 16, and at least one.
  typealias Wishes = @Sendable (_ time: Timestamp) -> [RemoteCommand]

  /// How much later than the poll that asked another one may begin and take its part of an answer
  /// that is there.
  static let joinTime = Duration.milliseconds(200)
  /// Sections of one question.
  static let sectionsMax = 16

  fileprivate struct Member {
    let interval: Duration
    let wishes: Wishes
    /// When the poll began that asked for its wishes last.
    var includedAt: Timestamp?
    var connectionClosed: (@Sendable () -> Void)?
  }

  /// One question to the host.
  fileprivate struct Round {
    let number: Int
    /// When the poll began that asked it.
    let time: Timestamp
    /// Whose wishes it holds and who has not taken the answer.
    var untaken: Set<Int>
    var waiters = 1
    var isAnswered = false
    var task: Task<Result<HostAnswer, RemoteShellError>, Never>?
  }

  fileprivate struct State {
    var members: [Member] = []
    var round: Round?
    var rounds = 0
    var host: RemoteHost?
  }

  private let destination: SSHDestination
  private let connections: SSHConnections?
  private let state = Mutex(State())

  init(_ destination: SSHDestination, _ connections: SSHConnections?) {
    self.destination = destination
    self.connections = connections
  }

  /// Takes part in what the host is asked.
  ///
  /// - Parameters:
  ///   - interval: How often the share's target is polled: so often its wishes go out with others'.
  ///   - wishes: What it wants.
  /// - Returns: What the target asks with.
  func share(every interval: Duration, _ wishes: @escaping Wishes) -> HostShare {
    let number = state.withLock { state in
      state.members.append(Member(interval: interval, wishes: wishes))
      return state.members.count - 1
    }
    return HostShare(facts: self, number: number)
  }

  /// Questions that were sent.
  var roundCount: Int { state.withLock { $0.rounds } }

  fileprivate var slotKey: String { "ssh/\(destination.address)" }

  fileprivate func ask(
    _ member: Int,
    _ poll: Poll
  ) async throws(CollectionError) -> HostAnswer {
    let (round, task) = entered(member, poll)
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      leave(round)
    }
    guard !Task.isCancelled else { throw .cancelled }
    do throws(RemoteShellError) {
      return try result.get()
    } catch {
      throw CollectionError(error, timeout: poll.timeout)
    }
  }

  /// Joins the question under way or begins one.
  private func entered(
    _ member: Int,
    _ poll: Poll
  ) -> (round: Int, task: Task<Result<HostAnswer, RemoteShellError>, Never>) {
    state.withLock { state in
      state.members[member].connectionClosed = poll.connectionClosed
      if let task = state.round?.task, state.round?.isOpen(to: member, poll) == true {
        state.round?.untaken.remove(member)
        state.round?.waiters += 1
        return (state.rounds, task)
      }
      let commands = state.begin(member, poll)
      let host = state.host ?? connections?.host(destination)
      state.host = host
      let number = state.rounds
      // It ends before the timeout, or is cancelled with the last who waits for it.
      let task = Task { [self] in
        defer { end(number) }
        return await answer(from: host, commands, timeout: poll.timeout)
      }
      state.round?.task = task
      return (number, task)
    }
  }

  private func answer(
    from host: RemoteHost?,
    _ commands: [RemoteCommand],
    timeout: Duration
  ) async -> Result<HostAnswer, RemoteShellError> {
    guard let host else { return .failure(.notStarted(reason: "no descriptors are left")) }
    do throws(RemoteShellError) {
      let answer = try await host.ask(commands, timeout: timeout) { [weak self] in
        self?.noteClosed()
      }
      return .success(HostAnswer(commands, answer))
    } catch {
      return .failure(error)
    }
  }

  private func end(_ number: Int) {
    state.withLock { state in
      guard state.round?.number == number else { return }
      state.round?.isAnswered = true
    }
  }

  /// One of those who wait gives up.
  private func leave(_ number: Int) {
    let abandoned = state.withLock { state -> Task<Result<HostAnswer, RemoteShellError>, Never>? in
      guard state.round?.number == number else { return nil }
      state.round?.waiters -= 1
      guard let round = state.round, round.waiters <= 0, !round.isAnswered else { return nil }
      state.round = nil
      return round.task
    }
    abandoned?.cancel()
  }

  private func noteClosed() {
    let listeners = state.withLock { $0.members.compactMap(\.connectionClosed) }
    for listener in listeners { listener() }
  }
}

extension HostFacts.Round {
  /// Its answer is new enough for this poll, and the member's wishes are in it.
  fileprivate func isOpen(to member: Int, _ poll: Poll) -> Bool {
    guard untaken.contains(member) else { return false }
    guard time < poll.time else { return true }
    guard !poll.isAsked else { return false }
    return !isAnswered || poll.time - time <= HostFacts.joinTime
  }
}

extension HostFacts.State {
  /// Begins a round for a member and all whose wishes are due; returns what to ask.
  fileprivate mutating func begin(_ member: Int, _ poll: Poll) -> [RemoteCommand] {
    var commands = Array(members[member].wishes(poll.time).prefix(HostFacts.sectionsMax))
    precondition(!commands.isEmpty, "a share wishes for something")
    members[member].includedAt = poll.time
    var others: Set<Int> = []
    for (other, share) in members.enumerated() where other != member {
      guard poll.isAsked || share.isDue(at: poll.time) else { continue }
      let added = share.wishes(poll.time).filter { !commands.contains($0) }
      guard commands.count + added.count <= HostFacts.sectionsMax else { continue }
      commands += added
      others.insert(other)
      members[other].includedAt = poll.time
    }
    rounds += 1
    round = HostFacts.Round(number: rounds, time: poll.time, untaken: others)
    return commands
  }
}

extension HostFacts.Member {
  /// A poll of its own would come about now.
  fileprivate func isDue(at time: Timestamp) -> Bool {
    // A clock that was set back must not keep it from being asked.
    includedAt.map { $0 > time || time - $0 >= interval * 9 / 10 } ?? true
  }
}

/// One target's part in what a host is asked.
final class HostShare: Sendable {
  private let facts: HostFacts
  private let number: Int

  fileprivate init(facts: HostFacts, number: Int) {
    self.facts = facts
    self.number = number
  }

  /// What the targets of the host are polled together by.
  var slotKey: String { facts.slotKey }

  /// Has what is wished for asked, with what others wish for, and returns the answer to all of it.
  func ask(_ poll: Poll) async throws(CollectionError) -> HostAnswer {
    try await facts.ask(number, poll)
  }
}

/// What a host answered, by what it was asked.
struct HostAnswer: Sendable {
  /// The host's own clock, in seconds since the Unix epoch.
  let unixSeconds: Int64
  private let sections: [RemoteCommand: RemoteSection]

  fileprivate init(_ commands: [RemoteCommand], _ answer: RemoteAnswer) {
    unixSeconds = answer.unixSeconds
    sections = Dictionary(zip(commands, answer.sections)) { first, _ in first }
  }

  /// The section that a command was answered with; nil when it was not asked.
  subscript(command: RemoteCommand) -> RemoteSection? { sections[command] }
}

extension CollectionError {
  /// What a question by ssh that failed means for a poll.
  init(_ error: RemoteShellError, timeout: Duration) {
    switch error {
    case .timedOut: self = .timedOut(after: timeout)
    case .cancelled, .closed: self = .cancelled
    default: self = .unreachable(kind: error.kind, reason: "ssh: \(error)")
    }
  }
}
