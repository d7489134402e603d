// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Polling
import Snapshot
import Synchronization
import TopView

/// What one side of the session leaves for the other.
private struct Mail {
  var snapshot: ClusterSnapshot?
  /// Uptime at which the snapshot came.
  var arrivedAt = Duration.zero
  var trouble: String?
  var lostSince: Duration?
  var signals: [Int32] = []
  var historyWish: HistoryWish?
  var history: History?
  var historyAt = Duration.zero
  /// What people say of alerts, on its way to the daemon, and what it answered last.
  var operations: [Operation] = []
  var answer: String?
  var interval = Duration.seconds(1)
  var isOver = false
}

/// The terminal view while it runs: a task asks the daemon, a thread of its own draws and reads
/// keys, since ncurses wants to be called by one thread.
final class TopSession: Sendable {
  /// Frames after which memory that was not needed lately is given back again.
  private static let framesBetweenThrift = 5

  private let mail = Mutex(Mail())
  /// Wakes the thread.
  private let bell: Bell
  /// Wakes the task that asks.
  private let waker = Waker()
  private let clock = SystemClock()
  private let place: String
  private let traits: TerminalTraits
  private let initialState: ViewState

  private init(_ bell: Bell, _ place: String, _ traits: TerminalTraits, _ state: ViewState) {
    self.bell = bell
    self.place = place
    self.traits = traits
    initialState = state
  }

  /// Runs until the person quits or a signal says so.
  static func run(
    _ question: SnapshotQuestion,
    _ state: ViewState,
    _ traits: TerminalTraits
  ) async -> Int32 {
    guard let bell = Bell() else {
      Terminal.complain("the system has no file descriptors left: close some programs.")
      return 2
    }
    MemoryThrift.begin()
    let session = TopSession(bell, question.daemon.url, traits, state)
    let signals = SignalStream([SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT])
    let stream = signals.stream
    let status = await withTaskGroup(of: Void.self) { group in
      group.addTask { await session.ask(question) }
      group.addTask { for await signal in stream { session.take(signal) } }
      let status = await session.draw()
      group.cancelAll()
      return status
    }
    withExtendedLifetime(signals) {}
    return status
  }

  /// Asks until the task is cancelled.
  private func ask(_ question: SnapshotQuestion) async {
    while !Task.isCancelled {
      await send(question)
      let outcome: Result<ClusterSnapshot, SnapshotQuestion.Refusal>
      do throws(SnapshotQuestion.Refusal) {
        outcome = .success(try await question.snapshot())
      } catch {
        outcome = .failure(error)
      }
      let uptime = clock.uptime
      let interval = mail.withLock { mail in
        switch outcome {
        case .success(let snapshot):
          mail.snapshot = snapshot
          mail.arrivedAt = uptime
          mail.trouble = nil
          mail.lostSince = nil
        case .failure(let refusal):
          mail.trouble = refusal.words
          mail.lostSince = mail.lostSince ?? uptime
        }
        return mail.interval
      }
      bell.ring()
      await askForHistory(question)
      _ = await waker.sleep(until: clock.now + interval, clock: clock)
    }
  }

  /// Tells the daemon what people said since the last time.
  private func send(_ question: SnapshotQuestion) async {
    let (operations, now) = mail.withLock { mail in
      defer { mail.operations = [] }
      return (mail.operations, mail.snapshot?.time ?? clock.now)
    }
    for operation in operations {
      let answer = await question.tell(operation, now: now)
      mail.withLock { $0.answer = answer }
    }
  }

  /// Asks for the past that an open detail shows, when what is known of it is another's or old.
  private func askForHistory(_ question: SnapshotQuestion) async {
    let (wish, known, age, now) = mail.withLock { mail in
      let uptime = clock.uptime
      return (
        mail.historyWish, mail.history?.wish, uptime - mail.historyAt,
        mail.snapshot?.time ?? clock.now
      )
    }
    guard let wish else { return }
    if wish == known, age < .seconds(max(5, wish.lookback.stepSeconds / 2)) { return }
    let history = await question.history(wish, now: now)
    let uptime = clock.uptime
    mail.withLock { mail in
      mail.history = history
      mail.historyAt = uptime
    }
    bell.ring()
  }

  private func take(_ signal: Int32) {
    mail.withLock { mail in
      // A storm of resizes is one.
      if mail.signals.last != signal { mail.signals.append(signal) }
    }
    bell.ring()
  }

