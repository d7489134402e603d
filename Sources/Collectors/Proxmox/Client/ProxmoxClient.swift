// SPDX-License-Identifier: MIT
import Configuration
package import Net
import Synchronization

/// Asks the Proxmox API with a token; any declared node may answer for the cluster.
///
/// It sends GET only. The node that answered last is asked first; one that fails, or is silent for a
/// quarter of the time, has the next asked beside it, so that a dead node costs no blanks.
package final class ProxmoxClient: Sendable {
  /// A node that is off does not answer at all.
  private static let connectTimeout = Duration.seconds(2)

  private let endpoints: [ProxmoxSettings.Endpoint]
  private let authorization: Secret
  private let http: HTTPClient
  private let preferred = Mutex(0)

  /// Makes a client; it opens no connection before the first question.
  package init(_ settings: ProxmoxSettings, http: HTTPClient) {
    endpoints = settings.endpoints
    authorization = Secret("PVEAPIToken=\(settings.tokenID)=\(settings.tokenSecret.reveal())")
    self.http = http
  }

  /// The declared name of the node that answered last.
  package var answeringNode: String {
    endpoints.isEmpty ? "" : endpoints[preferred.withLock { $0 }].node
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
    if case .success = outcome, node == nil { preferred.withLock { $0 = winner } }
    return try outcome.get()
  }

  private typealias Outcome = Result<ProxmoxReply, ProxmoxError>

  /// The endpoints in the order in which they are asked.
  private func order(for node: String?) -> [Int] {
    let first = preferred.withLock { $0 }
    let all = endpoints.indices.map { (first + $0) % endpoints.count }
    guard let node else { return all }
    // One that cannot be reached from here may be reached by its neighbour, and by no other way.
    let own = all.filter { endpoints[$0].node == node }
    return Array((own + all.filter { !own.contains($0) }).prefix(2))
  }

  /// Asks one node after the other, the next as soon as one failed or a quarter of the time passed.
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
    let patience = timeout / 4
    return await withTaskGroup(of: Event.self) { group in
      var started = 0
      var running = 0
      var firstFailure: (endpoint: Int, error: ProxmoxError)?
      func start() {
        let index = order[started]
        // What is left if all before had to be waited for; the whole ends by its own timer.
        let limit = timeout - patience * started
        started += 1
        running += 1
        let number = started
        group.addTask { .outcome(index, await self.ask(question, at: index, timeout: limit)) }
        guard number < order.count else { return }
        group.addTask { await Self.event(.silence(after: number), in: patience) }
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
      return .success(try await exchange(question, at: index, timeout: timeout, isRetry: false))
    } catch {
      return .failure(error)
    }
  }

  private func exchange(
    _ question: String,
    at index: Int,
    timeout: Duration,
    isRetry: Bool
  ) async throws(ProxmoxError) -> ProxmoxReply {
    let endpoint = endpoints[index]
    let request = HTTPRequest(
      url: endpoint.origin + question,
      headers: ["Authorization": authorization.reveal(), "Accept": "application/json"],
      timeout: timeout,
      connectTimeout: Self.connectTimeout,
      maxBodyBytes: ProxmoxReply.bytesMax,
      trust: endpoint.trust,
      reusesConnection: !isRetry
    )
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await http.send(request)
    } catch .closedEarly(_, bodyBytes: 0) where !isRetry {
      // A server closes a connection after 5 s of idleness and after 100 requests, which can meet
      // a request on its way (pve-http-server, AnyEvent.pm); a GET may be repeated.
      return try await exchange(question, at: index, timeout: timeout, isRetry: true)
    } catch {
      throw .transport(error)
    }
    guard response.status == 200 else {
      throw ProxmoxReply.error(status: response.status, body: response.body)
    }
    return try ProxmoxReply(parsing: response.body, answeredBy: endpoint.node)
  }
}
