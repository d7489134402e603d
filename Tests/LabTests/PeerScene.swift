// SPDX-License-Identifier: MIT
import FoundationEssentials
@testable import Net
import Synchronization
import TestSupport
import Testing

/// Two monitors on two hosts of the lab, one page that both poll, and one place for their messages.
final class PeerScene: Sendable {
  /// What came to the place for messages.
  struct Message: Sendable {
    /// `firing` or `resolved`.
    let status: String
    /// The monitor that sent it.
    let by: String
    let eventID: String
  }

  /// What the test's own servers do, changed while they serve.
  private final class Stage: Sendable {
    struct State {
      var isPageGood = true
      var messages: [Message] = []
      /// Done when the next message has come, before it is answered.
      var onMessage: (@Sendable () -> Void)?
    }

    let state = Mutex(State())

    func take(_ request: ServerRequest) {
      struct Payload: Decodable {
        let status: String
        let externalURL: String
      }
      guard let payload = try? JSONDecoder().decode(Payload.self, from: Data(request.body)) else {
        return
      }
      let message = Message(
        status: payload.status,
        by: String(payload.externalURL.dropFirst("http://".count)),
        eventID: request.headers["X-Hvsmon-Event-Id"] ?? ""
      )
      let action = state.withLock { state in
        state.messages.append(message)
        defer { state.onMessage = nil }
        return state.onMessage
      }
      action?()
    }
  }

  static let wait = 3
  private static let here = "192.168.30.50"
  private static let port = 9_821
  private static let token = "lab-token-of-all-peers"
  /// Name, host, and address of each.
  private static let places = [
    (name: "hvsmon1", host: "app106", address: "192.168.30.106"),
    (name: "hvsmon2", host: "app107", address: "192.168.30.107"),
  ]

  private let stage = Stage()
  private let server: HTTPServer
  private let folder: TemporaryFolder
  private let client = HTTPClient(userAgent: "test")
  private let monitors = Mutex<[ChildProcess?]>([nil, nil])

  init() async throws {
    try await Lab.act("heal")
    folder = try TemporaryFolder()
    let stage = stage
    // Other hosts may ask only where there are tokens; these routes need none.
    let guardian = AccessToken(name: "test", role: .operate, secret: Self.token)
    server = try HTTPServer.start(
      HTTPServerSettings(host: Self.here, port: 0, tokens: [guardian]),
      routes: [
        HTTPRoute(.exact("/metrics"), role: nil) { _ in
          stage.state.withLock { $0.isPageGood }
            ? .text("page_good 1\n") : .text("broken\n", status: 503)
        },
        HTTPRoute(["POST"], .exact("/hook"), role: nil) { request in
          stage.take(request)
          return .text("")
        },
      ]
    )
    let authority = try CertificateAuthority(commonName: "lab", organization: "lab")
    _ = try folder.write("ca.pem", authority.certificate.pem)
    _ = try folder.write("rules.yml", Self.rules)
    for place in Self.places {
      let issued = try authority.issue(
        commonName: place.name,
        organization: "lab",
        names: [place.address]
      )
      _ = try folder.write("\(place.name).pem", issued.identity.certificatePEM)
      _ = try folder.write("\(place.name).key", issued.identity.keyPEM)
      _ = try folder.write("\(place.name).yml", settings(place.name, place.address))
    }
    for index in Self.places.indices { try start(index) }
    try #require(await hear(each: true), "\(errors)")
  }

  private static let rules = """
    groups:
      - name: page
        interval: 1s
        rules: [{alert: PageBroken, expr: 'up{job="page"} == 0', labels: {severity: page}}]
    """

  private func settings(_ name: String, _ address: String) -> String {
    let instances = Self.places.map {
      "{name: \($0.name), url: \"https://\($0.address):\(Self.port)\"}"
    }
    let url = "http://\(Self.here):\(server.port)"
    return """
      cluster: {name: lab}
      poll: {interval: 1s, timeout: 500ms, confirm_interval: 100ms}
      exposition: [{name: page, urls: ["\(url)/metrics"]}]
      storage: {path: "\(folder.file("\(name).sqlite"))", flush_interval: 100ms}
      http:
        listen: "\(address):\(Self.port)"
        auth: {tokens: [{name: test, role: operate, token: "operate-\(Self.token)"}]}
        tls: {certificate_file: "\(folder.file("\(name).pem"))", key_file: "\(folder.file("\(name).key"))"}
      rules: [rules.yml]
      notifications:
        external_url: "http://\(name)"
        route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
        receivers: [{name: hook, webhook: [{url: "\(url)/hook"}]}]
      peers:
        name: \(name)
        token: \(Self.token)
        wait: \(Self.wait)s
        ca_file: "\(folder.file("ca.pem"))"
        instances: [\(instances.joined(separator: ", "))]
      """
  }

