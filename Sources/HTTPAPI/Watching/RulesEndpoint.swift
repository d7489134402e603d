// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import Rules

/// `/api/v1/rules` and `/api/v1/alerts`: the rules as their last evaluation left them.
struct RulesEndpoint: Sendable {
  let ports: RulePorts

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/api/v1/rules")) { request in
        ServerResponse { () throws(APIFailure) in try rules(request.query) }
      },
      HTTPRoute(.exact("/api/v1/alerts")) { _ in
        ServerResponse { () throws(APIFailure) in try alerts() }
      },
    ]
  }

  func rules(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let filter = try RuleFilter(form)
    let groups = ports.groups().sorted {
      ($0.group.file, $0.group.name) < ($1.group.file, $1.group.name)
    }
    let page = try RulePage(form, of: filter.filtered(groups))
    return try APIEnvelope.success { json throws(APIFailure) in
      json.raw("{\"groups\":")
      try json.list(page.groups) { json, found throws(APIFailure) in
        write(found.evaluator, found.rules, withAlerts: filter.wantsAlerts, to: &json)
        try json.checkLength()
      }
      if let next = page.nextToken { json.member("groupNextToken", next) }
      json.raw("}")
    }
  }

  func alerts() throws(APIFailure) -> ServerResponse {
    let active = ports.groups().flatMap { evaluator in
      evaluator.group.rules.indices.flatMap { evaluator.active(ofRuleAt: $0) }
    }
    return try APIEnvelope.success { json throws(APIFailure) in
      json.raw("{\"alerts\":")
      try json.list(active) { json, instance throws(APIFailure) in
        json.alert(instance)
        try json.checkLength()
      }
      json.raw("}")
    }
  }

  private func write(
    _ evaluator: RuleGroupEvaluator,
    _ rules: [Int],
    withAlerts: Bool,
    to json: inout JSONText
  ) {
    let group = evaluator.group
    json.raw("{")
    json.member("name", group.name, isFirst: true)
    json.member("file", group.file)
    json.key("rules")
    json.list(rules) { json, index in
      json.raw("{")
      switch group.rules[index] {
      case .alerting(let rule): json.alerting(rule, index, evaluator, withAlerts: withAlerts)
      case .recording(let rule): json.recording(rule)
      }
      json.status(evaluator.statuses[index])
      json.raw("}")
    }
    json.member("interval", number: (group.interval ?? ports.intervalStandard).inSeconds)
    json.member("limit", number: Double(group.limit ?? 0))
    json.member("evaluationTime", number: evaluator.took.inSeconds)
    json.member("lastEvaluation", JSONText.text(of: evaluator.evaluatedAt))
    json.raw("}")
  }
}

extension RuleGroupEvaluator {
  /// The pending and firing instances, by their labels.
  fileprivate func active(ofRuleAt index: Int) -> [AlertInstance] {
    instances(ofRuleAt: index).filter(\.isActive)
  }

  /// The most urgent state of an instance; unknown before the first evaluation.
  fileprivate func stateName(ofRuleAt index: Int) -> String {
    let active = active(ofRuleAt: index)
    if active.contains(where: \.isFiring) { return "firing" }
    if !active.isEmpty { return "pending" }
    return statuses[index].evaluatedAt == nil ? "unknown" : "inactive"
  }
}

extension JSONText {
  /// What Prometheus writes for a time that never came.
  private static let noTime = "0001-01-01T00:00:00Z"

  fileprivate static func text(of time: Timestamp?) -> String { time?.rfc3339Text ?? noTime }

  fileprivate mutating func alerting(
    _ rule: AlertingRule,
    _ index: Int,
    _ evaluator: RuleGroupEvaluator,
    withAlerts: Bool
  ) {
    member("state", evaluator.stateName(ofRuleAt: index), isFirst: true)
    member("name", rule.name)
    member("query", rule.expression.description)
    member("duration", number: rule.holdDuration.inSeconds)
    member("keepFiringFor", number: rule.keepFiringFor.inSeconds)
    key("labels")
    object(pairs: rule.labels.map { Label($0.name, $0.template.text) })
    key("annotations")
    object(pairs: rule.annotations.map { Label($0.name, $0.template.text) })
    key("alerts")
    list(withAlerts ? evaluator.active(ofRuleAt: index) : []) { json, instance in
      json.alert(instance)
    }
    member("type", "alerting")
  }

  fileprivate mutating func recording(_ rule: RecordingRule) {
    member("name", rule.name, isFirst: true)
    member("query", rule.expression.description)
    key("labels")
    object(pairs: rule.labels)
    member("type", "recording")
  }

  fileprivate mutating func status(_ status: RuleStatus) {
    switch status.health {
    case .unknown: member("health", "unknown")
    case .good: member("health", "ok")
    case .failed(let error):
      member("health", "err")
      member("lastError", error.description)
    }
    member("evaluationTime", number: status.took.inSeconds)
    member("lastEvaluation", Self.text(of: status.evaluatedAt))
  }

  fileprivate mutating func alert(_ instance: AlertInstance) {
    raw("{\"labels\":")
    object(instance.labels)
    key("annotations")
    object(pairs: instance.annotations)
    member("state", instance.isFiring ? "firing" : "pending")
    member("activeAt", instance.activeAt.rfc3339Text)
    if let since = instance.keepFiringSince { member("keepFiringSince", since.rfc3339Text) }
    member("value", instance.value.exponentText)
    raw("}")
  }
}
