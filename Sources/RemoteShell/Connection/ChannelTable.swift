// SPDX-License-Identifier: MIT
import Glibc

/// All connections, as the thread that they belong to sees them.
struct ChannelTable {
  private let plan: ChannelPlan
  private var channels: [SSHDestination: Channel] = [:]
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  init(_ plan: ChannelPlan) {
    self.plan = plan
  }

  var isEmpty: Bool { channels.isEmpty }

  mutating func take(_ message: ShellThread.Message, now: Duration) {
    switch message {
    case .hold(let destination, let holder):
      channel(for: destination)?.holders.insert(holder)
    case .ask(let asked):
      let question = Question(asked)
      guard let channel = channel(for: asked.destination) else {
        question.resolve(.failure(.tooManyHosts(limit: plan.limits.hostsMax)))
        return
      }
      channel.holders.insert(asked.holder)
      channel.add(question, holder: asked.holder, onClose: asked.onClose)
    case .cancel(let id):
      // A message is cheap and comes seldom; the connections are few.
      for channel in channels.values { channel.cancel(id) }
    case .release(let destination, let holder):
      channels[destination]?.release(holder, now: now)
    }
  }

  private mutating func channel(for destination: SSHDestination) -> Channel? {
    if let channel = channels[destination] { return channel }
    guard channels.count < plan.limits.hostsMax else { return nil }
    let channel = Channel(destination, plan)
    channels[destination] = channel
    return channel
  }

  /// Fails all questions and begins to end all processes.
  func stop(now: Duration) {
    for channel in channels.values {
      channel.holders = []
      channel.stop(.closed, now: now)
    }
  }

  /// Does what is due at every connection, and forgets those that nobody holds.
  mutating func advance(now: Duration) {
    var starting = channels.values.count { $0.isStarting }
    for channel in channels.values {
      let wasStarting = channel.isStarting
      channel.advance(now: now, mayStart: starting < plan.limits.startsMax)
      if channel.isStarting, !wasStarting { starting += 1 }
    }
    channels = channels.filter { !$0.value.holders.isEmpty || !$0.value.isIdle }
  }

  /// Waits until there is something to do, and reads and writes what can be.
  mutating func wait(bell: Int32) {
    var entries = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
    var owners: [(channel: Channel, isOutput: Bool)] = []
    func watch(_ descriptor: Int32, _ events: Int32, _ channel: Channel, isOutput: Bool = false) {
      guard descriptor >= 0 else { return }
      entries.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
      owners.append((channel, isOutput))
    }
    for channel in channels.values {
      guard let child = channel.child else { continue }
      watch(child.output, POLLIN, channel, isOutput: true)
      watch(child.errors, POLLIN, channel)
      if channel.wantsToWrite { watch(child.input, POLLOUT, channel) }
    }
    _ = poll(&entries, nfds_t(entries.count), milliseconds(now: ShellThread.uptime))
    let now = ShellThread.uptime
    for (entry, owner) in zip(entries.dropFirst(), owners) where entry.revents != 0 {
      if entry.events == Int16(POLLOUT) {
        owner.channel.writeOn()
      } else if owner.isOutput {
        owner.channel.readOutput(&buffer, now: now)
      } else {
        owner.channel.readErrors(&buffer, now: now)
      }
    }
  }

  /// How long nothing is due; -1 for ever.
  private func milliseconds(now: Duration) -> Int32 {
    // Neither the end of a process nor a start that became possible shows in what `poll` waits for.
    if channels.values.contains(where: { $0.isEnding || $0.wantsToStart }) { return 5 }
    guard let next = channels.values.compactMap(\.nextDeadline).min() else { return -1 }
    let (seconds, attoseconds) = max(.zero, next - now).components
    let whole = seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: whole)
  }
}
