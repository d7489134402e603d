// SPDX-License-Identifier: MIT
import MetricModel

/// Processes, units of systemd, and a certificate's file.
extension HostFace {
  /// What proc_pid_stat(5) counts in a second.
  private static let ticks: Int64 = 100
  static let certificatePath = "/etc/nginx/tls/site.crt"

  // MARK: When things began

  /// When keepalived was started last.
  var keepalivedStart: Timestamp {
    max(
      world.startedAt(guest, at: now),
      world.lastEnd(of: .keepalivedStopped(guest.vmID), notAfter: now) ?? .distantPast
    )
  }

  /// When nginx's master was started last.
  var nginxStart: Timestamp {
    max(
      world.startedAt(guest, at: now),
      world.lastEnd(of: .processDown(guest.vmID), notAfter: now) ?? .distantPast
    )
  }

  /// When nginx's configuration was written and loaded last.
  var configurationChange: Timestamp {
    let turns = world.periods.lazy.filter { $0.fault == .configurationDrifted(guest.vmID) }
      .flatMap { [$0.begin, $0.end].compactMap(\.self) }
    // Long before the world began; a system that boots anew finds the file as it was.
    return turns.filter { $0 <= now }.max() ?? world.start - .seconds(3_000_000)
  }

  // MARK: /proc

  /// What facts.sh makes of the processes of one name.
  func processes(of program: Substring) -> Section {
    let boot = world.startedAt(guest, at: now)
    func ticks(_ instant: Timestamp) -> Int64 {
      // A process begins after its system.
      max(1, (instant - boot).milliseconds * Self.ticks / 1_000 + 40)
    }
    var lines = ["now \(ticks(now)) \(Self.ticks)"]
    func add(_ id: Int, parent: Int, since start: Timestamp) {
      lines.append("process \(id) \(parent) S \(ticks(start))")
    }
    switch program {
    case "keepalived":
      if isLoadBalancer, world.isKeepalivedRunning(guest, at: now) {
        let id = processID("keepalived", since: keepalivedStart)
        add(id, parent: 1, since: keepalivedStart)
        add(id + 1, parent: id, since: keepalivedStart)
      }
    case "nginx":
      if isLoadBalancer, world.isServing(guest, at: now) {
        let id = processID("nginx", since: nginxStart)
        let workers = max(nginxStart, configurationChange)
        add(id, parent: 1, since: nginxStart)
        let first = id + (workers > nginxStart ? 900 : 1)
        for worker in 0..<2 { add(first + worker, parent: id, since: workers) }
      }
    default: return .refused
    }
    return Section(lines.joined(separator: "\n") + "\n")
  }

  /// Another number for each start.
  func processID(_ name: String, since start: Timestamp) -> Int {
    200 + Int(world.noise.bits("pid/\(guest.vmID)/\(name)", start.wholeSeconds) % 20_000)
  }

  // MARK: systemctl show

  func unit(_ name: Substring) -> Section {
    let state: (isActive: Bool, main: Int, since: Timestamp)?
    switch (name, guest.role) {
    case ("keepalived.service", .loadBalancer):
      let id = processID("keepalived", since: keepalivedStart)
      state = (world.isKeepalivedRunning(guest, at: now), id, keepalivedStart)
    case ("nginx.service", .loadBalancer):
      state = (world.isServing(guest, at: now), processID("nginx", since: nginxStart), nginxStart)
    case ("pm2-\(ClusterPlan.appUser).service", .app):
      state = (true, daemonID, world.startedAt(guest, at: now))
    case ("mongod.service", .database):
      let start = world.startedAt(guest, at: now)
      state = (world.isServing(guest, at: now), processID("mongod", since: start), start)
    default: state = nil
    }
    guard let state else {
      return Section(
        "LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n"
          + "MainPID=0\nActiveEnterTimestampMonotonic=0\n"
      )
    }
    let age = (state.since - world.startedAt(guest, at: now)).milliseconds * 1_000 + 4_000_000
    return Section(
      """
      LoadState=loaded
      ActiveState=\(state.isActive ? "active" : "inactive")
      SubState=\(state.isActive ? "running" : "dead")
      UnitFileState=enabled
      MainPID=\(state.isActive ? state.main : 0)
      NRestarts=0
      ActiveEnterTimestampMonotonic=\(age)

      """
    )
  }

  // MARK: openssl x509

  /// One certificate for all load balancers, issued for 90 days long before they were started.
  var certificate: String {
    let start = world.start - .seconds(60 * 86_400)
    let serial = String(world.noise.bits("certificate"), radix: 16, uppercase: true)
    return """
      modified=\(start.unixMilliseconds / 1_000)
      subject=CN = shop.example
      issuer=C = XX, O = Simulated Authority, CN = Simulated R1
      serial=\(serial)
      notBefore=\(Self.openSSLDate(start))
      notAfter=\(Self.openSSLDate(start + .seconds(90 * 86_400)))
      X509v3 Subject Alternative Name:\u{20}
          DNS:shop.example

      """
  }

  /// Such as `Nov  3 22:50:34 2027 GMT`.
  private static func openSSLDate(_ instant: Timestamp) -> String {
    let time = CivilTime(instant)
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ number: Int, _ filler: String = "0") -> String {
      number < 10 ? "\(filler)\(number)" : "\(number)"
    }
    return "\(months[time.month - 1]) \(two(time.day, " ")) "
      + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) \(time.year) GMT"
  }
}

extension Duration {
  /// Whole ones.
  var milliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
