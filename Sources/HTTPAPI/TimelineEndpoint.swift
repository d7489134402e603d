// SPDX-License-Identifier: MIT
import Incidents
import MetricModel
import Net
import Notifying
import Rules
import Snapshot

/// `/api/hvsmon/v1/timeline`: what happened between two moments, on one axis.
struct TimelineEndpoint: Sendable {
  /// The longest stretch that is told.
  static let rangeMax = Duration.seconds(32 * 86_400)
  /// The stretch that is told unless another is asked for.
  private static let rangeStandard = Duration.seconds(3_600)
  /// Entries of the audit log that are looked at.
  private static let deedsMax = 10_000

  /// How much is read for one answer.
  struct Limits: Sendable {
    /// Series; of more the later ones are left out.
    var series = 20_000
    /// Samples; more are refused.
    var samples = 200_000_000
  }

  let ports: APIPorts
  let threads: QueryThreads
  var limits = Limits()

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/hvsmon/v1/timeline")) { request in
        do throws(APIFailure) {
          return try await answer(in: try range(request.query))
        } catch {
          return error.response
        }
      }
    ]
  }

  private func range(_ form: APIParameter.Form) throws(APIFailure) -> ClosedRange<Timestamp> {
    let now = ports.store.clock.now
    let until = min(try APIParameter.time(form, "until") ?? now, now)
    let since = try APIParameter.time(form, "since") ?? until - Self.rangeStandard
    guard since < until else { throw .invalid("since", "must be before until and before now") }
    guard until - since <= Self.rangeMax else {
      throw .invalid("since", "is more than 32 days before until")
    }
    return since...until
  }

  private func answer(in range: ClosedRange<Timestamp>) async throws(APIFailure) -> ServerResponse {
    let sends = await ports.alerts.reading.sendLog(range)
    let deeds: [AuditEntry]
    switch await ports.alerts.reading.auditLog(Self.deedsMax) {
    case .success(let entries): deeds = entries
    // A report must not say that nobody was told or did anything when nobody can know.
    case .failure(let failure): throw APIFailure(.internal, failure.reason)
    }
    return await threads.answer { abandonment throws(APIFailure) in
      let read = try courses(in: range, abandonment)
      let names = SentAlertNames(read.courses)
      let record = IncidentRecord(
        cluster: ports.latest.externalLabels["cluster"] ?? "",
        in: range,
        courses: read.courses,
        messages: sends.map { names.message(of: $0) },
        deeds: deeds.map(IncidentDeed.init),
        seriesLeftOut: read.leftOut
      )
      return .json(record.jsonObject)
    }
  }

  private func courses(
    in range: ClosedRange<Timestamp>,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> (courses: [ValueCourse], leftOut: Int) {
    let selection = SeriesSelection(
      matching: IncidentSource.matchers,
      in: (range.lowerBound - IncidentSource.lookback)...range.upperBound
    )
    var courses: [ValueCourse] = []
    var (leftOut, samples) = (0, 0)
    do throws(StoreError) {
      var run = SampleRun()
      // Ends early when nobody waits for the answer any more.
      reading: for var cursor in try ports.store.reading.cursors(selection)
      where !IncidentSource.isSilent(cursor.labels) {
        guard courses.count < limits.series else {
          leftOut += 1
          continue
        }
        var course = ValueCourse(cursor.labels)
        while try cursor.next(into: &run) {
          samples += run.count
          if samples > limits.samples || abandonment.hasBegun { break reading }
          course.add(run)
        }
        courses.append(course)
      }
    } catch {
      throw APIFailure(error)
    }
    guard samples <= limits.samples else {
      let words = "a timeline of this stretch reads more than \(limits.samples) samples"
      throw APIFailure(.execution, "\(words): ask for a shorter one")
    }
    return (courses, leftOut)
  }
}

/// Which alerts a message was about, by their fingerprints.
private struct SentAlertNames {
  /// Names of one message that are shown.
  private static let namesMax = 3
  private var names: [String: String] = [:]

  init(_ courses: [ValueCourse]) {
    for course in courses where course.labels.metricName == "ALERTS" {
      let labels = course.labels.removing([LabelSet.metricNameLabel, "alertstate"])
      let name = labels["alertname"] ?? ""
      // The monitor's own label is added to series, not to alerts.
      for labels in [labels, labels.removing(["cluster"])] {
        names[Alert(labels: labels, startsAt: .epoch).fingerprint] = name
      }
    }
  }

  func message(of logged: LoggedSend) -> IncidentMessage {
    var message = IncidentMessage()
    let report = logged.report
    message.decidedAt = report.decidedAt
    message.endedAt = report.outcome == .waiting ? nil : report.at
    message.receiver = report.integration.description
    message.reason = report.reason.rawValue
    message.about = about(logged)
    message.outcome = IncidentMessage.Outcome(rawValue: report.outcome.rawValue) ?? .waiting
    message.answer = report.answer
    message.failedTries = report.failedTries
    return message
  }

  private func about(_ logged: LoggedSend) -> String {
    let found = Set(logged.fingerprints.compactMap { names[$0] }).sorted()
    guard !found.isEmpty else { return logged.groupKey }
    let rest = found.count - Self.namesMax
    let shown = found.prefix(Self.namesMax).joined(separator: ", ")
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}

extension IncidentDeed {
  fileprivate init(_ entry: AuditEntry) {
    self.init(
      at: entry.at,
      by: entry.by,
      action: entry.action.rawValue,
      subject: entry.subject,
      detail: entry.detail
    )
  }
}
