// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Logging
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport

@testable import Collectors

/// One node's API over HTTPS, answering from the recorded files; it does not age and knows one
/// good token.
final class ProxmoxFake: Sendable {
  /// How a node misbehaves.
  enum Fault: Sendable {
    /// These statuses with these bodies, by a part of the path.
    case answer(String, status: Int, body: String = "")
    /// No answer before the server stops, for paths with this part.
    case silence(String)
  }

  private struct State {
    var scenario: String?
    var faults: [Fault] = []
    var paths: [String] = []
  }

  static let secret = "11111111-2222-3333-4444-555555555555"
  static let tokenID = "hvsmon@pve!monitor"
  let server: HTTPServer
  private let state: Box

  private final class Box: Sendable {
    let inner = Mutex(State())
  }

  init(_ certificate: TestCertificate, scenario: String? = nil, faults: [Fault] = []) throws {
    let state = Box()
    state.inner.withLock {
      $0.scenario = scenario
      $0.faults = faults
    }
    self.state = state
    let route = HTTPRoute(.prefix("/api2/json/")) { request in
      await Self.answer(request, state)
    }
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0, tls: certificate.identity),
      routes: [route]
    )
  }

  /// The paths asked for so far, below `/api2/json`.
  var paths: [String] { state.inner.withLock { $0.paths } }

  func set(scenario: String? = nil, faults: [Fault] = []) {
    state.inner.withLock {
      $0.scenario = scenario
      $0.faults = faults
    }
  }

  func endpoint(_ node: String, trust: TLSTrust) -> ProxmoxSettings.Endpoint {
    ProxmoxSettings.Endpoint(
      node: node,
      origin: "https://127.0.0.1:\(server.port)",
      trust: trust
    )
  }

  func stop() async { await server.stop(grace: .zero) }

  private static func answer(_ request: ServerRequest, _ state: Box) async -> ServerResponse {
    let path = String(request.path.dropFirst("/api2/json".count))
    let (scenario, faults) = state.inner.withLock { state in
      state.paths.append(path)
      return (state.scenario, state.faults)
    }
    guard request.headers["Authorization"] == "PVEAPIToken=\(tokenID)=\(secret)" else {
      return ServerResponse(status: 401)
    }
    for fault in faults {
      switch fault {
      case .answer(let part, let status, let body) where path.contains(part):
        return .json(Array(body.utf8), status: status)
      case .silence(let part) where path.contains(part):
        try? await Task.sleep(for: .seconds(60))
        return ServerResponse(status: 503)
      default: continue
      }
    }
    guard let body = ProxmoxFixture.reply(path, scenario: scenario) else {
      return .json(Array("{\"data\":null,\"message\":\"not here\"}".utf8), status: 501)
    }
    return .json(body)
  }
}

/// Three nodes on loopback and a collector that asks them.
struct ProxmoxStage {
  let folder: TemporaryFolder
  let certificate: TestCertificate
  let nodes: [ProxmoxFake]
  let http = HTTPClient(userAgent: "test")
  let sink = MemorySink()
  static let names = ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"]

  init(scenario: String? = nil) throws {
    let folder = try TemporaryFolder()
    let certificate = try TestCertificate(
      in: folder,
      from: "20250101000000Z",
      to: "20350101000000Z"
    )
    self.folder = folder
    self.certificate = certificate
    nodes = try Self.names.map { _ in try ProxmoxFake(certificate, scenario: scenario) }
  }

  var trust: TLSTrust { .caFile(path: certificate.path) }

  func client(
    secret: String = ProxmoxFake.secret,
    endpoints: [ProxmoxSettings.Endpoint]? = nil
  ) -> ProxmoxClient {
    let all = zip(nodes, Self.names).map { $0.endpoint($1, trust: trust) }
    let settings = ProxmoxSettings(
      endpoints: endpoints ?? all,
      tokenID: ProxmoxFake.tokenID,
      tokenSecret: Secret(secret),
      poll: PollSettings()
    )
    return ProxmoxClient(settings, http: http)
  }

  func collector(
    _ client: ProxmoxClient? = nil,
    parts: [DetailPart] = DetailPart.all
  ) -> ProxmoxCollector {
    ProxmoxCollector(
      client: client ?? self.client(),
      logger: Logger(area: "test", sink: sink),
      parts: parts,
      detailPatience: .seconds(20)
    )
  }

  /// What asks the first node itself.
  func nodeCollector(
    _ client: ProxmoxClient? = nil,
    running: RunningGuests = RunningGuests()
  ) -> ProxmoxNodeCollector {
    ProxmoxNodeCollector(
      node: Self.names[0],
      client: client ?? self.client(),
      running: running
    )
  }

  /// The paths asked for so far, of all nodes.
  var paths: [String] { nodes.reduce(into: []) { $0 += $1.paths } }

  func stop() async {
    for node in nodes { await node.stop() }
    await http.close()
  }
}

/// A poll that began so many seconds after the epoch.
func poll(
  at seconds: Int64 = 1_795_508_100,
  timeout: Duration = .seconds(10),
  isAsked: Bool = false
) -> Poll {
  Poll(
    time: Timestamp(unixMilliseconds: seconds * 1_000),
    timeout: timeout,
    isAsked: isAsked
  )
}
