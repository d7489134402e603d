// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
package import RemoteShell
import Synchronization

/// Debian's sshd on loopback ports, with keys, accounts and host keys of its own.
package final class RealSSHD: Sendable {
  /// Everything belongs to the user who runs the tests.
  package static let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The installed sshd or the unpacked one; nil, with a line that says so, when none can run here.
  package static let program: String? = {
    let candidates = ["/usr/sbin/sshd", root + "/.peers/usr/sbin/sshd"]
    let program = candidates.first { access($0, X_OK) == 0 }
    if program == nil { print("skipped: there is no sshd; `make setup-peers` unpacks one") }
    guard program != nil, wantsOwnView else { return program }
    let probe =
      "unshare --mount sh -c 'mount --bind /etc/passwd /etc/passwd && "
      + "mount -t tmpfs none /run' 2>/dev/null"
    if system(probe) == 0 { return program }
    print("skipped: as root, sshd wants to be installed, or mount namespaces to be allowed")
    return nil
  }()

  /// As root it insists on a user and a folder that only an installed package has.
  private static var wantsOwnView: Bool {
    getuid() == 0 && (getpwnam("sshd") == nil || access("/run/sshd", F_OK) != 0)
  }

  /// Where it listens, on 127.0.0.1 to 127.0.0.3.
  package let port: Int
  /// Its keys and settings.
  package let folder: TemporaryFolder
  private let process = Mutex<ChildProcess?>(nil)

  /// Makes keys and settings; `account` precedes the key in authorized_keys, `settings` are further
  /// lines of sshd_config.
  package init(account: String = "", settings: String = "") async throws {
    folder = try TemporaryFolder()
    port = Int(FreePort.next())
    for name in ["host_key", "identity", "other"] {
      let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder.file(name)]
      let keygen = try ChildProcess("/usr/bin/ssh-keygen", arguments)
      guard try await keygen.waitForExit() == .code(0) else { throw Failure(keygen.errorOutput) }
    }
    let key = try String(contentsOfFile: folder.file("identity.pub"), encoding: .utf8)
    _ = try folder.write("authorized_keys", account.isEmpty ? key : "\(account) \(key)")
    try pin(hostKey: "host_key")
    let log = settings.contains("LogLevel") ? "" : "LogLevel INFO"
    _ = try folder.write(
      "sshd_config",
      """
      Port \(port)
      ListenAddress 127.0.0.1
      ListenAddress 127.0.0.2
      ListenAddress 127.0.0.3
      HostKey \(folder.file("host_key"))
      AuthorizedKeysFile \(folder.file("authorized_keys"))
      PidFile none
      UsePAM no
      StrictModes no
      PermitRootLogin yes
      PrintMotd no
      MaxStartups 100
      \(log)
      \(settings)
      """
    )
    _ = try folder.write(
      "passwd",
      String(contentsOfFile: "/etc/passwd", encoding: .utf8)
        + "sshd:x:65533:65533::/run/sshd:/usr/sbin/nologin\n"
    )
  }

  struct Failure: Error {
    let log: String
    init(_ log: String) { self.log = log }
  }

  /// Notes a public key as the one of all three addresses.
  package func pin(hostKey name: String) throws {
    let key = try String(contentsOfFile: folder.file("\(name).pub"), encoding: .utf8)
      .split(separator: " ").prefix(2).joined(separator: " ")
    let lines = (1...3).map { "[127.0.0.\($0)]:\(port) \(key)\n" }
    _ = try folder.write("known_hosts", lines.joined())
  }

  package func destination(
    _ address: String = "127.0.0.1",
    identity: String = "identity",
    port otherPort: Int? = nil
  ) throws -> SSHDestination {
    try SSHDestination(
      address,
      SSHSettings(
        user: Self.user,
        identityFile: folder.file(identity),
        knownHostsFile: folder.file("known_hosts"),
        port: otherPort ?? port
      )
    )
  }

  /// What sshd wrote.
  package var log: String { process.withLock { $0?.errorOutput } ?? "" }

  /// How many connections logged in.
  package var logins: Int {
    // Its lines end in CR and LF, which together are one character.
    log.utf8.split(separator: 0x0a).count { String($0)?.contains("Accepted publickey") == true }
  }

  /// Starts sshd and returns when it listens.
  package func start() async throws {
    guard let program = Self.program else { throw Failure("no sshd") }
    let started: ChildProcess
    if Self.wantsOwnView {
      // They are put into a view of the file system that nobody else sees.
      let script = """
        mount --bind "$1/passwd" /etc/passwd && mount -t tmpfs none /run &&
          mkdir -m 755 /run/sshd && exec "$0" -D -e -f "$1/sshd_config"
        """
      started = try ChildProcess(
        "/usr/bin/unshare",
        ["--mount", "/bin/sh", "-c", script, program, folder.path]
      )
    } else {
      started = try ChildProcess(program, ["-D", "-e", "-f", folder.file("sshd_config")])
    }
    process.withLock { $0 = started }
    let isUp = await eventually {
      log.contains("listening on 127.0.0.3") || started.exit != nil
    }
    guard isUp, started.exit == nil else { throw Failure(started.errorOutput) }
  }

  /// The listening process and those of its connections.
  package var processIDs: [Int] {
    var found = process.withLock { $0.map { [$0.processID] } } ?? []
    var grown = true
    while grown {
      let children = Self.parents.filter { found.contains($0.value) && !found.contains($0.key) }
      found += children.keys
      grown = !children.isEmpty
    }
    return found
  }

  private static var parents: [Int: Int] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    var parents: [Int: Int] = [:]
    for process in entries.compactMap({ Int($0) }) {
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let bracket = stat.lastIndex(of: ")")
      else { continue }
      let words = stat[bracket...].split(separator: " ")
      if words.count > 2, let parent = Int(words[2]) { parents[process] = parent }
    }
    return parents
  }

  /// Stops or resumes all of its processes.
  package func send(_ signal: Int32) {
    for process in processIDs { kill(pid_t(process), signal) }
  }

  /// Ends it with all its connections.
  package func stop() async throws {
    let all = processIDs
    for process in all { kill(pid_t(process), SIGKILL) }
    _ = try await process.withLock { $0 }?.waitForExit()
  }
}
