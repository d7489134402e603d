// SPDX-License-Identifier: MIT
import Configuration
import Incidents
import MetricModel
import Polling
import Snapshot

/// The question what happened, as `hvsmon timeline` and `hvsmon report` put it to the daemon.
struct IncidentQuestion {
  /// The points of a curve, at most.
  private static let pointsMax = 240.0

  private let dialogue: DaemonDialogue
  private let since: Timestamp
  private let until: Timestamp

  /// Takes `--since`, `--until` and what the connection needs from the command line.
  init(_ arguments: inout Arguments) throws(UsageError) {
    let now = SystemClock().now
    dialogue = DaemonDialogue(try DaemonConnection(&arguments))
    let end = try Self.moment("--until", &arguments, before: now)
    until = end ?? now
    since = try Self.moment("--since", &arguments, before: now) ?? until - .seconds(3_600)
    guard since < until else { throw UsageError(description: "--since must be before --until") }
  }

  /// A span back from now, or a time of its own.
  private static func moment(
    _ option: String,
    _ arguments: inout Arguments,
    before now: Timestamp
  ) throws(UsageError) -> Timestamp? {
    guard let text = try arguments.value(option) else { return nil }
    if let span = QuantityText.span(text) { return now - span }
    if let time = Timestamp(rfc3339: text) { return time }
    throw UsageError(
      description:
        "\(option) is a span such as 2h or a time such as 2026-01-31T14:00:00Z, not \(text)"
    )
  }

  private var range: [(String, String)] {
    [("since", since.rfc3339Text), ("until", until.rfc3339Text)]
  }

  /// The answer as the daemon gave it.
  func answer() async throws(DaemonDialogue.NoAnswer) -> DaemonDialogue.Answer {
    try await dialogue.ask("/api/hvsmon/v1/timeline", range, timeout: .seconds(60))
  }

  /// What an answer tells.
  static func record(
    of answer: DaemonDialogue.Answer
  ) throws(DaemonDialogue.NoAnswer) -> IncidentRecord {
    do throws(JSONError) {
      return try IncidentRecord(jsonObject: Array(answer.text.utf8))
    } catch {
      Terminal.complain("the answer is not a timeline of hvsmon (\(error.description))")
      throw DaemonDialogue.NoAnswer(status: 2)
    }
  }

  /// How long entries took to answer.
  func curves() async throws(DaemonDialogue.NoAnswer) -> [ReportCurve] {
    let step = max(1, ((until - since).inSeconds / Self.pointsMax).rounded(.up))
    let answer = try await dialogue.ask(
      "/api/v1/query_range",
      [
        ("query", "max by (instance) (probe_duration_seconds{tier=\"\"})"),
        ("start", since.rfc3339Text), ("end", until.rfc3339Text), ("step", "\(Int(step))"),
      ],
      timeout: .seconds(60)
    )
    return (answer.tree["data"]?["result"]?.items ?? []).map { series in
      ReportCurve(
        name: series["metric"]?["instance"]?.string ?? "entry",
        points: (series["values"]?.items ?? []).compactMap { point in
          guard point.items.count == 2, let time = point.items[0].double,
            let value = point.items[1].double
          else { return nil }
          return Sample(Timestamp(unixSeconds: time), value)
        }
      )
    }
  }
}
