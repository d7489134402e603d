// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Patterns
import Rules

/// Which rules a request is about.
struct RuleFilter {
  /// What a rule makes.
  private enum Kind: String {
    case alert
    case record
  }

  let wantsAlerts: Bool
  private let kind: Kind?
  private let names: Set<String>
  private let groups: Set<String>
  private let files: Set<String>
  private let selectors: [SelectorTest]

  init(_ form: APIParameter.Form) throws(APIFailure) {
    switch form["type"]?.lowercased() ?? "" {
    case "": kind = nil
    case let text:
      guard let kind = Kind(rawValue: text) else {
        throw .invalid("type", "not supported value \"\(text)\"")
      }
      self.kind = kind
    }
    names = Set(form.all("rule_name[]"))
    groups = Set(form.all("rule_group[]"))
    files = Set(form.all("file[]"))
    wantsAlerts = try !Self.flag(form, "exclude_alerts")
    var tests: [SelectorTest] = []
    for selector in try APIParameter.selectors(form) {
      do throws(PatternError) {
        tests.append(try SelectorTest(selector))
      } catch {
        throw .invalid("match[]", error.description)
      }
    }
    selectors = tests
  }

  /// A group and the places of those of its rules that the request is about.
  typealias Found = (evaluator: RuleGroupEvaluator, rules: [Int])

  /// The groups that have a rule left.
  func filtered(_ evaluators: [RuleGroupEvaluator]) -> [Found] {
    evaluators.compactMap { evaluator in
      let group = evaluator.group
      guard groups.isEmpty || groups.contains(group.name),
        files.isEmpty || files.contains(group.file)
      else { return nil }
      let rules = group.rules.indices.filter { accepts(group.rules[$0]) }
      return rules.isEmpty ? nil : (evaluator, rules)
    }
  }

  private func accepts(_ rule: Rule) -> Bool {
    let ruleKind: Kind
    let labels: [Label]
    switch rule {
    case .alerting(let rule):
      ruleKind = .alert
      // A template's value is another one for each alert.
      labels = rule.labels.map { Label($0.name, $0.template.text) }
        .filter { !$0.value.contains("{{") }
    case .recording(let rule): (ruleKind, labels) = (.record, rule.labels)
    }
    guard kind == nil || kind == ruleKind, names.isEmpty || names.contains(rule.name) else {
      return false
    }
    guard !selectors.isEmpty else { return true }
    let set = LabelSet(labels)
    return selectors.contains { $0.accepts(set) }
  }

  private static func flag(_ form: APIParameter.Form, _ name: String) throws(APIFailure) -> Bool {
    switch form[name]?.lowercased() ?? "" {
    case "1", "t", "true": true
    case "", "0", "f", "false": false
    case let text: throw .invalid(name, "\"\(text)\" is neither true nor false")
    }
  }
}

/// The groups that one request is shown, of all that it is about in order.
struct RulePage {
  let groups: [RuleFilter.Found]
  /// Where the next page begins; nil on the last one.
  let nextToken: String?

  init(_ form: APIParameter.Form, of all: [RuleFilter.Found]) throws(APIFailure) {
    let token = form["group_next_token"] ?? ""
    guard let text = form["group_limit"], !text.isEmpty else {
      guard token.isEmpty else {
        throw .invalid(
          "group_limit",
          "group_limit needs to be present in order to paginate over the groups"
        )
      }
      (groups, nextToken) = (all, nil)
      return
    }
    guard let limit = Int(text) else {
      throw .invalid("group_limit", "group_limit needs to be a valid number: \"\(text)\"")
    }
    guard limit > 0 else {
      throw .invalid("group_limit", "group_limit needs to be greater than 0")
    }
    var rest = all[...]
    if !token.isEmpty {
      rest = rest.drop { Self.token(of: $0.evaluator.group) != token }
      guard !rest.isEmpty else {
        throw .invalid(
          "group_next_token",
          "invalid group_next_token '\(token)': the groups are other ones now"
        )
      }
    }
    groups = Array(rest.prefix(limit))
    nextToken = rest.dropFirst(limit).first.map { Self.token(of: $0.evaluator.group) }
  }

  private static func token(of group: RuleGroup) -> String {
    Digest.hex(Digest.sha256(Array("\(group.file);\(group.name)".utf8)))
  }
}
