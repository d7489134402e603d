// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import PromQL
import Rules

/// An alert that is pending or fires, with its rule and what becomes of it.
struct KnownAlert {
  let labels: LabelSet
  /// What the rule knows of it; nil for one that was posted, or whose rule is gone.
  let origin: Origin?
  /// What is told of it; nil while it is pending.
  let report: AlertReport?

  /// The rule and the instance.
  struct Origin {
    let rule: AlertingRule
    let group: RuleGroup
    let instance: AlertInstance
  }

  /// Every alert, by its labels.
  static func all(_ groups: [RuleGroupEvaluator], _ reports: [AlertReport]) -> [KnownAlert] {
    var origins: [LabelSet: Origin] = [:]
    for evaluator in groups {
      for (index, rule) in evaluator.group.rules.enumerated() {
        guard case .alerting(let rule) = rule else { continue }
        for instance in evaluator.instances(ofRuleAt: index) where instance.isActive {
          let known = origins[instance.labels]
          // Of two rules with alerts of the same labels, the one that fires counts.
          guard known == nil || (known?.instance.isFiring == false && instance.isFiring) else {
            continue
          }
          origins[instance.labels] = Origin(
            rule: rule,
            group: evaluator.group,
            instance: instance
          )
        }
      }
    }
    var alerts = reports.map { report in
      KnownAlert(
        labels: report.alert.labels,
        origin: report.postedBy == nil ? origins.removeValue(forKey: report.alert.labels) : nil,
        report: report
      )
    }
    alerts += origins.values.filter { !$0.instance.isFiring }.map {
      KnownAlert(labels: $0.instance.labels, origin: $0, report: nil)
    }
    return alerts.sorted { $0.labels < $1.labels }
  }
}

extension KnownAlert {
  /// One word for how it stands.
  fileprivate var state: String {
    guard let report else { return "pending" }
    return report.explanation?.flapping == nil ? "firing" : "flapping"
  }
}

extension JSONText {
  /// Adds an alert as `explain` shows it; `sends` only when they were asked for.
  mutating func known(_ known: KnownAlert, sends: [SendReport]?) {
    raw("{\"labels\":")
    object(known.labels)
    if let report = known.report {
      member("startsAt", report.alert.startsAt.rfc3339Text)
      raw(",\"isUnknown\":\(report.alert.isUnknown)")
      standing(report.explanation?.standing ?? .own)
    }
    member("state", known.state)
    member("fingerprint", known.labels.fingerprint)
    if let origin = known.origin { self.origin(origin) }
    key("annotations")
    object(pairs: known.report?.alert.annotations ?? known.origin?.instance.annotations ?? [])
    if let report = known.report { becoming(report) }
    if let sends {
      key("sends")
      list(sends) { json, send in json.send(send) }
    }
    raw("}")
  }

  private mutating func origin(_ origin: KnownAlert.Origin) {
    member("activeAt", origin.instance.activeAt.rfc3339Text)
    if let since = origin.instance.keepFiringSince {
      member("keepFiringSince", since.rfc3339Text)
    }
    member("value", origin.instance.value.sampleValueText)
    raw(",\"rule\":{")
    member("name", origin.rule.name, isFirst: true)
    member("group", origin.group.name)
    member("file", origin.group.file)
    member("expression", origin.rule.expression.description)
    member("forSeconds", number: origin.rule.holdDuration.inSeconds)
    raw("}")
  }

  private mutating func standing(_ standing: AlertStanding) {
    member("standing", standing.kind)
    switch standing {
    case .own: break
    case .asking(let until), .recovering(let until): member("until", until.rfc3339Text)
    case .held(let cause), .joined(let cause):
      key("cause")
      object(cause)
    }
  }

  private mutating func becoming(_ report: AlertReport) {
    if let sender = report.postedBy { member("postedBy", sender) }
    if !report.alert.sourceURL.isEmpty { member("sourceURL", report.alert.sourceURL) }
    guard let explanation = report.explanation else { return }
    raw(",\"isTold\":\(explanation.isTold)")
    key("silencedBy")
    list(explanation.quiet.silences) { json, id in json.string(id) }
    key("inhibitedBy")
    list(explanation.quiet.inhibitors) { json, inhibitor in
      json.raw("{")
      json.member("rule", inhibitor.rule, isFirst: true)
      json.key("source")
      json.object(inhibitor.source)
      json.raw("}")
    }
    key("maintenance")
    list(explanation.quiet.maintenance) { json, words in json.string(words) }
    if let flapping = explanation.flapping { self.flapping(flapping) }
    if let acknowledgement = explanation.acknowledgement {
      key("acknowledged")
      self.acknowledgement(acknowledgement)
    }
    key("destinations")
    list(explanation.destinations) { json, destination in json.destination(destination) }
  }

  private mutating func flapping(_ flapping: FlapReport) {
    raw(",\"flapping\":{")
    member("since", flapping.since.rfc3339Text, isFirst: true)
    raw(",\"changes\":\(flapping.changes)")
    member("firingRatio", number: flapping.firingShare)
    raw(",\"isFiring\":\(flapping.isFiring)")
    member("calmAt", flapping.calmAt.rfc3339Text)
    raw("}")
  }

  private mutating func acknowledgement(_ acknowledgement: Acknowledgement) {
    raw("{")
    member("by", acknowledgement.by, isFirst: true)
    member("at", acknowledgement.at.rfc3339Text)
    member("comment", acknowledgement.comment)
    if case .group(let groupKey) = acknowledgement.subject { member("groupKey", groupKey) }
    raw("}")
  }

  private mutating func destination(_ destination: AlertExplanation.Destination) {
    raw("{")
    member("receiver", destination.group.receiver, isFirst: true)
    member("route", destination.route)
    member("groupKey", destination.group.key)
    key("mutedBy")
    list(destination.mutedBy) { json, name in json.string(name) }
    key("toldTo")
    list(destination.toldTo) { json, id in json.string(id.description) }
    if let time = destination.lastMessageAt { member("lastMessageAt", time.rfc3339Text) }
    if let time = destination.nextMessageAt { member("nextMessageAt", time.rfc3339Text) }
    raw("}")
  }

  private mutating func send(_ send: SendReport) {
    raw("{")
    member("integration", send.integration.description, isFirst: true)
    member("reason", send.reason.rawValue)
    member("decidedAt", send.decidedAt.rfc3339Text)
    if let time = send.at { member("at", time.rfc3339Text) }
    member("outcome", send.outcome.rawValue)
    member("answer", send.answer)
    raw(",\"failedTries\":\(send.failedTries)")
    key("tries")
    list(send.tries) { json, failure in
      json.raw("{")
      json.member("at", failure.at.rfc3339Text, isFirst: true)
      json.member("answer", failure.answer)
      json.raw("}")
    }
    raw("}")
  }
}
