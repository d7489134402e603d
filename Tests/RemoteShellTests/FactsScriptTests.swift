// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import RemoteShell

/// `deploy/facts.sh` in each shell that is there, with programs and files that stand in for a host's.
@Suite struct FactsScriptTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  private static let nonce = "0123456789abcdef0123456789abcdef"

  private static let shells: [[String]] = {
    let busybox = root + "/.peers/bin/busybox"
    let all = [["/usr/bin/dash"], ["/bin/bash", "--posix"], [busybox, "sh"]]
    let found = all.filter { access($0[0], X_OK) == 0 }
    if !found.contains([busybox, "sh"]) { print("skipped for busybox, which is missing") }
    return found
  }()

  /// A host: a folder of programs before all others, and one in the place of /var/log/nginx.
  private struct Host {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      for name in ["bin", "log", "home/.pm2"] {
        try FileManager.default.createDirectory(
          atPath: folder.file(name),
          withIntermediateDirectories: true
        )
      }
      let text = try String(contentsOfFile: root + "/deploy/facts.sh")
      let programs = folder.file("bin")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.hasPrefix("PATH=/usr") ? "PATH=\(programs):" + line.dropFirst(5) : String(line)
      }
      let script = lines.joined(separator: "\n")
        .split(separator: "/var/log/nginx", omittingEmptySubsequences: false)
        .joined(separator: folder.file("log"))
      _ = try folder.write("facts.sh", script)
    }

    func program(_ name: String, _ body: String) async throws {
      _ = try await folder.install("bin/\(name)", body)
    }

    /// What the script prints for one request, whole.
    func run(
      _ shell: [String],
      _ words: String,
      command: String? = nil
    ) async throws -> ChildProcess {
      var environment = ["HOME": folder.file("home"), "PATH": "/usr/bin:/bin"]
      environment["SSH_ORIGINAL_COMMAND"] = command ?? "ask \(nonce) \(words)"
      let arguments = Array(shell.dropFirst()) + [folder.file("facts.sh")]
      let process = try ChildProcess(shell[0], arguments, environment: environment)
      try await process.waitForExit(timeout: .seconds(20))
      return process
    }

    func ask(_ shell: [String], _ words: String) async throws -> [RemoteSection] {
      let process = try await run(shell, words)
      var reader = AnswerReader(
        nonce: nonce,
        sectionCount: words.split(separator: " ").count,
        bytesMax: 8 << 20
      )
      return try #require(try reader.receive(process.output.utf8)).sections
    }
  }

  private func text(_ section: RemoteSection) -> String {
    String(decoding: section.output, as: UTF8.self)
  }

  @Test(arguments: shells)
  func `sections of the machine itself are answered`(shell: [String]) async throws {
    let host = try Host()
    try await host.program("ip", "[ \"$*\" = '-j addr show' ] && echo '[{\"ifname\":\"lo\"}]'")
    try await host.program("systemctl", "echo \"UnitFileState=enabled for $*\"")
    let sections = try await host.ask(
      shell,
      "addresses unit:nginx.service unit:pm2-app.service processes:keepalived keepalived-data"
    )
    #expect(text(sections[0]) == "[{\"ifname\":\"lo\"}]\n")
    #expect(text(sections[1]).hasPrefix("UnitFileState=enabled for show"))
    #expect(text(sections[2]).hasSuffix("-- pm2-app.service\n"))
    #expect(text(sections[3]).hasPrefix("now "))
    #expect(sections[3].outcome == .good)
    // There is no keepalived here; without root it cannot even be asked.
    let outcome: RemoteSection.Outcome = getuid() == 0 ? .notRunning : .notPermitted
    #expect(sections[4].outcome == outcome)
  }

  @Test(arguments: shells)
  func `whatever is not on the list is refused and not run`(shell: [String]) async throws {
    let host = try Host()
    let words = [
      "passwd", "addresses:x", "unit:ssh.service", "unit:pm2-.service", "processes:sshd",
      "certificate:/etc/shadow", "certificate:/etc/../root/a.pem", "nginx-errors:/etc/shadow:0:0",
      "nginx-errors:\(host.folder.file("log"))/a/b.log:0:0", "unit:-H", "addresses:",
      "nginx-errors:\(host.folder.file("log"))/error.log:1:x",
      "nginx-errors:\(host.folder.file("log"))/error.log:1:99999999999999999999",
    ]
    let sections = try await host.ask(shell, words.joined(separator: " "))
    #expect(sections.map(\.outcome) == words.map { _ in .refused })
    #expect(sections.allSatisfy { $0.output.isEmpty })
    let marker = host.folder.file("run")
    for command in [
      "id", "ask", "ask \(Self.nonce)", "ask short addresses", "ask \(Self.nonce)g addresses",
      "touch \(marker)", "$(touch \(marker))", "ask `touch \(marker)` addresses",
      "ask \(Self.nonce) addresses\ntouch \(marker)", "serve; touch \(marker)",
    ] {
      let process = try await host.run(shell, "", command: command)
      #expect(process.exit == .code(64), "\(command)")
      #expect(!process.output.contains("@@"), "\(command)")
    }
    let tricks = "addresses;touch$IFS\(marker) $(touch\(marker)) `x` | & > * ?"
    let more = try await host.ask(shell, tricks)
    #expect(more.allSatisfy { $0.outcome == .refused })
    #expect(access(marker, F_OK) != 0)
  }

  @Test(arguments: shells)
  func `the log is read from where it was left, across a rotation`(shell: [String]) async throws {
    let host = try Host()
    let log = host.folder.file("log") + "/error.log"
    func line(_ number: Int, _ text: String = "limiting requests, excess: 1.000 by zone \"z\"")
      -> String
    {
      "2026/11/23 17:43:54 [error] 9#9: *\(number) \(text), client: 192.0.2.9, server: _, "
        + "request: \"GET /?token=CANARY HTTP/1.1\", upstream: \"http://192.0.2.1:3000/?CANARY\", "
        + "host: \"x\", referrer: \"http://x/?CANARY\"\n"
    }
    _ = try host.folder.write("log/error.log", line(1) + line(2))
    let opened = try await host.ask(shell, "nginx-errors:\(log):0:0")[0]
    let place = text(opened).split(separator: " ")
    #expect(place.first == "position")
    #expect(place.count == 4)
    let inode = place[1]
    var offset = Int(place[2]) ?? -1
    #expect(offset == (line(1) + line(2)).utf8.count)

    let half = line(4)
    let grown = line(1) + line(2) + line(3) + String(half.prefix(20))
    let descriptor = open(log, O_WRONLY | O_TRUNC)
    _ = grown.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
    let more = text(try await host.ask(shell, "nginx-errors:\(log):\(inode):\(offset)")[0])
    #expect(more.hasPrefix("2026/11/23 17:43:54 [error] 9#9: *3 limiting requests"))
    #expect(!more.contains("CANARY") && !more.contains("192.0.2.9"))
    #expect(more.contains("upstream: \"http://192.0.2.1:3000/\""))
    offset += line(3).utf8.count
    #expect(more.hasSuffix("position \(inode) \(offset) \(grown.utf8.count)\n"))

    // The rest of the line comes, the file is renamed, a new one begins.
    let old = grown + half.dropFirst(20)
    let again = open(log, O_WRONLY | O_TRUNC)
    _ = old.withCString { write(again, $0, strlen($0)) }
    close(again)
    rename(log, log + ".1")
    _ = try host.folder.write("log/error.log", line(5) + line(6, "open() \"/x\" failed"))
    let rotated = text(try await host.ask(shell, "nginx-errors:\(log):\(inode):\(offset)")[0])
    let numbers = rotated.split(separator: "\n").compactMap { line in
      line.split(separator: "*").dropFirst().first?.prefix(1)
    }
    #expect(numbers == ["4", "5"])
    #expect(rotated.contains("position \(inode) \(old.utf8.count) \(old.utf8.count)\n"))
  }

  @Test(arguments: shells)
  func `nginx is shown by its compared directives alone`(shell: [String]) async throws {
    let host = try Host()
    let configuration = """
      # configuration file /etc/nginx/nginx.conf:
      http { include x; upstream app { ip_hash; server 192.0.2.1:3000 max_fails=2; }
        server { listen 80; # listen CANARY
          location / { limit_req zone=z burst=100 nodelay; proxy_set_header X "CANARY; server y";
            proxy_pass http://app; }
          if ($arg_key = "CANARY") { return 403 CANARY; }
        }
        map $a $b { default CANARY; server CANARY; } limit_req_zone $binary_remote_addr
          zone=z:1m rate=20r/s;
        server { server_name "a b"; location ~ "^/\\d{2}/${x}" { return 200 CANARY; } } }
      """
    _ = try host.folder.write("conf", configuration)
    try await host.program("nginx", "[ \"$*\" = -T ] && cat '\(host.folder.file("conf"))'")
    try await host.program("sudo", "[ \"$2\" = -l ] || { shift; exec \"$@\"; }")
    let section = try await host.ask(shell, "nginx-config")[0]
    #expect(section.outcome == .good)
    let lines = text(section).split(separator: "\n").dropFirst()
    #expect(
      lines.joined(separator: "\n") == """
        # configuration file /etc/nginx/nginx.conf:
        http {
        upstream app {
        ip_hash;
        server 192.0.2.1:3000 max_fails=2;
        }
        server {
        listen 80;
        location / {
        limit_req zone=z burst=100 nodelay;
        proxy_pass http://app;
        }
        if {
        }
        }
        map {
        }
        limit_req_zone $binary_remote_addr zone=z:1m rate=20r/s;
        server {
        server_name "a b";
        location ~ "^/\\d{2}/${x}" {
        }
        }
        }
        """
    )
  }

  @Test(arguments: shells)
  func `a PM2 without a living daemon is not running and is not started`(
    shell: [String]
  ) async throws {
    let host = try Host()
    let marker = host.folder.file("started")
    try await host.program("pm2", "touch '\(marker)'; echo '[]'")
    #expect(try await host.ask(shell, "pm2")[0].outcome == .notRunning)
    // A process of that number lives, but is no PM2.
    _ = try host.folder.write("home/.pm2/pm2.pid", "\(getpid())")
    #expect(try await host.ask(shell, "pm2")[0].outcome == .notRunning)
    #expect(access(marker, F_OK) != 0)
  }

  @Test func `PM2's list comes from its socket without anybody's environment`() async throws {
    guard let shared = SharedFolder.path, access("/usr/bin/node", X_OK) == 0 else {
      print("skipped: node or shared/fixtures is missing")
      return
    }
    let host = try Host()
    let home = host.folder.file("home") + "/.pm2"
    let daemon = try host.folder.write(
      "god.js",
      """
      const fs = require("fs"), home = process.argv[2];
      process.title = "PM2 v7.0.3: God Daemon (" + home + ")";
      const reply = fs.readFileSync(process.argv[3]);
      require("net").createServer((socket) => {
        let size = 0;
        socket.on("data", (part) => {
          size += part.length;
          if (size < 69) return;
          socket.write(reply.subarray(0, 100));
          setTimeout(() => socket.write(reply.subarray(100)), 5);
        });
      }).listen(home + "/rpc.sock", () => {
        fs.writeFileSync(home + "/pm2.pid", String(process.pid));
        console.log("listening");
      });
      """
    )
    let reply = shared + "/fixtures/pm2/rpc.getMonitorData.reply.bin"
    let process = try ChildProcess("/usr/bin/node", [daemon, home, reply])
    for await line in process.outputLines where line == "listening" { break }
    let section = try await host.ask(["/bin/sh"], "pm2")[0]
    #expect(section.outcome == .good)
    let shown = text(section)
    #expect(shown.hasPrefix("daemon \(process.processID) 7.0.3\n[{\"pid\":350,\"name\":\"nextjs\""))
    #expect(!shown.contains("CANARY") && !shown.contains("\"env\"") && !shown.contains("SECRET"))
    #expect(shown.contains("\"restart_time\":1"))
    try await process.terminate(.kill)
    #expect(try await host.ask(["/bin/sh"], "pm2")[0].outcome == .notRunning)
  }

  @Test(arguments: shells)
  func `a certificate is shown by its dates and names`(shell: [String]) async throws {
    let host = try Host()
    let missing = try await host.ask(shell, "certificate:/etc/hvsmon-none.pem")
    #expect(missing[0].outcome == .missing)
    let authorities = "/etc/ssl/certs"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: authorities)) ?? []
    let known = names.sorted().first { $0.hasSuffix(".pem") && $0.utf8.allSatisfy { $0 < 0x80 } }
    guard let name = known, access("/usr/bin/openssl", X_OK) == 0 else {
      print("skipped: no certificate below /etc, or no openssl")
      return
    }
    let section = try await host.ask(shell, "certificate:\(authorities)/\(name)")[0]
    let shown = text(section)
    #expect(section.outcome == .good)
    for line in ["modified=1", "serial=", "notBefore=", "notAfter="] {
      #expect(shown.contains(line), "\(shown)")
    }
    #expect(!shown.contains("BEGIN CERTIFICATE"))
  }
}
