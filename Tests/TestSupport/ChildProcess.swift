// SPDX-License-Identifier: MIT
import Dispatch
import Glibc
import Synchronization

/// A program started by a test, in a process group of its own, with its output captured.
///
/// It never outlives the value: letting go of it kills the whole group. Only what moved to another
/// group or session by itself escapes.
package final class ChildProcess: Sendable {
  /// How a process ended.
  package enum Exit: Equatable, Sendable {
    /// It returned this code.
    case code(Int)
    /// This signal ended it.
    case signal(Int)
  }

  /// Why a process could not be started, or did not end in time.
  package enum Failure: Error, CustomStringConvertible {
    /// The system refused; `reason` is its text.
    case notStarted(path: String, reason: String)
    /// It still ran at the deadline and was killed.
    case timedOut(path: String, errorOutput: String)

    package var description: String {
      switch self {
      case .notStarted(let path, let reason): "\(path) could not be started: \(reason)"
      case .timedOut(let path, let errorOutput):
        "\(path) ran for too long and was killed; its error output: \(errorOutput)"
      }
    }
  }

  /// The signals that tests send.
  package enum Signal: Sendable {
    /// Cannot be caught: the process ends at once.
    case kill
    /// Asks the process to end.
    case terminate
    /// Asks the process to end, as Ctrl-C does.
    case interrupt
    /// Asks a daemon to read its settings anew.
    case hangUp
    /// Stops the process until ``resume``.
    case stop
    /// Lets a stopped process go on.
    case resume

    fileprivate var number: Int32 {
      switch self {
      case .kill: SIGKILL
      case .terminate: SIGTERM
      case .interrupt: SIGINT
      case .hangUp: SIGHUP
      case .stop: SIGSTOP
      case .resume: SIGCONT
      }
    }
  }

  /// The process's number.
  package let processID: Int
  /// The lines it writes to its standard output, as they come; for one reader.
  package let outputLines: AsyncStream<String>
  private let path: String
  private let run: ChildRun

  /// Starts a program; the test's environment is replaced if `environment` is given.
  ///
  /// - Parameters:
  ///   - path: The program's file; it is not looked for in `PATH`.
  ///   - arguments: What follows the program's name.
  ///   - environment: All variables of the process; nil passes the test's own on.
  ///   - captureMax: Bytes kept of each output; what follows is read and forgotten.
  /// - Throws: ``Failure/notStarted(path:reason:)``.
  package init(
    _ path: String,
    _ arguments: [String] = [],
    environment: [String: String]? = nil,
    captureMax: Int = 16 << 20
  ) throws(Failure) {
    self.path = path
    var spawned = Spawn.start(path, arguments, environment)
    // A program written a moment ago is still open in a process that another test just forked, until
    // that one has become its own program.
    for _ in 0..<1_000 {
      guard case .failure(let error) = spawned, error.number == ETXTBSY else { break }
      usleep(2_000)
      spawned = Spawn.start(path, arguments, environment)
    }
    switch spawned {
    case .failure(let error):
      throw .notStarted(path: path, reason: String(cString: strerror(error.number)))
    case .success(let child):
      processID = Int(child.processID)
      let (stream, continuation) = AsyncStream<String>.makeStream()
      outputLines = stream
      run = ChildRun(child, captureMax: captureMax, lines: continuation)
      run.start()
    }
  }

  deinit { run.signalGroup(SIGKILL) }

  /// The path of an executable that was built beside the tests.
  package static func builtExecutable(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let bytes = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    let test = String(decoding: bytes, as: UTF8.self)
    let folder = test.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/\(name)"
  }

  /// What it wrote to its standard output so far.
  package var output: String { run.output }

  /// What it wrote to its standard error so far.
  package var errorOutput: String { run.errorOutput }

  /// How it ended, or nil while it runs.
  package var exit: Exit? { run.exit }

  /// Sends a signal to the process and all of its group; does nothing once it ended.
  package func send(_ signal: Signal) {
    run.signalGroup(signal.number)
  }

  /// Waits until the process ended and all its output was read.
  ///
  /// - Parameter timeout: After it the group is killed.
  /// - Returns: How it ended.
  /// - Throws: ``Failure/timedOut(path:errorOutput:)``.
  @discardableResult
  package func waitForExit(timeout: Duration = .seconds(10)) async throws(Failure) -> Exit {
    let milliseconds = Int(timeout / .milliseconds(1))
    let run = run
    let timer = DispatchWorkItem { @Sendable in run.expire() }
    DispatchQueue.global().asyncAfter(
      deadline: .now() + .milliseconds(milliseconds),
      execute: timer
    )
    let exit = await run.waitForExit()
    timer.cancel()
    guard !run.isExpired else { throw .timedOut(path: path, errorOutput: errorOutput) }
    return exit
  }

  /// Sends a signal and waits until the process ended.
  @discardableResult
  package func terminate(
    _ signal: Signal = .terminate,
    timeout: Duration = .seconds(10)
  ) async throws(Failure) -> Exit {
    send(signal)
    return try await waitForExit(timeout: timeout)
  }
}

/// What goes on behind one child: reading, reaping, waiting.
private final class ChildRun: Sendable {
  private struct State {
    var output: [UInt8] = []
    var errorOutput: [UInt8] = []
    var lineStart = 0
    var isReaped = false
    var isExpired = false
    var exit: ChildProcess.Exit?
    var waiters: [CheckedContinuation<ChildProcess.Exit, Never>] = []
  }