  /// Starts a monitor in the network of its host.
  func start(_ index: Int) throws {
    let place = Self.places[index]
    let process = try String(contentsOfFile: "\(Lab.folder)/\(place.host)/pid", encoding: .utf8)
      .filter(\.isNumber)
    let monitor = try ChildProcess(
      "/usr/bin/nsenter",
      [
        "-t", process, "-n", ChildProcess.builtExecutable("hvsmon"), "serve", "--config",
        folder.file("\(place.name).yml"),
      ]
    )
    monitors.withLock { $0[index] = monitor }
  }

  /// Ends a monitor as a power cut would.
  func kill(_ index: Int) {
    monitors.withLock { $0[index] }?.send(.kill)
  }

  /// Cuts the monitors off from each other and from nothing else, or undoes that.
  func part(_ isParted: Bool) async throws {
    try await Lab.act(isParted ? "isolate" : "unite", Self.places.map(\.host))
  }

  /// Makes the page that both poll fail, or work again.
  func makePage(good: Bool) { stage.state.withLock { $0.isPageGood = good } }

  /// Does something when the next message has come, before it is answered.
  func onNextMessage(_ action: @escaping @Sendable () -> Void) {
    stage.state.withLock { $0.onMessage = action }
  }

  /// What came, oldest first.
  var messages: [Message] { stage.state.withLock { $0.messages } }

  /// Who sent what, in order.
  var told: [String] { messages.map { "\($0.by) \($0.status)" } }

  /// Waits for so many messages.
  func receives(_ count: Int) async -> Bool {
    await eventually(within: .seconds(15)) { messages.count >= count }
  }

  /// Waits for a recovery among what came after so many messages.
  func hasRecovered(after count: Int) async -> Bool {
    await eventually(within: .seconds(15)) {
      messages.dropFirst(count).contains { $0.status == "resolved" }
    }
  }

  /// Waits until both hear each other, or neither does.
  func hear(each isHeard: Bool) async -> Bool {
    await eventually(within: .seconds(20)) {
      for index in Self.places.indices {
        guard await shows(index, "hvsmon_peer_up{", "} \(isHeard ? 1 : 0)") else { return false }
      }
      return true
    }
  }

  /// Waits until the second has left so many messages to the first since it started.
  func leaves(_ count: Int) async -> Bool {
    await eventually(within: .seconds(10)) {
      await shows(1, "hvsmon_peer_deduplicated_notifications_total{", "} \(count)")
    }
  }

  /// A line of a monitor's `/metrics` has all of these parts.
  func shows(_ index: Int, _ parts: String...) async -> Bool {
    guard let page = try? await ask(index, "/metrics") else { return false }
    return page.text.split(separator: "\n").contains { line in
      parts.allSatisfy { line.contains($0) }
    }
  }

  func ask(_ index: Int, _ path: String, post body: String? = nil) async throws -> HTTPResponse {
    var request = HTTPRequest(
      method: body == nil ? "GET" : "POST",
      url: "https://\(Self.places[index].address):\(Self.port)\(path)",
      body: Array((body ?? "").utf8),
      timeout: .seconds(3),
      trust: .caFile(path: folder.file("ca.pem"))
    )
    request.headers["Authorization"] = "Bearer operate-\(Self.token)"
    request.headers["Content-Type"] = "application/json"
    return try await client.send(request)
  }

  private var errors: String {
    monitors.withLock { $0.compactMap { $0?.errorOutput } }.joined(separator: "\n")
  }

  func close() async throws {
    for index in Self.places.indices {
      kill(index)
      _ = try await monitors.withLock { $0[index] }?.waitForExit()
    }
    await server.stop(grace: .zero)
    try await part(false)
  }
}
