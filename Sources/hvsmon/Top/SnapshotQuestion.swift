// SPDX-License-Identifier: MIT
import Net
import Snapshot

/// Asks the daemon for its snapshot, again and again over one connection.
final class SnapshotQuestion: Sendable {
  /// Why there is no snapshot, as half a sentence that says what to do.
  struct Refusal: Error {
    let words: String
  }

  /// A daemon that takes longer is as good as none.
  private static let timeout = Duration.seconds(5)

  let daemon: DaemonConnection
  private let client = HTTPClient(userAgent: "hvsmon-top")

  init(_ daemon: DaemonConnection) {
    self.daemon = daemon
  }

  /// Ends the connection; nothing may be asked any more.
  func close() async { await client.close() }

  /// The snapshot as it came.
  func json() async throws(Refusal) -> [UInt8] {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await daemon.ask(
        "/api/hvsmon/v1/snapshot",
        through: client,
        timeout: Self.timeout
      )
    } catch {
      throw Refusal(words: "\(error). Is the daemon running? --url names another address")
    }
    if let refusal = daemon.loginRefusal(in: response) { throw Refusal(words: refusal) }
    guard response.status == 200 else {
      let what = "\(daemon.url) answers with HTTP status \(response.status)"
      throw Refusal(words: "\(what): it is no hvsmon, or one too old for this")
    }
    return response.body
  }

  /// The snapshot.
  func snapshot() async throws(Refusal) -> ClusterSnapshot {
    let json = try await json()
    do throws(SnapshotError) {
      return try ClusterSnapshot(json: json)
    } catch {
      throw Refusal(words: error.description)
    }
  }
}
