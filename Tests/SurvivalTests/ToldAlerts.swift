// SPDX-License-Identifier: MIT
import Dispatch
import FoundationEssentials
import Net
import Synchronization
import TestSupport

/// A receiver that keeps what it is told, and may kill the teller at a message.
final class ToldAlerts: Sendable {
  /// One alert of one message; the receiver's groups hold one alert each.
  struct Told: Equatable, Sendable {
    let eventID: String
    let isFiring: Bool
    let name: String
    let instance: String
    let startsAt: String
  }

  private struct Payload: Decodable {
    struct Alert: Decodable {
      let status: String
      let labels: [String: String]
      let startsAt: String
    }

    let alerts: [Alert]
  }

  /// Whom to kill after how many more messages; before the answer when there is no delay.
  private struct Trap {
    let victim: ChildProcess
    var countdown: Int
    let delay: Duration?
  }

  private struct State {
    var told: [Told] = []
    var refused: [String] = []
    var trap: Trap?
  }

  private final class Box: Sendable {
    let state = Mutex(State())
  }

  private let box = Box()
  private let server: HTTPServer

  init() throws {
    let box = box
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["POST"], .exact("/hook"), role: nil) { request in Self.take(request, box) }
      ]
    )
  }

  var url: String { "http://127.0.0.1:\(server.port)/hook" }
  var all: [Told] { box.state.withLock { $0.told } }
  /// What could not be read.
  var refused: [String] { box.state.withLock { $0.refused } }

  func about(_ name: String, _ instance: String) -> [Told] {
    all.filter { $0.name == name && $0.instance == instance }
  }

  /// How many instances of the alert were told with this status, each counted once.
  func count(_ name: String, _ instance: String, isFiring: Bool) -> Int {
    Set(about(name, instance).filter { $0.isFiring == isFiring }.map(\.startsAt)).count
  }

  /// Kills the process at one of the next messages: without a delay before it is answered.
  func kill(_ victim: ChildProcess, atMessage countdown: Int, after delay: Duration?) {
    box.state.withLock {
      $0.trap = Trap(victim: victim, countdown: countdown, delay: delay)
    }
  }

  func stop() async { await server.stop(grace: .zero) }

  private static func take(_ request: ServerRequest, _ box: Box) -> ServerResponse {
    let payload: Payload
    do {
      payload = try JSONDecoder().decode(Payload.self, from: Data(request.body))
    } catch {
      box.state.withLock { $0.refused.append("\(error)") }
      return .text("\(error)", status: 400)
    }
    let eventID = request.headers["X-Hvsmon-Event-Id"] ?? ""
    let told = payload.alerts.map { alert in
      Told(
        eventID: eventID,
        isFiring: alert.status == "firing",
        name: alert.labels["alertname"] ?? "",
        instance: alert.labels["instance"] ?? "",
        startsAt: alert.startsAt
      )
    }
    let sprung = box.state.withLock { state -> Trap? in
      state.told += told
      state.trap?.countdown -= 1
      guard let trap = state.trap, trap.countdown <= 0 else { return nil }
      state.trap = nil
      return trap
    }
    if let sprung {
      guard let delay = sprung.delay else {
        sprung.victim.send(.kill)
        return .text("")
      }
      sprung.victim.kill(after: delay)
    }
    return .text("")
  }
}

extension ChildProcess {
  /// Kills it a while from now, unless it ended by then.
  func kill(after delay: Duration) {
    let microseconds = Int(delay / .microseconds(1))
    DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(microseconds)) {
      @Sendable in self.send(.kill)
    }
  }
}
