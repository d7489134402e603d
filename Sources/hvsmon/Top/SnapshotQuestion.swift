// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot
import Synchronization
import TopView

/// Asks the daemon for its snapshot, again and again over one connection.
final class SnapshotQuestion: Sendable {
  /// Why there is no snapshot, as half a sentence that says what to do.
  struct Refusal: Error {
    let words: String
  }

  /// A daemon that takes longer is as good as none.
  static let timeout = Duration.seconds(5)

  let daemon: DaemonConnection
  let client = HTTPClient(userAgent: "hvsmon-top")
  /// The daemon is asked for what changed since this one.
  private let last = Mutex<MarkedSnapshot?>(nil)

  init(_ daemon: DaemonConnection) {
    self.daemon = daemon
  }

  /// Ends the connection; nothing may be asked any more.
  func close() async { await client.close() }

  /// The snapshot as it came.
  func json() async throws(Refusal) -> [UInt8] { try await answer("") }

  private func answer(_ query: String) async throws(Refusal) -> [UInt8] {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await daemon.ask(
        "/api/hvsmon/v1/snapshot\(query)",
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

  /// What a view wants to know of the past; what cannot be had is empty.
  func history(_ wish: HistoryWish, now: Timestamp) async -> History {
    let step = Int64(wish.lookback.stepSeconds)
    // On whole steps, so that old values stay what they are from one question to the next.
    let end = now.unixMilliseconds / 1_000 / step * step
    let start = end - step * Int64(Lookback.count - 1)
    var values: [String: [Double?]] = [:]
    for query in wish.queries {
      let path =
        "/api/v1/query_range?query=\(URLText.encoded(query))&start=\(start)&end=\(end)&step=\(step)"
      values[query] = .init(repeating: nil, count: Lookback.count)
      // No graph is drawn of what cannot be had; why is told by the snapshot's own failure.
      guard let response = try? await daemon.ask(path, through: client, timeout: Self.timeout),
        response.status == 200, let tree = try? JSONReader.read(response.body)
      else { continue }
      for pair in tree["data"]?["result"]?.items.first?["values"]?.items.map(\.items) ?? [] {
        guard let time = pair.first?.double, let value = pair.last?.string.flatMap({ Double($0) })
        else { continue }
        let place = (time - Double(start)) / Double(step)
        guard value.isFinite, place >= 0, place < Double(Lookback.count) else { continue }
        values[query]?[Int(place)] = value
      }
    }
    return History(wish, values: values)
  }

  /// The snapshot.
  func snapshot() async throws(Refusal) -> ClusterSnapshot {
    let known = last.withLock { $0 }
    let json = try await answer("?since=\(URLText.encoded(known?.mark ?? ""))")
    do throws(SnapshotError) {
      let new = try MarkedSnapshot(json: json, over: known)
      last.withLock { $0 = new }
      MemoryThrift.tookIn(bytes: json.count)
      return new.snapshot
    } catch {
      // The next answer is whole.
      last.withLock { $0 = nil }
      throw Refusal(words: error.description)
    }
  }
}
