// SPDX-License-Identifier: MIT
import HTTPAPI
import Logging
import MetricModel
import Notifying
import Rules
import StateStore

extension Monitor {
  /// What HTTP asks of alerts, and changes about them.
  var alertPorts: AlertPorts {
    AlertPorts(reading: alertReading, changing: alertChanging)
  }

  private var alertReading: AlertPorts.Reading {
    AlertPorts.Reading(
      alerts: { [parts] in await parts.notifications.reports() },
      sends: { [parts] report in await parts.sends(about: report) },
      sendLog: { [parts] range in await parts.sendLog(in: range) },
      silences: { [parts] in await parts.silences.silences },
      auditLog: { [parts] limit in
        do throws(StateStoreError) {
          return .success(try await parts.silences.auditLog(limit: limit))
        } catch {
          return .failure(AlertPorts.UnreadableLog(reason: error.description))
        }
      },
      receivers: { [parts] in await parts.notifications.receivers },
      routingText: { [parts] in await parts.notifications.routingText }
    )
  }

  private var alertChanging: AlertPorts.Changing {
    AlertPorts.Changing(
      setSilence: { [parts] draft, sender in await parts.silences.set(draft, by: sender) },
      expireSilence: { [parts] id, sender in await parts.silences.expire(id, by: sender) },
      acknowledge: { [parts] made, sender in
        await parts.silences.acknowledge(made, by: sender)
      },
      withdraw: { [parts] subjects, sender in
        await parts.silences.withdraw(subjects, by: sender)
      },
      post: { [parts] alerts, sender in await parts.post(alerts, by: sender) },
      test: { [parts, clock] receiver, sender in
        await parts.test(receiver, by: sender, at: clock.now)
      },
      noteReload: { [parts] outcome, sender in
        await parts.silences.note(.settingsReloaded, "settings", outcome, by: sender)
      }
    )
  }
}

extension Monitor.Parts {
  /// Messages about one alert that are looked at, and shown.
  private static let sendsMax = 100
  /// How long a test message waits for its turn.
  private static let turnPatience = Duration.seconds(10)

  /// The messages about an alert: those that wait, then those that ended, newest first.
  fileprivate func sends(about report: AlertReport) async -> [SendReport] {
    let keys = Set((report.explanation?.destinations ?? []).map(\.group.key))
    let statistics = await dispatcher.statistics
    let ahead = await peers.ahead
    let turn = ahead.isEmpty ? "" : "waits whether \(ahead.joined(separator: ", ")) tells it"
    let waiting = await queue.waiting(about: keys).filter { queued in
      queued.notification.alerts.contains { $0.alert.labels == report.alert.labels }
    }
    let open = waiting.reversed().map { SendReport($0, statistics, turn: turn) }
    do throws(StateStoreError) {
      let fingerprint = report.alert.fingerprint
      let records = try await queue.records(limit: NotificationStore.maximumRecords)
        .filter { $0.concerns(fingerprint, inGroups: keys) }
      return Array((open + records.map(SendReport.init)).prefix(Self.sendsMax))
    } catch {
      // What waits is known without the file.
      return open
    }
  }

  /// The messages that ended within a range, and those that wait; without the file only these: who
  /// asks for a log asks the audit log too, which is in the same file and says why.
  fileprivate func sendLog(in range: ClosedRange<Timestamp>) async -> [LoggedSend] {
    let statistics = await dispatcher.statistics
    let waiting = await queue.waiting(about: await notifications.groupKeys).map { queued in
      LoggedSend(
        SendReport(queued, statistics),
        groupKey: queued.notification.groupKey,
        fingerprints: queued.notification.alerts.map(\.alert.fingerprint)
      )
    }
    let records = (try? await queue.records(limit: NotificationStore.maximumRecords)) ?? []
    return waiting
      + records.filter { range.contains($0.endedAt) }.map { record in
        LoggedSend(
          SendReport(record),
          groupKey: record.groupKey,
          fingerprints: record.fingerprints
        )
      }
  }

  fileprivate func post(_ alerts: [PostedAlert], by sender: String) async -> [String] {
    let (faults, begun) = await notifications.post(alerts, by: sender)
    if !begun.isEmpty {
      let names = begun.prefix(20).map(\.description).joined(separator: " ")
      await silences.note(.alertsPosted, "\(begun.count) new", names, by: sender)
    }
    return faults
  }

  fileprivate func test(
    _ receiver: String,
    by sender: String,
    at now: Timestamp
  ) async -> [TestReport] {
    let integrations = await notifications.integrations(of: receiver)
    guard !integrations.isEmpty else { return [] }
    let message = TestMessage(
      receiver: receiver,
      externalURL: await notifications.settings?.externalURL ?? "",
      now: now
    )
    let reports = await message.send(to: integrations) { [dispatcher] id, count in
      await dispatcher.takeTurn(of: id, for: count, within: Self.turnPatience)
    }
    let accepted = reports.count { $0.isAccepted }
    await silences.note(
      .testSent,
      receiver,
      "\(accepted) of \(reports.count) accepted",
      by: sender
    )
    return reports
  }
}

extension SendReport {
  fileprivate init(
    _ queued: QueuedNotification,
    _ statistics: [IntegrationID: DeliveryStatistics],
    turn: String = ""
  ) {
    self.init(
      integration: queued.notification.integration,
      reason: queued.notification.reason,
      decidedAt: queued.notification.createdAt,
      at: queued.notBefore == .distantPast ? nil : queued.notBefore,
      outcome: .waiting,
      answer: queued.attempts > 0
        ? statistics[queued.notification.integration]?.lastFailure ?? "" : turn,
      failedTries: queued.attempts,
      tries: queued.tries
    )
  }

  fileprivate init(_ record: DeliveryRecord) {
    self.init(
      integration: record.integration,
      reason: record.reason,
      decidedAt: record.decidedAt,
      at: record.endedAt,
      outcome: record.failure == nil ? .accepted : .givenUp,
      answer: record.failure ?? record.answer,
      failedTries: record.failedTries,
      tries: record.tries
    )
  }
}
