// SPDX-License-Identifier: MIT
package import MetricModel
package import Notifying
package import Rules

/// One alert that fires and what becomes of it.
package struct AlertReport: Sendable {
  /// The alert.
  package let alert: Alert
  /// Who is told of it, or why not; nil when nobody looked yet, or there is nobody to tell.
  package let explanation: AlertExplanation?
  /// The labels that each group of the explanation is grouped by; a group that is not there has
  /// nothing to say.
  package let groupLabels: [GroupID: LabelSet]
  /// Who posted it; nil for an alert of a rule.
  package let postedBy: String?
  /// When it was reported last.
  package let updatedAt: Timestamp
  /// When it is taken as over unless it is reported again.
  package let endsAt: Timestamp

  /// Describes an alert.
  package init(
    alert: Alert,
    explanation: AlertExplanation?,
    groupLabels: [GroupID: LabelSet] = [:],
    postedBy: String? = nil,
    updatedAt: Timestamp,
    endsAt: Timestamp
  ) {
    self.alert = alert
    self.explanation = explanation
    self.groupLabels = groupLabels
    self.postedBy = postedBy
    self.updatedAt = updatedAt
    self.endsAt = endsAt
  }
}

/// What became of one message about an alert, or becomes of it.
package struct SendReport: Sendable {
  /// How it stands.
  package enum Outcome: String, Sendable {
    case accepted
    case givenUp = "given_up"
    case waiting
  }

  /// Where it goes.
  package let integration: IntegrationID
  /// Why it was sent.
  package let reason: NotificationReason
  /// When it was decided.
  package let decidedAt: Timestamp
  /// When it was taken or given up; of one that waits, when it is tried next.
  package let at: Timestamp?
  /// How it stands.
  package let outcome: Outcome
  /// What the service said, or why it did not take it; no secret.
  package let answer: String
  /// How many tries failed.
  package let failedTries: Int
  /// The latest of these, oldest first.
  package let tries: [FailedTry]

  /// Describes a message.
  package init(
    integration: IntegrationID,
    reason: NotificationReason,
    decidedAt: Timestamp,
    at: Timestamp?,
    outcome: Outcome,
    answer: String,
    failedTries: Int,
    tries: [FailedTry] = []
  ) {
    self.integration = integration
    self.reason = reason
    self.decidedAt = decidedAt
    self.at = at
    self.outcome = outcome
    self.answer = answer
    self.failedTries = failedTries
    self.tries = tries
  }
}

/// One message of the log, whatever became of it.
package struct LoggedSend: Sendable {
  /// Where it went and what became of it.
  package let report: SendReport
  /// The group that it was about.
  package let groupKey: String
  /// The fingerprints of its alerts, as far as they were noted.
  package let fingerprints: [String]

  /// Describes a message.
  package init(_ report: SendReport, groupKey: String, fingerprints: [String]) {
    self.report = report
    self.groupKey = groupKey
    self.fingerprints = fingerprints
  }
}

/// What a test message to one place led to.
package struct TestReport: Sendable {
  /// The place.
  package let integration: IntegrationID
  /// The service took it.
  package let isAccepted: Bool
  /// What it said, in words that hold no secret.
  package let answer: String

  /// Describes a test.
  package init(integration: IntegrationID, isAccepted: Bool, answer: String) {
    self.integration = integration
    self.isAccepted = isAccepted
    self.answer = answer
  }
}

