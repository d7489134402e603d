// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import RemoteShell
import Synchronization

/// What the host of one nginx is asked, and what is remembered of its answers.
final class NginxHostWatch: Sendable {
  /// What became of the logs in one answer.
  struct LogOutcome: Sendable {
    /// A log holds more than one answer could tell.
    var hasMore = false
    var failure: CollectionError?
  }

  fileprivate struct State {
    var counts = NginxLogCounts()
    /// Where each log was read to; nil until its end is known.
    var positions: [String: RemoteCommand.LogPosition] = [:]
    var logs = ["/var/log/nginx/error.log"]
    var certificates: [NginxCertificate] = []
    /// When each process began, as it was seen first: seconds are all that a host tells.
    var starts: [Int64: Double] = [:]
  }

  /// What seldom changes is asked for in every sixth poll, and each minute at least.
  private static let slowPolls = 6
  private static let slowPaceMax = Duration.seconds(60)
  /// More are passed over: the host is asked for few things at once.
  private static let logsMax = 2
  private static let certificatesMax = 6

  let configuration: SlowFact<NginxConfiguration>
  let processes: SlowFact<ProcessListing>
  private let state = Mutex(State())

  /// Asks nothing yet; `interval` is that of the polls.
  init(polledEvery interval: Duration) {
    let pace = min(interval * Self.slowPolls, Self.slowPaceMax)
    configuration = SlowFact("nginx -T", .nginxConfiguration, every: pace) {
      text throws(HostReplyFault) in
      try NginxConfiguration(reading: text)
    }
    processes = SlowFact("processes", .processes(of: .nginx), every: pace) {
      text throws(HostReplyFault) in
      try ProcessListing(reading: text)
    }
  }

  /// What is wanted of a poll at this time.
  func wishes(at time: Timestamp) -> [RemoteCommand] {
    let (logs, certificates) = state.withLock { ($0.logCommands.map(\.command), $0.certificates) }
    return logs + configuration.wish(at: time) + processes.wish(at: time)
      + certificates.flatMap { $0.fact.wish(at: time) }
  }

  /// Takes over which logs and certificates a configuration names.
  func adopt(_ configuration: NginxConfiguration) {
    state.withLock { state in
      let logs = configuration.errorLogs.filter(Self.isReadable)
      if !logs.isEmpty { state.logs = Array(logs.prefix(Self.logsMax)) }
      let servers = configuration.upstreams.flatMap(\.servers).map(\.address)
      state.counts.expect(
        zones: configuration.zones.map(\.name),
        servers: servers,
        upstreams: configuration.upstreams.map(\.name)
      )
      let known = state.certificates
      state.certificates = configuration.certificates.prefix(Self.certificatesMax).compactMap {
        path in
        known.first { $0.path == path } ?? NginxCertificate(path)
      }
    }
  }

  var certificates: [NginxCertificate] { state.withLock { $0.certificates } }

  /// When each process of a listing began, in Unix seconds by the host's clock.
  func starts(of listing: ProcessListing, readAt hostSeconds: Int64) -> [Int64: Double] {
    state.withLock { state in
      let known = state.starts
      state.starts = [:]
      for process in listing.processes {
        let start = Double(hostSeconds) - process.age.inSeconds
        let isSame = known[process.id].map { abs($0 - start) < 3 } == true
        state.starts[process.id] = isSame ? known[process.id] : start
      }
      return state.starts
    }
  }

  var counts: NginxLogCounts { state.withLock { $0.counts } }

  /// Counts what an answer tells of the logs; it must be of the wishes before it.
  func takeLogs(_ answer: HostAnswer, _ poll: Poll) -> LogOutcome {
    state.withLock { state in
      var outcome = LogOutcome()
      for (path, command) in state.logCommands {
        guard let section = answer[command] else { continue }
        do throws(CollectionError) {
          let text = try Optional(section).good("error log", timeout: poll.timeout)
          do throws(HostReplyFault) {
            let extract = try LogExtract(reading: text)
            for line in extract.lines { state.counts.take(line) }
            state.positions[path] = extract.position
            outcome.hasMore = outcome.hasMore || extract.hasMore
          } catch {
            outcome.failure = error.failure(in: "error log")
          }
        } catch {
          outcome.failure = error
        }
      }
      return outcome
    }
  }

  /// What was not written to a file in nginx's own folder is not read.
  private static func isReadable(_ path: String) -> Bool {
    do throws(RemoteCommandFault) {
      _ = try RemoteCommand.nginxErrors(in: path, after: nil)
      return true
    } catch {
      return false
    }
  }
}

extension NginxHostWatch.State {
  fileprivate var logCommands: [(path: String, command: RemoteCommand)] {
    logs.compactMap { path in
      do throws(RemoteCommandFault) {
        return (path, try .nginxErrors(in: path, after: positions[path]))
      } catch {
        // A position past what the far side can count: from the end again.
        return nil
      }
    }
  }
}

/// A certificate's file that nginx is configured to use.
final class NginxCertificate: Sendable {
  private struct State {
    var serial: String?
    /// When the serial number of now was first seen in place of another.
    var changedAfter: Timestamp?
    var seenAt: Timestamp?
    /// The serial number that the file had when workers began after it was written.
    var serialInForce: String?
  }

  private static let pace = Duration.seconds(300)

  let path: String
  let fact: SlowFact<CertificateFacts>
  private let state = Mutex(State())

  /// Nil for a file that the host is not asked for: other than a `.pem` or `.crt` below `/etc`.
  init?(_ path: String) {
    self.path = path
    do throws(RemoteCommandFault) {
      let command = try RemoteCommand.certificate(at: path)
      fact = SlowFact("certificate", command, every: Self.pace) { text throws(HostReplyFault) in
        try CertificateFacts(reading: text)
      }
    } catch {
      return nil
    }
  }

  /// Whether workers that began at `start` still use an older certificate than the file's.
  ///
  /// It was issued after they began, or the file was written since; or it was seen to change, and
  /// they began before the last look at the old one. Authorities date certificates back by an hour
  /// or so. A file that holds what they were seen to begin with is no other, however often it is
  /// written.
  func isPending(_ facts: CertificateFacts, workersSince start: Double, at now: Timestamp) -> Bool {
    state.withLock { state in
      if let known = state.serial, known != facts.serial { state.changedAfter = state.seenAt }
      state.serial = facts.serial
      state.seenAt = now
      let isNewer =
        facts.notBefore.unixSeconds > start
        // The host's clock is told in whole seconds.
        || facts.modifiedSeconds.map { $0 > start + 1 } == true
        || state.changedAfter.map { $0.unixSeconds > start } == true
      guard isNewer else {
        state.serialInForce = facts.serial
        return false
      }
      return facts.serial == nil || facts.serial != state.serialInForce
    }
  }
}
