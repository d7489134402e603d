// SPDX-License-Identifier: MIT
import Incidents
import MetricModel
import Net
import Notifying
import Rules
import Snapshot
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/hvsmon/v1/timeline`.
@Suite struct TimelineEndpointTests {
  private static let path = "/api/hvsmon/v1/timeline"

  private static let reading = MemoryReading(
    all: [
      Series(
        labels: LabelSet(metric: "hvsmon_node_up", ["node": "pve2"]),
        samples: [
          Sample(Timestamp(unixSeconds: 1_000), 1), Sample(Timestamp(unixSeconds: 1_015), 1),
          Sample(Timestamp(unixSeconds: 1_030), 0),
        ]
      ),
      Series(
        labels: LabelSet(
          metric: "ALERTS",
          ["alertname": "NodeDown", "alertstate": "firing", "node": "pve2", "cluster": "c"]
        ),
        samples: [Sample(Timestamp(unixSeconds: 1_031), 1)]
      ),
      Series(
        labels: LabelSet(metric: "ALERTS", ["alertname": "Pending", "alertstate": "pending"]),
        samples: [Sample(Timestamp(unixSeconds: 1_031), 1)]
      ),
    ]
  )

  private func ports(_ alerts: StandInAlerts = StandInAlerts()) -> APIPorts {
    .standIn(
      reading: Self.reading,
      clock: ManualTimeSource(Timestamp(unixSeconds: 2_000)),
      alerts: alerts.ports
    )
  }

  private func record(_ ports: APIPorts, _ query: (String, String)...) async throws
    -> IncidentRecord
  {
    let answer = try await ports.ask(Self.path, query)
    #expect(answer.status == 200, "\(answer.text)")
    return try IncidentRecord(jsonObject: Array(answer.text.utf8))
  }

  @Test func `series, messages and deeds are told on one axis`() async throws {
    let alerts = StandInAlerts()
    let alert = Alert(
      labels: LabelSet(["alertname": "NodeDown", "node": "pve2"]),
      startsAt: Timestamp(unixSeconds: 1_031)
    )
    let report = SendReport(
      integration: IntegrationID(receiver: "chat", kind: "slack", index: 0),
      reason: .firing,
      decidedAt: Timestamp(unixSeconds: 1_032),
      at: Timestamp(unixSeconds: 1_033),
      outcome: .accepted,
      answer: "accepted",
      failedTries: 0
    )
    alerts.state.withLock { state in
      state.logged = [
        LoggedSend(report, groupKey: "{}", fingerprints: [alert.fingerprint]),
        LoggedSend(report, groupKey: "{}:{tier=\"x\"}", fingerprints: ["0123456789abcdef"]),
      ]
      state.audit = [
        AuditEntry(
          at: Timestamp(unixSeconds: 1_040),
          by: "ann",
          action: .alertAcknowledged,
          subject: "NodeDown",
          detail: ""
        )
      ]
    }
    let record = try await record(ports(alerts), ("since", "990"), ("until", "1100"))
    #expect(
      record.events.map { "\($0.object) \($0.words)" } == [
        "pve2 is down", "pve2 NodeDown fires", "chat/slack[0] was told of NodeDown (firing)",
        "chat/slack[0] was told of {}:{tier=\"x\"} (firing)", "ann alert acknowledged, NodeDown",
      ]
    )
    #expect(record.since == Timestamp(unixSeconds: 990))
    #expect(record.until == Timestamp(unixSeconds: 1_100))
    #expect(record.alerts.map(\.name) == ["NodeDown"])
  }

  @Test func `a log that cannot be read is not told as an empty one`() async throws {
    let alerts = StandInAlerts()
    alerts.state.withLock { $0.auditFault = "hvsmon-state.sqlite: disk I/O error" }
    let answer = try await ports(alerts).ask(Self.path, [])
    #expect(answer.status == 500 && answer.text.contains("disk I/O error"), "\(answer.text)")
  }

  @Test func `the last hour is told unless another time is asked for, and none to come`()
    async throws
  {
    let usual = try await record(ports())
    #expect(usual.since == Timestamp(unixSeconds: -1_600))
    #expect(usual.until == Timestamp(unixSeconds: 2_000))
    let later = try await record(ports(), ("since", "1900"), ("until", "9000"))
    #expect(later.until == Timestamp(unixSeconds: 2_000))
    #expect(later.events.isEmpty)
  }

  @Test(arguments: [
    ("yesterday", "1100", "since"), ("1000", "soon", "until"), ("1100", "1000", "since"),
    ("3000", "4000", "since"), ("-9000000", "1000", "32 days"),
  ])
  func `other times are refused with their reason`(
    since: String,
    until: String,
    reason: String
  ) async throws {
    let answer = try await ports().ask(Self.path, [("since", since), ("until", until)])
    #expect(answer.status == 400)
    #expect(answer.text.contains(reason), "\(answer.text)")
  }

  @Test func `what is too much is left out and counted, or refused by its limit`() async throws {
    func answer(_ limits: TimelineEndpoint.Limits) async throws -> ServerResponse {
      let threads = QueryThreads()
      let endpoint = TimelineEndpoint(ports: ports(), threads: threads, limits: limits)
      let query = [("since", "990"), ("until", "1100")].map {
        ServerRequest.Parameter(name: $0.0, value: $0.1)
      }
      let route = try #require(endpoint.routes.first)
      return await route.handler(
        ServerRequest(path: Self.path, query: query)
      )
    }
    let cut = try await answer(TimelineEndpoint.Limits(series: 1))
    let record = try IncidentRecord(jsonObject: cut.body)
    #expect(record.seriesLeftOut == 1 && record.events.count == 1)
    #expect(IncidentSummary(record).sentences.last == "This is not all: 1 series were not read.")
    let refused = try await answer(TimelineEndpoint.Limits(samples: 3))
    #expect(refused.status == 422)
    #expect(String(decoding: refused.body, as: UTF8.self).contains("more than 3 samples"))
  }
}
