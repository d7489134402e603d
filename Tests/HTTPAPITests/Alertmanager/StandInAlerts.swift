// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Synchronization

@testable import HTTPAPI

/// Alerts as a test says, with the real rules of silences.
final class StandInAlerts: Sendable {
  struct State {
    var reports: [AlertReport] = []
    var logged: [LoggedSend] = []
    var ledger = OperatorLedger()
    var posted: [PostedAlert] = []
    var acknowledged: [Acknowledgement] = []
    var audit: [AuditEntry] = []
    var auditFault: String?
    var faults: [String] = []
    var tested: [TestReport] = []
    var senders: [String] = []
    var nextID = 0
  }

  let state = Mutex(State())
  let now = Timestamp(unixSeconds: 120)

  init(_ reports: [AlertReport] = []) {
    state.withLock { $0.reports = reports }
  }

  var ports: AlertPorts {
    AlertPorts(
      reading: AlertPorts.Reading(
        alerts: { [self] in state.withLock { $0.reports } },
        sends: { [self] report in sends(about: report) },
        sendLog: { [self] _ in state.withLock { $0.logged } },
        silences: { [self] in state.withLock { $0.ledger.silences } },
        auditLog: { [self] limit in
          state.withLock { state in
            state.auditFault.map { .failure(AlertPorts.UnreadableLog(reason: $0)) }
              ?? .success(Array(state.audit.prefix(limit)))
          }
        },
        receivers: { ["chat", "pager"] },
        routingText: { "route:\n  receiver: \"chat\"\n" }
      ),
      changing: changing
    )
  }

  private var changing: AlertPorts.Changing {
    AlertPorts.Changing(
      setSilence: { [self] draft, sender in
        change(sender) { state throws(SilenceRefusal) in
          state.nextID += 1
          let digits = String(state.nextID)
          let zeros = String(repeating: "0", count: 12 - digits.count)
          let id = "00000000-0000-4000-8000-" + zeros + digits
          return try state.ledger.set(draft, newID: id, now: now).id
        }
      },
      expireSilence: { [self] id, sender in
        change(sender) { state throws(SilenceRefusal) in
          _ = try state.ledger.expire(id, now: now)
        }
      },
      acknowledge: { [self] made, sender in
        state.withLock {
          $0.senders.append(sender)
          $0.acknowledged += made
        }
      },
      withdraw: { [self] subjects, _ in
        state.withLock { state in
          let before = state.acknowledged.count
          state.acknowledged.removeAll { subjects.contains($0.subject) }
          return before - state.acknowledged.count
        }
      },
      post: { [self] alerts, sender in
        state.withLock {
          $0.senders.append(sender)
          $0.posted += alerts
          return $0.faults
        }
      },
      test: { [self] receiver, _ in
        state.withLock { state in state.tested.filter { $0.integration.receiver == receiver } }
      },
      noteReload: { [self] outcome, sender in
        state.withLock { $0.senders.append("\(sender) \(outcome)") }
      }
    )
  }

  private func change<Value: Sendable>(
    _ sender: String,
    _ work: (inout State) throws(SilenceRefusal) -> Value
  ) -> Result<Value, SilenceRefusal> {
    state.withLock { state in
      state.senders.append(sender)
      do throws(SilenceRefusal) {
        return .success(try work(&state))
      } catch {
        return .failure(error)
      }
    }
  }

  private func sends(about report: AlertReport) -> [SendReport] {
    [
      SendReport(
        integration: IntegrationID(receiver: "chat", kind: "slack"),
        reason: .firing,
        decidedAt: report.alert.startsAt,
        at: report.alert.startsAt + .seconds(1),
        outcome: .accepted,
        answer: "accepted, known there as C1:17",
        failedTries: 2
      )
    ]
  }

  /// An alert that is told to the receiver chat, unless said otherwise.
  static func report(
    _ name: String,
    _ labels: [String: String] = [:],
    standing: AlertStanding = .own,
    quiet: QuietReasons = QuietReasons(),
    flapping: FlapReport? = nil,
    postedBy: String? = nil
  ) -> AlertReport {
    let all = LabelSet(labels.merging(["alertname": name]) { $1 })
    let group = GroupID(receiver: "chat", key: "{}:{alertname=\"\(name)\"}")
    return AlertReport(
      alert: Alert(
        labels: all,
        annotations: [Label("summary", "\(name) is so")],
        startsAt: Timestamp(unixSeconds: 60),
        sourceURL: postedBy == nil ? "" : "http://prometheus.test/graph"
      ),
      explanation: AlertExplanation(
        labels: all,
        standing: standing,
        quiet: quiet,
        flapping: flapping,
        destinations: [AlertExplanation.Destination(group: group, route: "{}")]
      ),
      groupLabels: [group: LabelSet(["alertname": name])],
      postedBy: postedBy,
      updatedAt: Timestamp(unixSeconds: 110),
      endsAt: Timestamp(unixSeconds: 350)
    )
  }
}
