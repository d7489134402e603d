// SPDX-License-Identifier: MIT
import Glibc
import Net

/// One host's connection, its questions, and the process between them; belongs to one thread.
final class Channel {
  enum Stage {
    case closed
    /// ssh runs; the far side has not greeted.
    case greeting(until: Duration)
    case open
    case ending(Ending)
  }

  /// A process that is to end.
  struct Ending {
    /// The far side had greeted.
    let wasOpen: Bool
    /// The process ended its output by itself; what it says tells why.
    let isLoss: Bool
    /// An answer had begun.
    let wasAmidAnswer: Bool
    var terminateAt: Duration
    var killAt: Duration
  }

  /// How often it is looked whether a process has ended.
  private static let reapPeriod = Duration.milliseconds(5)

  /// Those for whom the connection is kept.
  var holders: Set<UInt64> = []
  private(set) var stage = Stage.closed
  /// What its pipes are called by.
  let number: UInt64
  let destination: SSHDestination
  private var child: Child?
  private let plan: ChannelPlan
  private let ready: ReadySet
  private var conversation = Conversation()
  private var listeners: [UInt64: @Sendable () -> Void] = [:]
  private var waiting: [Question] = []
  private var asked: Question?
  private var outgoing: ArraySlice<UInt8> = []
  private var isInputWatched = false
  private var errorOutput: [UInt8] = []
  private var renewAt = Duration.zero
  /// The connection served at least one question, so renewing it cannot go on for ever.
  private var hasAnswered = false

  init(_ number: UInt64, _ destination: SSHDestination, _ plan: ChannelPlan, _ ready: ReadySet) {
    self.number = number
    self.destination = destination
    self.plan = plan
    self.ready = ready
  }

  var isStarting: Bool {
    if case .greeting = stage { true } else { false }
  }

  /// Nothing runs and nobody waits.
  var isIdle: Bool { child == nil && waiting.isEmpty }

  /// When ``advance(now:mayStart:)`` must be called again, whatever happens before; nil: never.
  func nextTurn(now: Duration) -> Duration? {
    // The end of a process does not show in its pipes.
    if isEnding { return now + Self.reapPeriod }
    var deadlines = waiting.map(\.deadline)
    if let asked { deadlines.append(asked.deadline) }
    if case .greeting(let until) = stage { deadlines.append(until) }
    return deadlines.min()
  }

  private var isEnding: Bool {
    if case .ending = stage { true } else { false }
  }

  /// Somebody waits, and nothing runs yet.
  var wantsToStart: Bool { child == nil && !waiting.isEmpty }

  func add(_ question: Question, holder: UInt64, onClose: (@Sendable () -> Void)?) {
    listeners[holder] = onClose
    guard waiting.count < plan.limits.questionsMax else {
      question.resolve(.failure(.queueFull(limit: plan.limits.questionsMax)))
      return
    }
    waiting.append(question)
  }

  /// Gives a question up.
  ///
  /// The answer to one that was asked already is awaited all the same: the next comes after it.
  func cancel(_ id: UInt64) {
    for question in waiting where question.id == id { question.resolve(.failure(.cancelled)) }
    waiting.removeAll { $0.id == id }
    if asked?.id == id { asked?.resolve(.failure(.cancelled)) }
  }

  /// Forgets a holder; the connection ends with the last one.
  func release(_ holder: UInt64, now: Duration) {
    holders.remove(holder)
    listeners[holder] = nil
    if holders.isEmpty { stop(.cancelled, now: now) }
  }

  /// Fails every question and ends the process.
  func stop(_ error: RemoteShellError, now: Duration) {
    failWaiting(error)
    asked?.resolve(.failure(error))
    listeners = [:]
    end(now: now)
  }

  /// Does what is due; makes a connection only if it may.
  func advance(now: Duration, mayStart: Bool) {
    expire(now: now)
    switch stage {
    case .closed:
      if !waiting.isEmpty, mayStart { start(now: now) }
    case .greeting(let until):
      if now >= until {
        failWaiting(.timedOut(during: .connecting, after: plan.limits.greetingTime))
        end(now: now)
      }
    case .open:
      askNext(now: now)
    case .ending(var ending):
      if now >= ending.terminateAt {
        child?.signal(SIGTERM)
        ending.terminateAt = .seconds(Int64.max / 2)
      }
      if now >= ending.killAt {
        child?.signal(SIGKILL)
        ending.killAt = .seconds(Int64.max / 2)
      }
      stage = .ending(ending)
      if let processEnd = child?.reap() { finish(ending, processEnd) }
    }
  }

  private func expire(now: Duration) {
    let phase: RemoteShellError.Phase = if case .open = stage { .waiting } else { .connecting }
    for question in waiting where question.deadline <= now { question.expire(during: phase) }
    waiting.removeAll { $0.deadline <= now }
    if let asked, asked.deadline <= now {
      asked.expire(during: .answering)
      if !isEnding { end(now: now) }
    }
  }

  private func start(now: Duration) {
    let command = Conversation.command(scriptBytes: plan.script.count)
    switch Child.start(
      destination.settings.program,
      destination.arguments(command: command),
      environment: plan.environment
    ) {
    case .failure(let error): failWaiting(error)
    case .success(let child):
      guard watch(child.output, .output), watch(child.errors, .errors) else {
        // Letting go of the child ends it.
        failWaiting(.notStarted(reason: String(cString: strerror(errno))))
        return
      }
      self.child = child
      conversation = Conversation()
      outgoing = []
      isInputWatched = false
      errorOutput = []
      hasAnswered = false
      renewAt = now + plan.limits.lifetime * Double.random(in: 0.9...1.1)
      stage = .greeting(until: now + plan.limits.greetingTime)
    }
  }

