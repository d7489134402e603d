// SPDX-License-Identifier: MIT
import Glibc
import MetricModel

/// One process that calls in the place of ssh, and its pipes; belongs to one thread.
final class ShellSession {
  /// How the process is made to end: a signal that the program knows.
  enum End: Equatable {
    case failed
    case finished
    case refused

    var signal: Int32 {
      switch self {
      case .failed: SIGUSR1
      case .finished: SIGUSR2
      case .refused: SIGALRM
      }
    }
  }

  enum Stage {
    /// Nothing is heard until the text is printed and it fails.
    case failing(String, at: Timestamp)
    case open(ClusterPlan.Guest, since: Timestamp)
    /// The host went silent.
    case silent(until: Timestamp)
    /// What is still to be written is written, then it ends.
    case closing(End)
    case ended(End, tries: Int)
  }

  /// What waits to be written; more, and the asker does not read.
  private static let pendingBytesMax = 8 << 20

  let call: ShellCall
  var stage: Stage
  private(set) var input: Int32
  private(set) var output: Int32
  private var conversation = HostConversation()
  private var pending: ArraySlice<UInt8> = []

  /// Opens the pipes of the process.
  init(_ call: ShellCall, stage: Stage) {
    self.call = call
    self.stage = stage
    let folder = "/proc/\(call.processID)/fd"
    input = open("\(folder)/3", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    output = open("\(folder)/4", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
  }

  deinit { closePipes() }

  /// Sockets and what was closed cannot be opened.
  var hasPipes: Bool { input >= 0 && output >= 0 }

  var wantsToWrite: Bool { !pending.isEmpty && output >= 0 }

  var isEnding: Bool {
    if case .ended = stage { true } else { false }
  }

  /// What its process sends is of interest; one that has no connection yet sends nothing.
  var isRead: Bool {
    switch stage {
    case .failing, .ended: false
    case .open, .silent, .closing: true
    }
  }

  func greet() { write(HostConversation.greeting) }

  /// Reads what came, and answers it.
  func answer(_ buffer: inout [UInt8], _ face: (ClusterPlan.Guest) -> HostFace) {
    let count = read(input, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      // The asker has closed its end.
      end(.finished)
      return
    }
    guard case .open(let guest, _) = stage else { return }
    switch conversation.receive(buffer[..<count], face(guest)) {
    case .nothing: break
    case .answer(let bytes): write(bytes)
    case .refused(let bytes):
      stage = .closing(.refused)
      write(bytes)
    }
  }

  /// Prints a text on the error output, and ends as ssh does that failed.
  func fail(_ text: String) {
    let errors = open("/proc/\(call.processID)/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    if errors >= 0 {
      let bytes = Array("\(text)\n".utf8)
      // Shorter than the smallest pipe.
      _ = Glibc.write(errors, bytes, bytes.count)
      close(errors)
    }
    end(.failed)
  }

  func end(_ end: End) {
    closePipes()
    pending = []
    stage = .ended(end, tries: 0)
  }

  private func write(_ bytes: [UInt8]) {
    pending += bytes
    guard pending.count <= Self.pendingBytesMax else {
      end(.failed)
      return
    }
    writeOn()
  }

  /// Writes what the pipe takes.
  func writeOn() {
    while !pending.isEmpty {
      let count = pending.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        if errno != EAGAIN, errno != EINTR { end(.finished) }
        return
      }
      pending = pending.dropFirst(count)
    }
    pending = []
    if case .closing(let how) = stage { end(how) }
  }

  private func closePipes() {
    if input >= 0 { close(input) }
    if output >= 0 { close(output) }
    (input, output) = (-1, -1)
  }

  /// Tells the process to end if it still is the one that called; false when it is gone.
  func signal(_ program: String) -> Bool {
    guard case .ended(let end, let tries) = stage, isCaller(program) else { return false }
    kill(call.processID, end.signal)
    stage = .ended(end, tries: tries + 1)
    return true
  }

  /// Whether the process runs the program: its number may be another's by now.
  private func isCaller(_ program: String) -> Bool {
    let descriptor = open("/proc/\(call.processID)/cmdline", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return false }
    return bytes[..<count].split(separator: 0).contains { $0.elementsEqual(program.utf8) }
  }
}
