// SPDX-License-Identifier: MIT
import Net

/// All connections, as the thread that they belong to sees them.
///
/// One turn costs what happened in it, however many connections there are.
struct ChannelTable {
  private let plan: ChannelPlan
  private let ready: ReadySet
  private var channels: [SSHDestination: Channel] = [:]
  private var numbered: [UInt64: Channel] = [:]
  private var lastNumber: UInt64 = 0
  /// Those to which something happened since they were last advanced.
  private var touched: Set<UInt64> = []
  private var deadlines = DeadlineQueue<UInt64, Duration>()
  private var starting: Set<UInt64> = []
  /// Those that want to start, in the order in which they may; some may not want any more.
  private var line: ArraySlice<UInt64> = []
  private var standing: Set<UInt64> = []
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  init(_ plan: ChannelPlan, _ ready: ReadySet) {
    self.plan = plan
    self.ready = ready
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
      touched.insert(channel.number)
    case .cancel(let destination, let id):
      guard let channel = channels[destination] else { return }
      channel.cancel(id)
      touched.insert(channel.number)
    case .release(let destination, let holder):
      guard let channel = channels[destination] else { return }
      channel.release(holder, now: now)
      touched.insert(channel.number)
    }
  }

  private mutating func channel(for destination: SSHDestination) -> Channel? {
    if let channel = channels[destination] { return channel }
    guard channels.count < plan.limits.hostsMax else { return nil }
    lastNumber += 1
    let channel = Channel(lastNumber, destination, plan, ready)
    channels[destination] = channel
    numbered[lastNumber] = channel
    return channel
  }

  /// Fails all questions and begins to end all processes.
  mutating func stop(now: Duration) {
    for channel in channels.values {
      channel.holders = []
      channel.stop(.closed, now: now)
      touched.insert(channel.number)
    }
  }

  /// Does what is due, and forgets connections that nobody holds.
  mutating func advance(now: Duration) {
    touched.formUnion(deadlines.takeDue(at: now))
    for number in touched { advance(number, now: now, mayStart: false) }
    touched.removeAll(keepingCapacity: true)
    while starting.count < plan.limits.startsMax, let number = line.popFirst() {
      standing.remove(number)
      advance(number, now: now, mayStart: true)
    }
  }

  private mutating func advance(_ number: UInt64, now: Duration, mayStart: Bool) {
    guard let channel = numbered[number] else { return }
    channel.advance(now: now, mayStart: mayStart)
    if channel.isStarting { starting.insert(number) } else { starting.remove(number) }
    if channel.wantsToStart, standing.insert(number).inserted { line.append(number) }
    let isOver = channel.holders.isEmpty && channel.isIdle
    deadlines.set(number, to: isOver ? nil : channel.nextTurn(now: now))
    if isOver {
      numbered[number] = nil
      channels[channel.destination] = nil
    }
  }

  /// Waits until there is something to do, and reads and writes what can be.
  mutating func wait() {
    let limit = deadlines.next.map { $0 - ShellThread.uptime }
    ready.wait(atMost: limit) { token in
      let pipe = ChannelPipe(token: token)
      guard let channel = numbered[pipe.channel] else { return }
      touched.insert(pipe.channel)
      let now = ShellThread.uptime
      switch pipe.kind {
      case .input: channel.writeOn()
      case .output: channel.readOutput(&buffer, now: now)
      case .errors: channel.readErrors(&buffer, now: now)
      }
    }
  }
}

/// One pipe of one connection, as the thread's ``ReadySet`` names it.
struct ChannelPipe: Equatable {
  enum Kind: UInt64 {
    case input, output, errors
  }

  let channel: UInt64
  let kind: Kind

  init(_ channel: UInt64, _ kind: Kind) {
    self.channel = channel
    self.kind = kind
  }

  init(token: UInt64) {
    channel = token >> 2
    kind = Kind(rawValue: token & 3) ?? .errors
  }

  var token: UInt64 { channel << 2 | kind.rawValue }
}
