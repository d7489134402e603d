// SPDX-License-Identifier: MIT

/// The processes of one program, as the section `processes` of `deploy/facts.sh` lists them.
struct ProcessListing: Equatable, Sendable {
  /// What the kernel says a process is doing.
  enum State: Equatable, Sendable {
    case running
    /// Stopped by a signal: it lives and does nothing.
    case frozen
    /// Ended, and not collected by its parent.
    case ended
  }

  struct Process: Equatable, Sendable {
    let id: Int64
    let parentID: Int64
    let state: State
    /// Since it began, by the host's own clock.
    let age: Duration
  }

  /// In no order.
  let processes: [Process]

  /// Processes that are read.
  static let processesMax = 10_000

  /// No machine ran for so long; past it, arithmetic would overflow.
  private static let ticksMax: Int64 = 1_000_000_000_000_000

  /// The processes whose parent is not one of them: the masters of programs with workers.
  var roots: [Process] {
    let ids = Set(processes.map(\.id))
    return processes.filter { !ids.contains($0.parentID) }
  }

  /// Reads `now TICKS TICKS_A_SECOND` and then `process ID PARENT STATE START_TICKS` a line.
  ///
  /// - Parameter text: The section's output.
  /// - Throws: ``HostReplyFault`` when the first line is missing or a line is something else.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var lines = text.split(separator: 0x0a).map { line in
      line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }[...]
    guard let first = lines.popFirst(), first.count == 3, first[0] == "now",
      let now = Int64(first[1]), (0...Self.ticksMax).contains(now),
      let pace = Int64(first[2]), (1...1_000_000).contains(pace)
    else { throw .shape(expected: "the time of the host") }
    guard lines.count <= Self.processesMax else { throw .shape(expected: "fewer processes") }
    var processes: [Process] = []
    for words in lines {
      guard words.count == 5, words[0] == "process", let id = Int64(words[1]),
        let parentID = Int64(words[2]), let start = Int64(words[4]), start >= 0
      else { throw .shape(expected: "a process") }
      let ticks = max(0, now - start)
      processes.append(
        Process(
          id: id,
          parentID: parentID,
          state: Self.state(words[3]),
          age: .milliseconds(ticks / pace * 1_000 + ticks % pace * 1_000 / pace)
        )
      )
    }
    self.processes = processes
  }

  /// proc_pid_stat(5), the third field.
  private static func state(_ letter: String) -> State {
    switch letter {
    case "T", "t": .frozen
    case "Z", "X", "x": .ended
    default: .running
    }
  }
}
