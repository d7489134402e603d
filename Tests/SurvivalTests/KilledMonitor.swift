// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net
import TestSupport
import Testing

/// One store and the lives of the program on it.
final class KilledMonitor {
  /// When a life ends.
  enum Moment {
    /// So long after the start, served or not.
    case after(Duration)
    /// At this message: before its answer, or this long after it was read.
    case message(Int, after: Duration?)
  }

  /// A life that meets no message ends by itself.
  private static let longestLife = Duration.milliseconds(3_500)

  let told: ToldAlerts
  let targets: FlippingTargets
  private(set) var ledger = SampleLedger()
  /// The different starts of the long hold that queries showed.
  private(set) var holdStarts: Set<String> = []
  private let folder: TemporaryFolder
  private let config: String
  private let client = HTTPClient(userAgent: "test")

  init(seed: UInt64) throws {
    told = try ToldAlerts()
    targets = try FlippingTargets(seed: seed, told: told)
    folder = try TemporaryFolder()
    _ = try folder.write(
      "rules.yml",
      """
      groups:
        - name: survival
          interval: 1s
          rules:
            - {record: "tier:up:sum", expr: "sum by (tier) (up)"}
            - {alert: Down, expr: "up{job='nginx', instance!='dead'} == 0"}
            - {alert: Held, expr: "up{instance='dead'} == 0", for: 1h}
            - {alert: Patient, expr: "up{instance='dead'} == 0", for: 10s}
      """
    )
    config = try folder.write(
      "hvsmon.yml",
      """
      # Targets answer at once: only a machine with no time for anybody makes one look failed.
      poll: {interval: 2s, timeout: 2s, confirm_interval: 100ms}
      storage: {path: \(folder.file("hvsmon.sqlite")), flush_interval: 200ms}
      http: {listen: "127.0.0.1:0"}
      rules: [rules.yml]
      architecture:
        tiers:
      \(targets.tiers)
      notifications:
        # What fails again and again is told each time here.
        flapping: {changes: 0}
        route:
          receiver: hook
          group_by: [alertname, instance]
          group_wait: 0s
          group_interval: 1s
        receivers:
          - {name: hook, webhook: [{url: "\(told.url)"}]}
      """
    )
  }

  /// Lives until the long hold has certainly been stored: what is told is stored before, and these
  /// messages come from evaluations after the one that showed it.
  func liveFirst() async throws {
    let child = try start()
    let hasSeenHold = try await eventually(within: .seconds(10)) {
      _ = try await self.look(at: child)
      return !self.holdStarts.isEmpty
    }
    #expect(hasSeenHold, "\(child.errorOutput)")
    told.kill(child, atMessage: FlippingTargets.patient.count + 2, after: nil)
    child.kill(after: .seconds(10))
    try await watch(child)
  }

  /// Lives until the moment, and is queried all the time.
  func live(until moment: Moment) async throws {
    let child = try start()
    switch moment {
    case .after(let delay): child.kill(after: delay)
    case .message(let count, let delay):
      told.kill(child, atMessage: count, after: delay)
      child.kill(after: Self.longestLife)
    }
    try await watch(child)
  }

  /// Lives until all has been told, and stops as asked.
  func liveLast() async throws {
    let child = try start()
    targets.end()
    let isTold = try await eventually(within: .seconds(15)) {
      _ = try await self.look(at: child)
      return self.targets.areAllWell && self.isAllTold
    }
    #expect(isTold, "\(child.errorOutput)")
    #expect(try await child.terminate() == .code(0), "\(child.errorOutput)")
  }

  func close() async {
    await targets.stop()
    await told.stop()
    await client.close()
  }

  private var isAllTold: Bool {
    let hasty = told.about("Down", FlippingTargets.hasty)
    return hasty.last?.isFiring != true && !told.about("Patient", "dead").isEmpty
  }

  private func start() throws -> ChildProcess {
    ledger.beginLife(at: Self.now)
    return try ChildProcess(ChildProcess.builtExecutable("hvsmon"), ["serve", "--config", config])
  }

  private func watch(_ child: ChildProcess) async throws {
    while child.exit == nil { try await look(at: child) }
    #expect(child.exit == .signal(9), "\(child.errorOutput)")
  }

  /// Compares everything the store has with what it had, once it is served.
  private func look(at child: ChildProcess) async throws {
    try await Task.sleep(for: .milliseconds(50))
    guard let port = Self.port(in: child.errorOutput) else { return }
    let query = URLText.encoded("{__name__=~'.+'}[1h]")
    let response: HTTPResponse
    do {
      let url = "http://127.0.0.1:\(port)/api/v1/query?query=\(query)"
      response = try await client.send(HTTPRequest(url: url))
    } catch {
      // It answers as long as it lives; whoever watches it sees how it ended.
      let hasEnded = await eventually(within: .seconds(5)) { child.exit != nil }
      #expect(hasEnded, "\(error): \(child.errorOutput)")
      return
    }
    #expect(response.status == 200, "\(response.text)")
    let reply = try JSONDecoder().decode(SeriesReply.self, from: Data(response.body))
    ledger.take(reply, at: Self.now)
    holdStarts.formUnion(reply.values(of: "ALERTS_FOR_STATE", "alertname", "Held"))
  }

  private static func port(in log: String) -> String? {
    guard let start = log.firstRange(of: " port=") else { return nil }
    return String(log[start.upperBound...].prefix { $0.isNumber })
  }

  private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
