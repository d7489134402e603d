// SPDX-License-Identifier: MIT
import Configuration
package import Net
import Synchronization

/// Asks the Proxmox API with a token; any declared node may answer for the cluster.
///
/// It sends GET only. The node that answered last is asked first; one that fails, or is silent for a
/// quarter of the time, has the next asked beside it, so that a dead node costs no blanks.
package final class ProxmoxClient: Sendable {
  /// A server closes a connection after 5 s of idleness and after 100 requests (pveproxy), which
  /// can meet a request on its way.
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
    let question = Question(
      path: "/api2/json" + path + (query.isEmpty ? "" : "?\(query)"),
      deadline: .now + timeout
    )
    let order = order(for: node)
    let (winner, outcome) = await race(question, order, hedge: timeout / 4)
    if case .success = outcome, node == nil { preferred.withLock { $0 = winner } }
    return try outcome.get()
  }

  private struct Question: Sendable {
    let path: String
    let deadline: ContinuousClock.Instant
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

  /// Asks one node after the other, the next as soon as one failed or `hedge` has passed.
  private func race(
    _ question: Question,
    _ order: [Int],
    hedge: Duration
  ) async -> (endpoint: Int, outcome: Outcome) {
    enum Event: Sendable {
      case outcome(Int, Outcome)
      case hedge(after: Int)
    }
    return await withTaskGroup(of: Event.self) { group in
      var started = 0
      var running = 0
      var firstFailure: (Int, ProxmoxError)?
      func start() {
        let index = order[started]
        started += 1
        running += 1
        let number = started
        group.addTask { .outcome(index, await self.ask(question, at: index)) }
        guard number < order.count else { return }
        group.addTask {
          // Cancelled when the race is over.
          try? await Task.sleep(for: hedge)
          return .hedge(after: number)
        }
      }
      start()
      for await event in group {
        switch event {
        case .hedge(let number):
          if number == started, started < order.count, !Task.isCancelled { start() }
        case .outcome(let index, let outcome):
          running -= 1
          if case .failure(let error) = outcome, error.isWorthAnotherNode {
            firstFailure = firstFailure ?? (index, error)
            if started < order.count { start() }
            if running > 0 { continue }
          }
          group.cancelAll()
          if case .failure(let error) = outcome, error.isWorthAnotherNode {
            return (index, .failure(firstFailure?.1 ?? error))
          }
          return (index, outcome)
        }
      }
      return (order[0], .failure(.transport(.cancelled)))
    }
  }

  private func ask(_ question: Question, at index: Int) async -> Outcome {
    do throws(ProxmoxError) {
      return .success(try await exchange(question, at: index, isRetry: false))
    } catch {
      return .failure(error)
    }
  }

  private func exchange(
    _ question: Question,
    at index: Int,
    isRetry: Bool
  ) async throws(ProxmoxError) -> ProxmoxReply {
    let endpoint = endpoints[index]
    let left = question.deadline - .now
    guard left > .zero else {
      throw .transport(.timedOut(host: endpoint.node, after: .zero, phase: .connect))
    }
    let request = HTTPRequest(
      url: endpoint.origin + question.path,
      headers: ["Authorization": authorization.reveal(), "Accept": "application/json"],
      timeout: left,
      connectTimeout: Self.connectTimeout,
      maxBodyBytes: ProxmoxReply.bytesMax,
      trust: endpoint.trust,
      reusesConnection: !isRetry
    )
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await http.send(request)
    } catch .closedEarly(_, bodyBytes: 0) where !isRetry {
      // The kept connection was closed while the request was on its way: a GET may be repeated.
      return try await exchange(question, at: index, isRetry: true)
    } catch {
      throw .transport(error)
    }
    guard response.status == 200 else {
      throw ProxmoxReply.error(status: response.status, body: response.body)
    }
    return try ProxmoxReply(parsing: response.body, answeredBy: endpoint.node)
  }
}
