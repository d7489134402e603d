// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Notifying
import Polling
import Rules

/// Tells one Alertmanager of alerts, in batches, one request at a time, and again when it did not
/// answer; of each alert only the newest state.
actor AlertmanagerMember {
  /// What was told since start.
  struct Statistics: Equatable {
    /// Alerts that it took.
    var sent = 0
    /// Requests that failed.
    var failures = 0
    /// Alerts that it refused for good, that were too many, or whose news had grown old.
    var dropped = 0
  }

  /// The longest wait after requests that failed.
  private static let longestWait = Duration.seconds(30)
  /// How much of an answer is read.
  private static let answerBytesMax = 64 << 10

  let settings: AlertmanagerSettings
  private let externalLabels: LabelSet
  let externalURL: String
  private let http: HTTPClient
  private let clock: any PollClock
  private let logger: Logger
  private var backlog = ForwardingBacklog()
  private var counts = Statistics()
  private var refused = 0
  private var failuresInRow = 0
  private var task: Task<Void, Never>?
  private var isStopped = false

  init(
    settings: AlertmanagerSettings,
    externalLabels: LabelSet,
    externalURL: String,
    http: HTTPClient,
    clock: any PollClock,
    logger: Logger
  ) {
    self.settings = settings
    self.externalLabels = externalLabels
    self.externalURL = externalURL
    self.http = http
    self.clock = clock
    self.logger = logger
  }

  var statistics: Statistics {
    var all = counts
    all.dropped = refused + backlog.dropped
    return all
  }

  /// How many alerts wait.
  var waiting: Int { backlog.count }

  /// Tells of these alerts as soon as those before are told; returns at once.
  func tell(_ alerts: [ForwardedAlert]) {
    guard !isStopped else { return }
    backlog.add(alerts)
    guard task == nil else { return }
    // Ends when nothing waits any more; cancelled and awaited by `stop()`.
    task = Task { await drain() }
  }

  /// Gives up what waits; a request under way is cancelled.
  func stop() async {
    isStopped = true
    let running = task
    running?.cancel()
    await running?.value
  }

  private func drain() async {
    while !Task.isCancelled, !isStopped {
      let batch = backlog.batch(at: clock.now)
      guard !batch.isEmpty else { break }
      let outcome = await send(batch)
      guard !Task.isCancelled else { break }
      switch outcome {
      case .taken:
        backlog.remove(batch)
        counts.sent += batch.count
        noteSuccess()
      case .refused(let reason):
        // The same request again is refused again.
        backlog.remove(batch)
        refused += batch.count
        noteFailure(reason)
      case .failed(let reason):
        noteFailure(reason)
        let wait = min(.seconds(1) * (1 << min(failuresInRow - 1, 10)), Self.longestWait)
        await clock.sleep(until: clock.now + wait)
      }
    }
    task = nil
  }

  private enum Outcome {
    case taken
    case refused(reason: String)
    case failed(reason: String)
  }

  private func send(_ batch: [ForwardedAlert]) async -> Outcome {
    var headers: HTTPHeaders = ["Content-Type": "application/json"]
    if let authorization = settings.authorization {
      headers["Authorization"] = authorization.reveal()
    }
    let base = settings.url.reveal()
    let request = HTTPRequest(
      method: "POST",
      url: (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/api/v2/alerts",
      headers: headers,
      body: body(of: batch),
      timeout: settings.timeout,
      maxBodyBytes: Self.answerBytesMax,
      trust: settings.caFile.map { .caFile(path: $0) } ?? .system
    )
    do throws(HTTPClientError) {
      let response = try await http.send(request)
      switch response.status {
      case 200...299: return .taken
      case 408, 429, 500...599: return .failed(reason: "status \(response.status)")
      // What it says is left out: error pages like to repeat what they were sent.
      default: return .refused(reason: "status \(response.status)")
      }
    } catch {
      return .failed(reason: error.description)
    }
  }

  /// Source: the alerts of Alertmanager's API, version 2.
  private func body(of batch: [ForwardedAlert]) -> [UInt8] {
    var json = JSONText()
    json.raw("[")
    for (index, forwarded) in batch.enumerated() {
      let alert = forwarded.alert
      if index > 0 { json.raw(",") }
      json.raw("{\"labels\":")
      json.object(externalLabels.merging(alert.labels))
      json.raw(",\"annotations\":")
      json.object(LabelSet(alert.annotations))
      let texts = [
        ("startsAt", alert.startsAt.rfc3339Text), ("endsAt", forwarded.endsAt.rfc3339Text),
        ("generatorURL", alert.graphURL(below: externalURL) ?? ""),
      ]
      for (name, text) in texts {
        json.raw(",\"\(name)\":")
        json.string(text)
      }
      json.raw("}")
    }
    json.raw("]")
    return json.bytes
  }

  private func noteSuccess() {
    if failuresInRow > 0 {
      logger.info("alerts are told again", LogField("alertmanager", settings.name))
    }
    failuresInRow = 0
  }

  private func noteFailure(_ reason: String) {
    counts.failures += 1
    failuresInRow += 1
    guard failuresInRow == 1 else { return }
    logger.warning(
      "an Alertmanager cannot be told of alerts",
      LogField("alertmanager", settings.name),
      LogField("reason", reason)
    )
  }
}
