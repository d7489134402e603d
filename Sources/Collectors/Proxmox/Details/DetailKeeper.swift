// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import Synchronization

/// Asks the slower questions beside the polls: each node one at a time, and the cluster as a whole
/// one at a time.
///
/// It owns the tasks that ask and cancels them when it goes away, with the collector.
final class DetailKeeper: Sendable {
  let board = DetailBoard()
  private let client: ProxmoxClient
  private let access: AccessLog
  private let tasks = TaskLedger()
  private let parts: [DetailPart]
  /// The last round of each node, empty name for the cluster.
  private let rounds = Mutex<[String: Task<Void, Never>]>([:])

  init(client: ProxmoxClient, access: AccessLog, parts: [DetailPart] = DetailPart.all) {
    self.client = client
    self.access = access
    self.parts = parts
  }

  deinit {
    rounds.withLock { for round in $0.values { round.cancel() } }
  }

  /// Starts what is due and waits for it, at most so long: slow answers are for a later poll.
  func refresh(_ view: ClusterView, at time: Timestamp, waitingUpTo patience: Duration) async {
    let guests = view.guestsByNode
    var ends: [AsyncStream<Never>] = []
    for node in [""] + view.askableNodes {
      let scope = parts.filter { ($0.scope == .cluster) == node.isEmpty }
      let due = board.begin(scope, node: node, at: time)
      guard !due.isEmpty else { continue }
      let (end, continuation) = AsyncStream<Never>.makeStream()
      ends.append(end)
      let guestIDs = (guests[node] ?? []).filter { $0.status != "unknown" }.map(\.id)
      let round = Task { [board, client, access, tasks] in
        for part in due {
          let subject = DetailPart.Subject(
            client: client,
            cluster: view.quorum?.name,
            node: node,
            guests: guestIDs,
            timeout: part.timeout,
            access: access,
            tasks: tasks
          )
          guard await Self.ask(part, subject, board, at: time, of: due) else { break }
        }
        board.end(node: node)
        continuation.finish()
      }
      rounds.withLock { $0[node] = round }
    }
    guard !ends.isEmpty, patience > .zero else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [ends] in for end in ends { for await _ in end {} } }
      // Cancelled as soon as the answers are there.
      group.addTask { try? await Task.sleep(for: patience) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Asks one question; false when the rest of the round is in vain.
  private static func ask(
    _ part: DetailPart,
    _ subject: DetailPart.Subject,
    _ board: DetailBoard,
    at time: Timestamp,
    of round: [DetailPart]
  ) async -> Bool {
    do throws(ProxmoxError) {
      let samples = try await part.ask(subject)
      board.note(.success(samples), of: part, node: subject.node, at: time)
      return true
    } catch {
      switch error {
      case .transport(.cancelled), .transport(.clientClosed): return false
      case .transport, .nodeUnreachable, .unauthorized:
        // Each further question would wait for its own deadline.
        let rest = round.drop { $0.name != part.name }
        for part in rest {
          board.note(.failure(error), of: part, node: subject.node, at: time)
        }
        return false
      default:
        board.note(.failure(error), of: part, node: subject.node, at: time)
        return true
      }
    }
  }
}
