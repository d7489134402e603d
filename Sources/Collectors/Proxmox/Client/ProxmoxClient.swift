// SPDX-License-Identifier: MIT
import Configuration
package import Net
import Synchronization

/// Asks the Proxmox API with a token; any declared node may answer for the cluster.
///
/// It sends GET only. The node that answered last is asked first, and last one that did not answer
/// for itself; one that fails, or is silent for a second or a quarter of the time, has the next
/// asked beside it, so that a dead node costs no blanks.
package final class ProxmoxClient: Sendable {
  /// A node that is off does not answer at all.
  private static let connectTimeout = Duration.seconds(2)
  /// How long a silent node is waited for at most before the next is asked beside it.
  private static let patienceMax = Duration.seconds(1)

  private struct State {
    /// The endpoint that answered for the cluster last.
    var preferred = 0
    /// The endpoints that did not answer when they were asked themselves.
    var silent: Set<Int> = []
  }

  private let endpoints: [ProxmoxSettings.Endpoint]
  private let authorization: Secret
  private let http: HTTPClient
  private let state = Mutex(State())

  /// Makes a client; it opens no connection before the first question.
  package init(_ settings: ProxmoxSettings, http: HTTPClient) {
    endpoints = settings.endpoints
    authorization = Secret("PVEAPIToken=\(settings.tokenID)=\(settings.tokenSecret.reveal())")
    self.http = http
  }

  /// The declared name of the node that answered last.
  package var answeringNode: String {
    endpoints.isEmpty ? "" : endpoints[state.withLock { $0.preferred }].node
  }

  /// Asks a question.
  ///
  /// - Parameters:
  ///   - path: Below `/api2/json`, with a leading slash; variable parts are percent-encoded already
  ///     by ``URLText/encoded(_:)``.
  ///   - parameters: Names and values of the query, which are encoded here.
  ///   - node: The node the question is about, asked itself if it is declared; nil for the cluster.
  ///     Look whether it is online before.
  ///   - timeout: For everything, the other nodes included.
  /// - Returns: The answer.
  /// - Throws: ``ProxmoxError``; of several nodes that failed, what the first asked one did.
  package func get(
    _ path: String,
    parameters: [(name: String, value: String)] = [],
    node: String? = nil,
    timeout: Duration
  ) async throws(ProxmoxError) -> ProxmoxReply {
    let query = parameters.map { "\($0.name)=\(URLText.encoded($0.value))" }
      .joined(separator: "&")
    let question = "/api2/json" + path + (query.isEmpty ? "" : "?\(query)")
    let order = order(for: node)
    let (winner, outcome) = await race(question, order, timeout: timeout)
    if case .success = outcome, node == nil { state.withLock { $0.preferred = winner } }
    return try outcome.get()
  }

  /// Asks a node itself, and no other: that it does not answer is noted, and its neighbours are then
  /// asked before it about the cluster.
  ///
  /// - Parameters:
  ///   - path: As of ``get(_:parameters:node:timeout:)``.
  ///   - node: The node's declared name.
  ///   - timeout: For the answer.
  /// - Returns: The answer.
  /// - Throws: ``ProxmoxError``; ``ProxmoxError/transport(_:)`` when the node did not answer at all.
  package func get(
    _ path: String,
    onlyFrom node: String,
    timeout: Duration
  ) async throws(ProxmoxError) -> ProxmoxReply {
    let (index, response) = try await answer(of: node, to: "/api2/json" + path, timeout: timeout)
    return try reply(response, from: index)
  }

  /// Whether the node answers anything at all, noted as by ``get(_:onlyFrom:timeout:)``.
  ///
  /// No token is shown: a server makes whoever shows it a bad one wait for 3 s.
  func findSignOfLife(of node: String, timeout: Duration) async throws(ProxmoxError) {
    // The one page that pveproxy gives to everybody without making it (pve-manager, pveproxy.pm).
    _ = try await answer(of: node, to: "/favicon.ico", timeout: timeout, showsToken: false)
  }

  private func answer(
    of node: String,
    to question: String,
    timeout: Duration,
    showsToken: Bool = true
  ) async throws(ProxmoxError) -> (endpoint: Int, response: HTTPResponse) {
    guard let index = endpoints.firstIndex(where: { $0.node == node }) else {
      throw .refused(status: 0, reason: "no node \"\(node)\" is declared")
    }
    do throws(ProxmoxError) {
      let response = try await send(question, to: index, timeout: timeout, showsToken: showsToken)
      state.withLock { _ = $0.silent.remove(index) }
      return (index, response)
    } catch {
      if case .transport(let failure) = error, failure.isSilence {
        state.withLock { _ = $0.silent.insert(index) }
      }
      throw error
    }
  }

  private typealias Outcome = Result<ProxmoxReply, ProxmoxError>

  /// The endpoints in the order in which they are asked.
  func order(for node: String?) -> [Int] {
    let (first, silent) = state.withLock { ($0.preferred, $0.silent) }
    let ring = endpoints.indices.map { (first + $0) % endpoints.count }
    let all = ring.filter { !silent.contains($0) } + ring.filter(silent.contains)
    guard let node else { return all }
    // One that cannot be reached from here may be reached by its neighbour, and by no other way.
    let own = all.filter { endpoints[$0].node == node }
    return Array((own + all.filter { !own.contains($0) }).prefix(2))
  }

  /// Asks one node after the other, the next as soon as one failed or was silent for a while.
  private func race(
    _ question: String,
    _ order: [Int],
    timeout: Duration
  ) async -> (endpoint: Int, outcome: Outcome) {
    enum Event: Sendable {
      case outcome(Int, Outcome)
      case silence(after: Int)
      case timeIsUp
    }
    let patience = min(timeout / 4, Self.patienceMax)
    return await withTaskGroup(of: Event.self) { group in
      var started = 0
      var running = 0
      // As long as all before are waited for; the whole ends by its own timer.
      var waited = Duration.zero
      var firstFailure: (endpoint: Int, error: ProxmoxError)?
      func start() {
        let index = order[started]
        let limit = max(timeout - waited, timeout / 4)
        started += 1
        running += 1
        let number = started
        group.addTask { .outcome(index, await self.ask(question, at: index, timeout: limit)) }
        guard number < order.count else { return }
        // Where one node is silent others may be: each next one is given less time.
        let pause = patience / number
        waited += pause
        group.addTask { await Self.event(.silence(after: number), in: pause) }
      }
      start()
      group.addTask { await Self.event(.timeIsUp, in: timeout) }
      defer { group.cancelAll() }
      for await event in group {
        switch event {
        case .silence(let number):
          if number == started, !Task.isCancelled { start() }
        case .timeIsUp:
          guard !Task.isCancelled else { return (order[0], .failure(.transport(.cancelled))) }
          let host = endpoints[order[0]].node
          let late = ProxmoxError.transport(
            .timedOut(host: host, after: timeout, phase: .firstByte)
          )
          return (order[0], .failure(firstFailure?.error ?? late))
        case .outcome(let index, .failure(let error)) where error.isWorthAnotherNode:
          running -= 1
          let first = firstFailure ?? (index, error)
          firstFailure = first
          if started < order.count { start() }
          if running == 0 { return (first.endpoint, .failure(first.error)) }
        case .outcome(let index, let outcome): return (index, outcome)
        }
      }
      return (order[0], .failure(.transport(.cancelled)))
    }
  }

  /// The event after that time, or at once when the race is over.
  private static func event<Event: Sendable>(_ event: Event, in time: Duration) async -> Event {
    try? await Task.sleep(for: time)
    return event
  }

  private func ask(_ question: String, at index: Int, timeout: Duration) async -> Outcome {
    do throws(ProxmoxError) {
      return .success(try reply(try await send(question, to: index, timeout: timeout), from: index))
    } catch {
      return .failure(error)
    }
  }

  private func reply(
    _ response: HTTPResponse,
    from index: Int
  ) throws(ProxmoxError) -> ProxmoxReply {
    guard response.status == 200 else {
      throw ProxmoxReply.error(status: response.status, body: response.body)
    }
    return try ProxmoxReply(parsing: response.body, answeredBy: endpoints[index].node)
  }

  private func send(
    _ question: String,
    to index: Int,
    timeout: Duration,
    showsToken: Bool = true
  ) async throws(ProxmoxError) -> HTTPResponse {
    let endpoint = endpoints[index]
    var request = HTTPRequest(
      url: endpoint.origin + question,
      headers: ["Accept": "application/json"],
      timeout: timeout,
      connectTimeout: Self.connectTimeout,
      maxBodyBytes: ProxmoxReply.bytesMax,
      trust: endpoint.trust
    )
    if showsToken { request.headers["Authorization"] = authorization.reveal() }
    do throws(HTTPClientError) {
      return try await http.send(request)
    } catch .closedEarly(_, bodyBytes: 0) {
      // A server closes a connection after 5 s of idleness and after 100 requests, which can meet
      // a request on its way (pve-http-server, AnyEvent.pm); a GET may be repeated.
      request.reusesConnection = false
    } catch {
      throw .transport(error)
    }
    do throws(HTTPClientError) {
      return try await http.send(request)
    } catch {
      throw .transport(error)
    }
  }
}

extension HTTPClientError {
  /// The peer is the reason, not who asks.
  fileprivate var isSilence: Bool {
    switch self {
    case .cancelled, .clientClosed: false
    default: true
    }
  }
}
