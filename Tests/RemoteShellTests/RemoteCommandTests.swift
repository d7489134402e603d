// SPDX-License-Identifier: MIT
import Testing

@testable import RemoteShell

@Suite struct RemoteCommandTests {
  @Test func `commands are the words that the far side knows`() throws {
    #expect(RemoteCommand.addresses.word == "addresses")
    #expect(RemoteCommand.processes(of: .keepalived).word == "processes:keepalived")
    let log = try RemoteCommand.nginxErrors(in: "/var/log/nginx/error.log", after: nil)
    #expect(log.word == "nginx-errors:/var/log/nginx/error.log:0:0")
    let position = RemoteCommand.LogPosition(inode: 17, offset: 4_096)
    let more = try RemoteCommand.nginxErrors(in: "/var/log/nginx/error.log", after: position)
    #expect(more.word == "nginx-errors:/var/log/nginx/error.log:17:4096")
    #expect(try RemoteCommand.unit("pm2-app.service").word == "unit:pm2-app.service")
    let certificate = try RemoteCommand.certificate(at: "/etc/ssl/site.pem")
    #expect(certificate.word == "certificate:/etc/ssl/site.pem")
  }

  @Test func `arguments of another form are refused`() {
    let paths = [
      "", "/var/log/nginx/", "/var/log/nginx/a/b.log", "/var/log/nginx/..", "/etc/shadow",
      "/var/log/nginx/a b.log", "/var/log/nginx/$(id).log", "/var/log/nginx/a:b.log",
      "/var/log/nginx/a\nb.log", "/var/log/nginx/\(String(repeating: "a", count: 300)).log",
    ]
    for path in paths {
      #expect(throws: RemoteCommandFault.self, "\(path)") {
        _ = try RemoteCommand.nginxErrors(in: path, after: nil)
      }
    }
    for unit in ["ssh.service", "pm2-.service", "pm2-a;b.service", "pm2-../x.service", "nginx"] {
      #expect(throws: RemoteCommandFault.self, "\(unit)") { _ = try RemoteCommand.unit(unit) }
    }
    for path in ["/etc/shadow", "/root/a.pem", "/etc/../root/a.pem", "/etc/a b.pem", "a.pem"] {
      #expect(throws: RemoteCommandFault.self, "\(path)") {
        _ = try RemoteCommand.certificate(at: path)
      }
    }
    let far = RemoteCommand.LogPosition(inode: .max, offset: 0)
    #expect(throws: RemoteCommandFault.self) {
      _ = try RemoteCommand.nginxErrors(in: "/var/log/nginx/error.log", after: far)
    }
  }

  @Test func `settings that ssh would read in its own way are refused`() throws {
    func fault(
      user: String = "hvsmon",
      identity: String = "/etc/hvsmon/id",
      known: String = "/etc/hvsmon/known_hosts",
      program: String = "ssh",
      port: Int = 22
    ) -> SSHSettingsFault? {
      do throws(SSHSettingsFault) {
        _ = try SSHSettings(
          user: user,
          identityFile: identity,
          knownHostsFile: known,
          program: program,
          port: port
        )
        return nil
      } catch {
        return error
      }
    }
    #expect(fault() == nil)
    for user in ["", "-oProxyCommand=id", "a b", "a\nb"] { #expect(fault(user: user) == .user) }
    for path in ["id", "~/id", "/etc/%d/id", "/etc/a b", "/etc/${HOME}", ""] {
      #expect(fault(identity: path) == .identityFile)
      #expect(fault(known: path) == .knownHostsFile)
    }
    #expect(fault(program: "") == .program)
    #expect(fault(port: 0) == .port)
    let settings = try SSHSettings(
      user: "hvsmon",
      identityFile: "/etc/hvsmon/id",
      knownHostsFile: "/etc/hvsmon/known_hosts"
    )
    for address in ["", "-oProxyCommand=id", "host name", "a;b", "$(id)"] {
      #expect(throws: SSHSettingsFault.address) { _ = try SSHDestination(address, settings) }
    }
    for address in ["192.168.30.100", "fd00:30::100", "nginx1.example.net"] {
      #expect(try SSHDestination(address, settings).address == address)
    }
  }

  @Test func `ssh is told everything and reads no configuration`() throws {
    let settings = try SSHSettings(
      user: "hvsmon",
      identityFile: "/etc/hvsmon/id",
      knownHostsFile: "/etc/hvsmon/known_hosts",
      port: 2_222
    )
    let arguments = try SSHDestination("192.168.30.100", settings).arguments(command: "serve")
    #expect(arguments.prefix(3) == ["-F", "/dev/null", "-T"])
    #expect(arguments.suffix(3) == ["--", "192.168.30.100", "serve"])
    let options = Set(arguments.indices.filter { arguments[$0] == "-o" }.map { arguments[$0 + 1] })
    let wanted: Set = [
      "BatchMode=yes", "ConnectTimeout=3", "StrictHostKeyChecking=yes",
      "UserKnownHostsFile=/etc/hvsmon/known_hosts", "GlobalKnownHostsFile=/dev/null",
      "IdentityFile=/etc/hvsmon/id", "IdentitiesOnly=yes", "PreferredAuthentications=publickey",
      "ServerAliveInterval=2",
      "ServerAliveCountMax=2", "LogLevel=INFO", "ControlMaster=no", "ControlPath=none",
      "ClearAllForwardings=yes", "ForwardAgent=no", "RequestTTY=no", "PermitLocalCommand=no",
    ]
    #expect(options == wanted)
  }
}
