// SPDX-License-Identifier: MIT
import CSpawn
import Glibc

/// A running program with its three pipes, in a process group of its own.
///
/// Not to be shared between threads. Letting go of it ends the process.
final class Child {
  enum Arrival {
    case bytes(Int)
    case nothing
    case end
  }

  /// The standard input's writing end; -1 once closed.
  private(set) var input: Int32
  private(set) var output: Int32
  private(set) var errors: Int32
  let processID: Int32
  private var isReaped = false

  /// Starts `program`, looked for in `PATH`.
  ///
  /// - Returns: The child, or why there is none.
  static func start(
    _ program: String,
    _ arguments: [String],
    environment: [String]
  ) -> Result<Child, RemoteShellError> {
    var argumentList = ([program] + arguments).map { strdup($0) } + [nil]
    var environmentList = environment.map { strdup($0) } + [nil]
    defer {
      for text in argumentList + environmentList { free(text) }
    }
    var started = hv_child()
    var code = hv_spawn(program, &argumentList, &environmentList, &started)
    // A program that was just written is busy while another child, between fork and exec, still has
    // it open from its parent.
    var attempts = 1
    while code == ETXTBSY, attempts < busyAttemptsMax {
      usleep(2_000)
      attempts += 1
      code = hv_spawn(program, &argumentList, &environmentList, &started)
    }
    switch code {
    case 0: return .success(Child(started))
    case ENOENT, EACCES, ENOTDIR: return .failure(.programMissing(program))
    default: return .failure(.notStarted(reason: String(cString: strerror(code))))
    }
  }

  /// Starts of a program that is busy before it counts as one that cannot be started.
  private static let busyAttemptsMax = 10

  private init(_ started: hv_child) {
    processID = started.pid
    input = started.input
    output = started.output
    errors = started.errors
  }

  deinit {
    closePipes()
    guard !isReaped else { return }
    kill(-processID, SIGKILL)
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
  }

  /// Writes what the pipe takes.
  ///
  /// - Returns: How many bytes were taken; all, when nobody reads them any more: the end of the
  ///   output, or a deadline, tells that as well.
  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    guard input >= 0 else { return bytes.count }
    let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    // Left open, it would be ready for writing all the time.
    close(input)
    input = -1
    return bytes.count
  }

  /// Reads the standard output into the beginning of `buffer`.
  func readOutput(into buffer: inout [UInt8]) -> Arrival {
    Self.read(&output, &buffer)
  }

  /// Reads the error output into the beginning of `buffer`.
  func readErrors(into buffer: inout [UInt8]) -> Arrival {
    Self.read(&errors, &buffer)
  }

  private static func read(_ descriptor: inout Int32, _ buffer: inout [UInt8]) -> Arrival {
    guard descriptor >= 0 else { return .end }
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count > 0 { return .bytes(count) }
    if count < 0, errno == EAGAIN || errno == EINTR { return .nothing }
    close(descriptor)
    descriptor = -1
    return .end
  }

  /// Sends a signal to the whole group.
  func signal(_ number: Int32) {
    // Not after reaping: the number may be another's by then.
    if !isReaped { kill(-processID, number) }
  }

  /// Collects the process if it has ended, and ends what it left behind in its group.
  func reap() -> ProcessEnd? {
    var facts = siginfo_t()
    guard !isReaped,
      waitid(P_PID, id_t(processID), &facts, WEXITED | WNOHANG | WNOWAIT) == 0,
      facts.si_signo == SIGCHLD
    else { return nil }
    // The group's number stays taken until the process is collected.
    kill(-processID, SIGKILL)
    var status: Int32 = 0
    guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
    isReaped = true
    let signal = Int(status & 0x7f)
    return signal == 0 ? .code(Int(status >> 8 & 0xff)) : .signal(signal)
  }

  func closePipes() {
    for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
    input = -1
    output = -1
    errors = -1
  }
}