  /// Draws on a thread of its own; returns when it has given the terminal back.
  private func draw() async -> Int32 {
    await withCheckedContinuation { continuation in
      var thread = pthread_t()
      // Released by the thread when it begins.
      let work = Unmanaged.passRetained(ThreadWork(self, continuation))
      let code = pthread_create(
        &thread,
        nil,
        { context in
          guard let context else { return nil }
          Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run()
          return nil
        },
        work.toOpaque()
      )
      guard code == 0 else {
        work.release()
        Terminal.complain("the system starts no thread to draw with.")
        return continuation.resume(returning: 2)
      }
      pthread_detach(thread)
    }
  }

  private final class ThreadWork: Sendable {
    private let session: TopSession
    private let continuation: CheckedContinuation<Int32, Never>

    init(_ session: TopSession, _ continuation: CheckedContinuation<Int32, Never>) {
      self.session = session
      self.continuation = continuation
    }

    func run() {
      continuation.resume(returning: session.drawUntilQuit())
    }
  }

  private func drawUntilQuit() -> Int32 {
    guard let terminal = DrawnTerminal.open(traits.colours) else {
      Terminal.complain(
        "this terminal cannot be drawn on: set TERM to what it is, or use --once."
      )
      return 2
    }
    defer { terminal.close() }
    var state = initialState
    var size = DrawnTerminal.size
    var framesToThrift = 0
    while true {
      let (mail, now, link) = takeMail(interval: state.interval)
      if let answer = mail.answer { state.say(answer) }
      guard heed(mail.signals, on: terminal) else { return 0 }
      let actual = DrawnTerminal.size
      if actual != size {
        size = actual
        terminal.resize(rows: size.rows, columns: size.columns)
      }
      let sight = Sight(
        snapshot: mail.snapshot,
        now: now,
        link: link,
        rows: size.rows,
        columns: size.columns,
        look: Look(isASCII: traits.isASCII, hasPlainSigns: traits.hasPlainSigns),
        history: mail.history
      )
      while let key = terminal.key() {
        let pace = state.pace
        switch state.handle(key, sight) {
        case .quit?: return 0
        case .suspend?:
          terminal.suspend()
          size = DrawnTerminal.size
        case .redraw?: terminal.redraw()
        case .refresh?: waker.wake()
        case .copy(let line)?: terminal.copy(line)
        case .operate(let operation)?:
          self.mail.withLock { $0.operations.append(operation) }
          waker.wake()
        case nil: if state.pace < pace { waker.wake() }
        }
      }
      terminal.show(TopScreen.frame(settling: &state, sight), state.colours)
      wish(for: state.historyWish(sight))
      if sight.snapshot != nil {
        if framesToThrift == 0 { MemoryThrift.forgetCode() }
        framesToThrift = (framesToThrift + 1) % Self.framesBetweenThrift
      }
      // Ages go on while nothing arrives.
      bell.wait(besides: [STDIN_FILENO], atMost: .seconds(1))
      if hasHungUp { return 0 }
    }
  }

  /// Does what signals ask for; false when the view is to end.
  private func heed(_ signals: [Int32], on terminal: DrawnTerminal) -> Bool {
    for signal in signals {
      switch signal {
      case SIGTERM, SIGINT, SIGHUP: return false
      case SIGTSTP: terminal.suspend()
      case SIGCONT: terminal.redraw()
      default: break
      }
    }
    return true
  }

  private func wish(for history: HistoryWish?) {
    let isNew = mail.withLock { mail in
      defer { mail.historyWish = history }
      return history != nil && history != mail.historyWish
    }
    if isNew { waker.wake() }
  }

  private func takeMail(interval: Duration) -> (Mail, Timestamp, Link) {
    let uptime = clock.uptime
    let mail = mail.withLock { mail in
      defer { (mail.signals, mail.answer) = ([], nil) }
      mail.interval = interval
      return mail
    }
    // The daemon's clock, that of this machine may be another.
    let now = mail.snapshot?.time.map { $0 + (uptime - mail.arrivedAt) } ?? clock.now
    let link = Link(
      place: place,
      trouble: mail.trouble,
      lostFor: mail.lostSince.map { uptime - $0 }
    )
    return (mail, now, link)
  }

  /// The terminal is gone.
  private var hasHungUp: Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&input, 1, 0) > 0 && input.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
  }
}
