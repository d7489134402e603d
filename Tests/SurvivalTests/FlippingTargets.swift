// SPDX-License-Identifier: MIT
import Net
import Synchronization
import TestSupport

/// Servers like nginx that work and fail in turn.
///
/// A patient one changes only when the receiver has heard of its last change; a hasty one whenever
/// it likes; the dead one never works.
final class FlippingTargets: Sendable {
  static let patient = (0..<5).map { "patient\($0)" }
  static let hasty = "hasty"
  static let dead = "dead"

  private struct State {
    var working: Set<String> = Set(FlippingTargets.patient + [FlippingTargets.hasty])
    /// How often each has failed.
    var failures: [String: Int] = [:]
    var random: SeededRandom
    var isEnding = false
  }

  private final class Box: Sendable {
    let state: Mutex<State>

    init(seed: UInt64) {
      state = Mutex(State(random: SeededRandom(seed: seed)))
    }
  }

  private let box: Box
  private let server: HTTPServer
  private let told: ToldAlerts

  init(seed: UInt64, told: ToldAlerts) throws {
    let box = Box(seed: seed)
    self.box = box
    self.told = told
    let page = """
      Active connections: 1\u{20}
      server accepts handled requests
       5 5 9\u{20}
      Reading: 0 Writing: 1 Waiting: 0\u{20}

      """
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(.prefix("/"), role: nil) { request in
          let name = String(request.path.dropFirst())
          let isWorking = box.state.withLock { $0.working.contains(name) }
          guard isWorking else { return .text("out of order", status: 503) }
          return .data(Array(page.utf8), type: "text/plain")
        }
      ]
    )
  }

  /// The tiers of the settings, one for each server.
  var tiers: String {
    (Self.patient + [Self.hasty, Self.dead]).map { name in
      """
          - name: \(name)
            members: [{name: \(name), address: "127.0.0.1:\(server.port)"}]
            nginx: {status: "http://{address}/\(name)"}
      """
    }.joined(separator: "\n")
  }

  /// How often the server failed.
  func failures(of name: String) -> Int { box.state.withLock { $0.failures[name] ?? 0 } }

  /// Lets servers fail and recover until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      for name in Self.patient where hasBeenHeardOf(name) { flip(name, chance: 0.2) }
      flip(Self.hasty, chance: 0.03)
      // Cancelled only at the end, which the loop's condition sees.
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// From now on servers only recover.
  func end() { box.state.withLock { $0.isEnding = true } }

  /// All but the dead one work, and the receiver knows.
  var areAllWell: Bool {
    let working = box.state.withLock { $0.working }
    return working.contains(Self.hasty)
      && Self.patient.allSatisfy { working.contains($0) && hasBeenHeardOf($0) }
  }

  /// The receiver knows how it stands.
  private func hasBeenHeardOf(_ name: String) -> Bool {
    let (isWorking, failures) = box.state.withLock {
      ($0.working.contains(name), $0.failures[name] ?? 0)
    }
    return told.count("Down", name, isFiring: !isWorking) >= failures
  }

  private func flip(_ name: String, chance: Double) {
    box.state.withLock { state in
      let isChosen = Double.random(in: 0..<1, using: &state.random) < chance
      if state.working.contains(name) {
        guard isChosen, !state.isEnding else { return }
        state.working.remove(name)
        state.failures[name, default: 0] += 1
      } else if isChosen || state.isEnding {
        state.working.insert(name)
      }
    }
  }

  func stop() async { await server.stop(grace: .zero) }
}
