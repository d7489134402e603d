// SPDX-License-Identifier: MIT
import MongoWire
import Net
import Synchronization

/// Hears from a member at once when it becomes something else, instead of at the next poll.
///
/// It has a connection of its own without a login, on which the member sends its new `hello` by
/// itself. It ends with the connection, which is told as a change, and is begun again by the next
/// poll that finds the member answering; ``deinit`` ends it for good.
final class ChangeWatch: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    var tell: (@Sendable () -> Void)?
    /// Servers before 4.4 cannot be waited on: nothing is tried again.
    var isHopeless = false
  }

  /// What the task shares with the watch; the task must not keep the watch itself alive.
  private final class Board: Sendable {
    let state = Mutex(State())
  }

  /// After so long a member answers although nothing changed.
  private static let longest = Duration.seconds(10)
  /// No server has a reason to answer the same more often.
  private static let shortest = Duration.milliseconds(500)

  private let endpoint: MongoEndpoint
  private let connector: StreamConnector
  private let board = Board()

  init(_ endpoint: MongoEndpoint, using connector: StreamConnector) {
    self.endpoint = MongoEndpoint(
      stream: endpoint.stream,
      applicationName: endpoint.applicationName,
      replyLimitBytes: 1 << 20
    )
    self.connector = connector
  }

  deinit {
    board.state.withLock { $0.task?.cancel() }
  }

  /// Begins to listen unless it does so already; `tell` replaces the one of the poll before.
  func keep(_ tell: @escaping @Sendable () -> Void) {
    board.state.withLock { state in
      state.tell = tell
      guard state.task == nil, !state.isHopeless else { return }
      state.task = Task { [board, endpoint, connector] in
        let isHopeless = await Self.listen(endpoint, connector) {
          board.state.withLock { $0.tell }?()
        }
        board.state.withLock { state in
          state.task = nil
          state.isHopeless = isHopeless
        }
      }
    }
  }

  /// Listens until the connection ends.
  ///
  /// - Returns: Whether there is no use in trying again.
  private static func listen(
    _ endpoint: MongoEndpoint,
    _ connector: StreamConnector,
    _ tell: @Sendable () -> Void
  ) async -> Bool {
    let connection: MongoConnection
    do throws(MongoError) {
      connection = try await MongoConnection.open(endpoint, using: connector, within: .seconds(5))
    } catch {
      // That is the poll's to report.
      return false
    }
    defer { connection.close() }
    guard connection.hello.canBeAwaited else { return true }
    var last = connection.hello
    do {
      while true {
        let pause = Deadline(after: shortest)
        let next = try await connection.nextHello(longest: longest)
        let isNews = last.topologyVersion != next.topologyVersion || last.role != next.role
        last = next
        if isNews { tell() } else if pause.left > .zero { try await Task.sleep(for: pause.left) }
      }
    } catch {
      // Everything but the end of the watch itself is the end of the connection.
      if !Task.isCancelled { tell() }
      return false
    }
  }
}
