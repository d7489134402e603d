// SPDX-License-Identifier: MIT
import FoundationEssentials

/// Hosts that a program in the place of ssh answers for: what each says stands in files.
package final class FactsHosts: Sendable {
  private let folder: TemporaryFolder
  /// The program, to be named in the settings.
  package let program: String

  /// Writes the program; a host refuses connections until something is said of it.
  package init() async throws {
    folder = try TemporaryFolder()
    program = try await folder.install("ssh", Self.script)
  }

  /// The section `ssh` of a settings file, in one line.
  package var settings: String {
    "ssh: {user: hvsmon, identity_file: /nonexistent, known_hosts_file: /nonexistent, "
      + "program: \(program)}"
  }

  /// Has a host answer a section; nil takes the answer back.
  ///
  /// - Parameters:
  ///   - address: The host's.
  ///   - section: Its word with arguments, or without them for all arguments; `clock` is what the
  ///     host's own clock says, in Unix seconds.
  ///   - text: What it prints.
  ///   - status: By the table in `deploy/facts.sh`.
  /// - Throws: When a file cannot be written.
  package func answer(
    _ address: String,
    _ section: String,
    _ text: String?,
    status: Int = 0
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("hosts/\(address)"),
      withIntermediateDirectories: true
    )
    let name = "hosts/\(address)/" + section.split(separator: "/").joined(separator: "%")
    guard let text else {
      try FileManager.default.removeItem(atPath: folder.file(name))
      return
    }
    _ = try folder.write("\(name).status", "\(status)\n")
    _ = try folder.write(name, text)
  }

  /// Has a host refuse connections from now on, and the connection to it break.
  package func remove(_ address: String) throws {
    try FileManager.default.moveItem(
      atPath: folder.file("hosts/\(address)"),
      toPath: folder.file("hosts/\(address).gone")
    )
  }

  /// Has a host show another key from now on, and the connection to it break.
  package func changeKey(_ address: String) throws {
    _ = try folder.write("hosts/\(address)/.changed", "")
  }

  /// Every question the host was asked: its sections, in the order of the questions.
  package func questions(_ address: String) -> [[String]] {
    let path = folder.file("hosts/\(address)/.questions")
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  }

  /// Connections that were made to the host.
  package func logins(_ address: String) -> Int {
    let path = folder.file("hosts/\(address)/.logins")
    return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").utf8.count
  }

  private static let script = """
    for word do address=$last; last=$word; done
    host=${0%/*}/hosts/$address
    if [ ! -d "$host" ]; then
      echo "ssh: connect to host $address port 22: Connection refused" >&2
      exit 255
    fi
    if [ -e "$host/.changed" ]; then
      echo '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @' >&2
      echo 'Host key verification failed.' >&2
      exit 255
    fi
    echo >>"$host/.logins"
    echo 'hvsmon-facts 1 ready'
    while read -r line; do
      [ -d "$host" ] && [ ! -e "$host/.changed" ] || exit 255
      set -- $line
      nonce=$2
      shift 2
      echo "$*" >>"$host/.questions"
      clock=1795455400
      [ -e "$host/clock" ] && clock=$(cat "$host/clock")
      echo "@@$nonce begin 1 $clock"
      number=0
      for word do
        number=$((number + 1))
        file=$host/$(printf %s "$word" | sed 's,/,%,g')
        [ -e "$file" ] || file=$host/${word%%:*}
        echo "@@$nonce section $number 1048576"
        status=127
        if [ -e "$file" ]; then
          cat "$file"
          read -r status <"$file.status"
        fi
        printf '\\n@@%s end %s %s\\n' "$nonce" "$number" "$status"
      done
      echo "@@$nonce done"
    done
    """
}