  private func watch(_ descriptor: Int32, _ kind: ChannelPipe.Kind) -> Bool {
    ready.watch(descriptor, for: .reading, token: ChannelPipe(number, kind).token)
  }

  private func askNext(now: Duration) {
    guard asked == nil, !waiting.isEmpty else { return }
    guard now < renewAt || !hasAnswered else {
      end(now: now)
      return
    }
    let question = waiting.removeFirst()
    asked = question
    errorOutput = []
    send(
      conversation.ask(
        question.commands,
        nonce: Self.nonce(),
        answerBytesMax: plan.limits.answerBytesMax
      )
    )
  }

  private static func nonce() -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(UInt32.random(in: .min ... .max, using: &random), radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private func send(_ bytes: [UInt8]) {
    outgoing += bytes
    writeOn()
  }

  /// Writes what the pipe takes of what is to be sent.
  func writeOn() {
    guard let child, !outgoing.isEmpty else { return }
    let rest = outgoing.dropFirst(child.write(outgoing))
    // A slice of nothing would keep what it was cut from.
    outgoing = rest.isEmpty ? [] : rest
    watchInput()
  }

  /// An empty pipe is ready all the time, so it is watched only while there is something to write.
  private func watchInput() {
    guard let input = child?.input, input >= 0, outgoing.isEmpty == isInputWatched else { return }
    let hasChanged = ready.watch(
      input,
      for: isInputWatched ? [] : .writing,
      insteadOf: isInputWatched ? .writing : [],
      token: ChannelPipe(number, .input).token
    )
    // Without memory to watch it, the deadline of the question ends the connection.
    if hasChanged { isInputWatched.toggle() }
  }

  /// Reads what came to the standard output.
  func readOutput(_ buffer: inout [UInt8], now: Duration) {
    guard let child else { return }
    switch child.readOutput(into: &buffer) {
    case .nothing: break
    case .end: lose(now: now)
    case .bytes(let count):
      guard !isEnding else { return }
      receive(buffer[..<count], now: now)
    }
  }

  private func receive(_ bytes: ArraySlice<UInt8>, now: Duration) {
    do throws(RemoteShellError) {
      for event in try conversation.receive(bytes) {
        switch event {
        case .wantsScript: send(plan.script)
        case .ready: stage = .open
        case .answered(let answer):
          asked?.resolve(.success(answer))
          asked = nil
          hasAnswered = true
        }
      }
    } catch {
      fail(error, now: now)
    }
  }

  /// Reads what came to the error output.
  func readErrors(_ buffer: inout [UInt8], now: Duration) {
    guard let child, case .bytes(let count) = child.readErrors(into: &buffer) else { return }
    let room = plan.limits.errorBytesMax - errorOutput.count
    errorOutput += buffer[..<min(count, room)]
    if count > room, !isEnding {
      fail(.outputTooLarge(.errorOutput, limitBytes: plan.limits.errorBytesMax), now: now)
    }
  }

  /// The far side broke its contract: what waits on this connection fails with it.
  private func fail(_ error: RemoteShellError, now: Duration) {
    asked?.resolve(.failure(error))
    if !conversation.isOpen { failWaiting(error) }
    end(now: now)
  }

  private func failWaiting(_ error: RemoteShellError) {
    for question in waiting { question.resolve(.failure(error)) }
    waiting = []
  }

  /// Ends the process, without a word to those who wait.
  private func end(now: Duration) {
    guard child != nil, !isEnding else { return }
    beginEnding(isLoss: false, terminateAt: now, killAt: now + plan.limits.graceTime)
  }

  /// The process ended its output: it says why and ends, or is made to.
  private func lose(now: Duration) {
    guard !isEnding else { return }
    let grace = plan.limits.graceTime
    beginEnding(isLoss: true, terminateAt: now + grace, killAt: now + grace + grace)
  }

  private func beginEnding(isLoss: Bool, terminateAt: Duration, killAt: Duration) {
    stage = .ending(
      Ending(
        wasOpen: conversation.isOpen,
        isLoss: isLoss,
        wasAmidAnswer: conversation.isAmidAnswer,
        terminateAt: terminateAt,
        killAt: killAt
      )
    )
    outgoing = []
    watchInput()
  }

  private func finish(_ ending: Ending, _ processEnd: ProcessEnd) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while errorOutput.count < plan.limits.errorBytesMax,
      case .bytes(let count)? = child?.readErrors(into: &buffer)
    {
      errorOutput += buffer[..<count]
    }
    child?.closePipes()
    child = nil
    stage = .closed
    if ending.isLoss {
      let error = FailureText.error(in: errorOutput, end: processEnd, wasOpen: ending.wasOpen)
      let isCut = ending.wasAmidAnswer && error == .connectionLost
      asked?.resolve(.failure(isCut ? .truncated : error))
      if ending.wasOpen { tellListeners() } else { failWaiting(error) }
    }
    asked?.resolve(.failure(.connectionLost))
    asked = nil
    errorOutput = []
  }

  /// Each is told once; it names itself anew with its next question.
  private func tellListeners() {
    let told = listeners.values
    listeners = [:]
    for tell in told { tell() }
  }
}

/// What all channels share.
struct ChannelPlan: Sendable {
  let limits: ShellLimits
  /// What is sent to accounts that are not locked.
  let script: [UInt8]
  /// All variables of the client's process.
  let environment: [String]
}