/// Alerts, and what people and programs say of them.
package struct AlertPorts: Sendable {
  /// What became of a change.
  package typealias Outcome<Value: Sendable> = Result<Value, SilenceRefusal>

  /// Reads.
  package struct Reading: Sendable {
    let alerts: @Sendable () async -> [AlertReport]
    let sends: @Sendable (AlertReport) async -> [SendReport]
    let sendLog: @Sendable (ClosedRange<Timestamp>) async -> [LoggedSend]
    let silences: @Sendable () async -> [Silence]
    let auditLog: @Sendable (Int) async -> Result<[AuditEntry], UnreadableLog>
    let receivers: @Sendable () async -> [String]
    let routingText: @Sendable () async -> String

    /// Names the questions.
    ///
    /// - Parameters:
    ///   - alerts: Every alert that fires, or that flaps and pauses.
    ///   - sends: The messages about one of them, newest first.
    ///   - sendLog: The messages that ended within a range, and those that still wait.
    ///   - silences: Every silence that is kept.
    ///   - auditLog: The latest changes, newest first.
    ///   - receivers: The names of all receivers.
    ///   - routingText: The routes and receivers as Alertmanager's settings say them, without secrets.
    package init(
      alerts: @escaping @Sendable () async -> [AlertReport],
      sends: @escaping @Sendable (AlertReport) async -> [SendReport],
      sendLog: @escaping @Sendable (ClosedRange<Timestamp>) async -> [LoggedSend] = { _ in [] },
      silences: @escaping @Sendable () async -> [Silence],
      auditLog: @escaping @Sendable (Int) async -> Result<[AuditEntry], UnreadableLog>,
      receivers: @escaping @Sendable () async -> [String],
      routingText: @escaping @Sendable () async -> String
    ) {
      self.alerts = alerts
      self.sends = sends
      self.sendLog = sendLog
      self.silences = silences
      self.auditLog = auditLog
      self.receivers = receivers
      self.routingText = routingText
    }
  }

  /// Why the audit log cannot be read.
  package struct UnreadableLog: Error, Sendable {
    let reason: String

    /// Keeps the reason.
    package init(reason: String) {
      self.reason = reason
    }
  }

  /// Changes; `by` is who asks for it.
  package struct Changing: Sendable {
    let setSilence: @Sendable (_ draft: SilenceDraft, _ by: String) async -> Outcome<String>
    let expireSilence: @Sendable (_ id: String, _ by: String) async -> Outcome<Void>
    let acknowledge: @Sendable (_ acknowledgements: [Acknowledgement], _ by: String) async -> Void
    let withdraw: @Sendable (_ subjects: [Acknowledgement.Subject], _ by: String) async -> Int
    let post: @Sendable (_ alerts: [PostedAlert], _ by: String) async -> [String]
    let test: @Sendable (_ receiver: String, _ by: String) async -> [TestReport]
    let noteReload: @Sendable (_ outcome: String, _ by: String) async -> Void

    /// Names the changes.
    ///
    /// - Parameters:
    ///   - setSilence: Makes or changes a silence; its id.
    ///   - expireSilence: Ends a silence.
    ///   - acknowledge: Notes who works on what.
    ///   - withdraw: Takes acknowledgements back; how many there were.
    ///   - post: Takes alerts; why some were not taken.
    ///   - test: Sends a test message to every place of a receiver; empty when there is none.
    ///   - noteReload: Notes that the settings were loaded anew.
    package init(
      setSilence: @escaping @Sendable (SilenceDraft, String) async -> Outcome<String>,
      expireSilence: @escaping @Sendable (String, String) async -> Outcome<Void>,
      acknowledge: @escaping @Sendable ([Acknowledgement], String) async -> Void,
      withdraw: @escaping @Sendable ([Acknowledgement.Subject], String) async -> Int,
      post: @escaping @Sendable ([PostedAlert], String) async -> [String],
      test: @escaping @Sendable (String, String) async -> [TestReport],
      noteReload: @escaping @Sendable (String, String) async -> Void
    ) {
      self.setSilence = setSilence
      self.expireSilence = expireSilence
      self.acknowledge = acknowledge
      self.withdraw = withdraw
      self.post = post
      self.test = test
      self.noteReload = noteReload
    }
  }

  let reading: Reading
  let changing: Changing

  /// Puts questions and changes together.
  package init(reading: Reading, changing: Changing) {
    self.reading = reading
    self.changing = changing
  }
}
