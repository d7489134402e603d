// SPDX-License-Identifier: MIT
import MetricModel

/// How a simulated host takes those who come by ssh; pure.
struct ShellReception {
  /// What ssh makes of the host.
  enum Welcome: Equatable {
    case accepted(ClusterPlan.Guest)
    /// It ends with status 255 after a while, with this on its error output.
    case failed(String, after: Duration)
  }

  /// What becomes of a connection that was made.
  enum Standing: Equatable {
    case works
    /// Nobody is there any more; ssh finds out by itself.
    case silent
    case closed
  }

  /// The accounts that the monitor's key opens.
  static let users: Set<String> = ["hvsmon", ClusterPlan.appUser]
  /// Two questions of ssh whether anybody is there stay open: ServerAliveInterval, twice.
  static let silenceMax = Duration.seconds(5)

  let world: SimulatedWorld
  let now: Timestamp

  func welcome(_ call: ShellCall) -> Welcome {
    let timeout = Duration.seconds(call.connectTimeout)
    let place = "ssh: connect to host \(call.address) port \(call.port)"
    guard let guest = world.plan.guest(at: call.address), world.isRunning(guest, at: now) else {
      return .failed("\(place): Connection timed out", after: timeout)
    }
    if world.has(.shellDown(guest.vmID), at: now) {
      return .failed("\(place): Connection refused", after: .zero)
    }
    if world.has(.shellHung(guest.vmID), at: now) {
      let text =
        "Connection timed out during banner exchange\n"
        + "Connection to \(call.address) port \(call.port) timed out"
      return .failed(text, after: timeout)
    }
    if world.has(.hostKeyChanged(guest.vmID), at: now) {
      return .failed(Self.warning(of: call.address), after: .zero)
    }
    guard Self.users.contains(call.user), !world.has(.loginRefused(guest.vmID), at: now) else {
      let text = "\(call.user)@\(call.address): Permission denied (publickey)."
      return .failed(text, after: .zero)
    }
    return .accepted(guest)
  }

  func standing(of guest: ClusterPlan.Guest, since start: Timestamp) -> Standing {
    guard world.isRunning(guest, at: now), !world.has(.shellHung(guest.vmID), at: now) else {
      return .silent
    }
    // Nothing of a connection outlives the system that it led to.
    guard world.startedAt(guest, at: now) <= start else { return .closed }
    // Whoever answers in its place knows nothing of the connection.
    return world.has(.hostKeyChanged(guest.vmID), at: now) ? .closed : .works
  }

  /// The texts of OpenSSH 9.2 for connections that end.
  static func silenceText(_ call: ShellCall) -> String {
    "Timeout, server \(call.address) not responding."
  }

  static func closedText(_ call: ShellCall) -> String {
    "Connection to \(call.address) closed by remote host."
  }

  private static func warning(of address: String) -> String {
    let frame = String(repeating: "@", count: 59)
    return """
      \(frame)
      @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
      \(frame)
      IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
      Someone could be eavesdropping on you right now (man-in-the-middle attack)!
      It is also possible that a host key has just been changed.
      The fingerprint for the ED25519 key sent by the remote host is
      SHA256:c2ltdWxhdGVkIGtleSBvZiBhbiBpbXBvc3Rvcg.
      Please contact your system administrator.
      Host key for \(address) has changed and you have requested strict checking.
      Host key verification failed.
      """
  }
}
