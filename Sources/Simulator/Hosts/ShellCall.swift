// SPDX-License-Identifier: MIT

/// What somebody wants who starts the program in the place of ssh.
struct ShellCall: Equatable {
  /// Between the words of a call.
  static let separator: Character = "\u{1f}"

  /// The number of the program's process.
  let processID: Int32
  var user = ""
  var address = ""
  var port = 22
  /// How long a connection may take to be made, in seconds.
  var connectTimeout = 60

  /// Reads a line of the program: its process, then its arguments as ssh(1) takes them; nil when
  /// ssh would not understand them.
  init?(line: Substring) {
    let parts = line.split(separator: Self.separator, omittingEmptySubsequences: false)
    guard let first = parts.first, let processID = Int32(first), processID > 1 else { return nil }
    self.processID = processID
    var words = parts.dropFirst()
    while let word = words.popFirst() {
      switch word {
      case "-T", "-n", "-q", "-4", "-6", "-x", "-a": continue
      case "-F", "-i":
        guard words.popFirst() != nil else { return nil }
      case "-l":
        guard let name = words.popFirst() else { return nil }
        user = String(name)
      case "-p":
        guard let number = words.popFirst().flatMap({ Int($0) }) else { return nil }
        port = number
      case "-o":
        guard let option = words.popFirst() else { return nil }
        take(option: option)
      case "--":
        guard let destination = words.popFirst() else { return nil }
        take(destination: destination)
        // What follows is a command, which a locked account does not run.
        return
      default:
        guard !word.hasPrefix("-") else { return nil }
        take(destination: word)
        return
      }
    }
    return nil
  }

  private mutating func take(option: Substring) {
    let parts = option.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "connecttimeout" else { return }
    connectTimeout = Int(parts[1]) ?? connectTimeout
  }

  private mutating func take(destination: Substring) {
    let parts = destination.split(separator: "@", maxSplits: 1)
    if parts.count == 2, user.isEmpty { user = String(parts[0]) }
    address = String(parts.last ?? destination)
  }

  /// The program's text.
  ///
  /// It tells the simulator who calls, which then reads and writes the pipes of its process, and
  /// waits until it is told how to end. It ends as well when the simulator does.
  static let program = """
    #!/bin/sh
    # SPDX-License-Identifier: MIT
    # ssh to the hosts of a simulated cluster; the simulator answers on the pipes of this process.
    trap 'exit 255' USR1
    trap 'exit 0' USR2
    trap 'exit 64' ALRM
    [ -p "$0.door" ] || { echo 'ssh: the simulated cluster is gone' >&2; exit 255; }
    # 0 and 1 are other files while a command of this script is redirected.
    exec 3<&0 4>&1
    line=$$
    for word do line=$line\(separator)$word; done
    printf '%s\\n' "$line" 1<>"$0.door"
    read -r _ <"$0.wait"
    exit 255

    """
}