  private let child: Spawn.Child
  private let captureMax: Int
  private let lines: AsyncStream<String>.Continuation
  private let state = Mutex(State())

  init(_ child: Spawn.Child, captureMax: Int, lines: AsyncStream<String>.Continuation) {
    self.child = child
    self.captureMax = captureMax
    self.lines = lines
  }

  var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
  var errorOutput: String { state.withLock { String(decoding: $0.errorOutput, as: UTF8.self) } }
  var exit: ChildProcess.Exit? { state.withLock { $0.exit } }
  var isExpired: Bool { state.withLock { $0.isExpired } }

  /// Reads and reaps on a thread of its own: both block.
  func start() {
    DispatchQueue(label: "child \(child.processID)").async { @Sendable [self] in
      readToEnd()
      let exit = reap()
      let waiters = state.withLock { state in
        state.exit = exit
        let waiters = state.waiters
        state.waiters = []
        return waiters
      }
      for waiter in waiters { waiter.resume(returning: exit) }
    }
  }

  func waitForExit() async -> ChildProcess.Exit {
    await withCheckedContinuation { continuation in
      let exit = state.withLock { state in
        if state.exit == nil { state.waiters.append(continuation) }
        return state.exit
      }
      if let exit { continuation.resume(returning: exit) }
    }
  }

  func signalGroup(_ signal: Int32) {
    // Under the lock: after reaping, the number may be another process's.
    state.withLock { state in
      if !state.isReaped { kill(-child.processID, signal) }
    }
  }

  func expire() {
    state.withLock { state in
      guard state.exit == nil else { return }
      state.isExpired = true
      if !state.isReaped { kill(-child.processID, SIGKILL) }
    }
  }

  /// Reads both pipes until they end; or, when something else holds them, until the child ended.
  private func readToEnd() {
    var ends = [child.output, child.errorOutput]
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !ends.isEmpty {
      var polled = ends.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&polled, nfds_t(polled.count), 100)
      if ready == 0, hasEnded { break }
      for entry in polled where entry.revents != 0 {
        let count = read(entry.fd, &buffer, buffer.count)
        if count > 0 {
          take(buffer[..<count], from: entry.fd)
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
          ends.removeAll { $0 == entry.fd }
        }
      }
    }
    close(child.output)
    close(child.errorOutput)
    state.withLock { state in
      if state.lineStart < state.output.count {
        lines.yield(String(decoding: state.output[state.lineStart...], as: UTF8.self))
      }
    }
    lines.finish()
  }

  private func take(_ bytes: ArraySlice<UInt8>, from descriptor: Int32) {
    state.withLock { state in
      guard descriptor == child.output else {
        state.errorOutput += bytes.prefix(captureMax - state.errorOutput.count)
        return
      }
      state.output += bytes.prefix(captureMax - state.output.count)
      while let end = state.output[state.lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
        lines.yield(String(decoding: state.output[state.lineStart..<end], as: UTF8.self))
        state.lineStart = end + 1
      }
    }
  }

  /// The child ended and waits to be reaped.
  private var hasEnded: Bool {
    var facts = siginfo_t()
    return waitid(P_PID, id_t(child.processID), &facts, WEXITED | WNOWAIT | WNOHANG) == 0
      && facts.si_signo == SIGCHLD
  }

  private func reap() -> ChildProcess.Exit {
    var facts = siginfo_t()
    while waitid(P_PID, id_t(child.processID), &facts, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    state.withLock { state in
      // The group's number is taken as long as the child is not reaped: kill what it left behind.
      kill(-child.processID, SIGKILL)
      waitpid(child.processID, &status, 0)
      state.isReaped = true
    }
    let signal = Int(status & 0x7f)
    return signal == 0 ? .code(Int(status >> 8 & 0xff)) : .signal(signal)
  }
}

/// Starts processes with `posix_spawn`.
private enum Spawn {
  struct Child: Sendable {
    let processID: pid_t
    let output: Int32
    let errorOutput: Int32
  }

  struct Refusal: Error {
    let number: Int32
  }

  /// Between making a pipe and marking it, another start must not inherit it.
  private static let lock = Mutex(())

  static func start(
    _ path: String,
    _ arguments: [String],
    _ environment: [String: String]?
  ) -> Result<Child, Refusal> {
    lock.withLock { _ in
      guard let output = makePipe() else { return .failure(Refusal(number: errno)) }
      guard let errors = makePipe() else {
        let number = errno
        [output.read, output.write].forEach { _ = close($0) }
        return .failure(Refusal(number: number))
      }
      var processID: pid_t = 0
      let code = spawn(&processID, path, arguments, environment, output.write, errors.write)
      [output.write, errors.write].forEach { _ = close($0) }
      guard code == 0 else {
        [output.read, errors.read].forEach { _ = close($0) }
        return .failure(Refusal(number: code))
      }
      return .success(
        Child(processID: processID, output: output.read, errorOutput: errors.read)
      )
    }
  }

  private static func makePipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ processID: inout pid_t,
    _ path: String,
    _ arguments: [String],
    _ environment: [String: String]?,
    _ output: Int32,
    _ errors: Int32
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    guard let environment else {
      return posix_spawn(&processID, path, &actions, &attributes, &argv, Glibc.environ)
    }
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { variables.forEach { free($0) } }
    return posix_spawn(&processID, path, &actions, &attributes, &argv, &variables)
  }
}
