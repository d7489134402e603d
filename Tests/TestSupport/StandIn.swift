// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
package import RemoteShell

/// A shell script in the place of ssh, which is the far side itself.
package final class StandIn: Sendable {
  /// Where the script lies.
  package let folder: TemporaryFolder
  /// What reaches it.
  package let destination: SSHDestination

  /// Writes the script, which is given ssh's arguments.
  package init(_ body: String) async throws {
    folder = try TemporaryFolder()
    let program = try await folder.install("ssh", body)
    destination = try SSHDestination(
      "192.0.2.1",
      SSHSettings(
        user: "nobody",
        identityFile: "/nonexistent",
        knownHostsFile: "/nonexistent",
        program: program
      )
    )
  }

  /// The beginning of a script that greets and then answers line by line.
  package static let greeting = "echo 'hvsmon-facts 1 ready'"

  /// Prints a whole answer with one section of `output` to the request in `$line`.
  package static func answer(_ output: String) -> String {
    """
    set -- $line
    echo "@@$2 begin 1 5"; echo "@@$2 section 1 100000000"
    \(output)
    printf '\\n@@%s end 1 0\\n' "$2"; echo "@@$2 done"
    """
  }
}

extension TemporaryFolder {
  /// Writes an executable shell script.
  ///
  /// Another process writes it: a descriptor of this one may be held for a moment by a program that
  /// another test is just starting, and a file that is open for writing cannot be run.
  package func install(_ name: String, _ body: String) async throws -> String {
    let path = file(name)
    let script = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$0\" && chmod 755 \"$0\""
    try await ChildProcess("/bin/sh", ["-c", script, path, body]).waitForExit()
    return path
  }
}

/// The processes of this machine whose command line holds a text.
package func processes(whoseCommandHolds text: String) -> [Int] {
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return entries.compactMap { Int($0) }.filter { process in
    guard process != Int(getpid()),
      let data = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline"))
    else { return false }
    return String(decoding: data, as: UTF8.self).contains(text)
  }
}
