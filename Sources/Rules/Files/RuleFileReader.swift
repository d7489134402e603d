// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import PromQL
import YAML

/// Reads one rule file and collects everything that is wrong with it.
final class RuleFileReader {
  private let tree: SettingsTree
  private let scalars: ScalarPlaces
  private var titles = RuleTitles()
  private var duplicates: [[String]: String] = [:]
  private(set) var warnings: [SettingsIssue] = []
  /// Where the rules stand that have no fault.
  private(set) var places: [RuleIdentity: RulePlace] = [:]

  init(_ file: RuleSet.File, ignoringUnknownKeys: Bool) {
    tree = SettingsTree(
      parsing: file.text,
      file: file.name,
      dialect: .prometheus(ignoresUnknownKeys: ignoringUnknownKeys)
    )
    scalars = ScalarPlaces(file.text)
    warnings = tree.warnings.map(titles.naming)
  }

  /// Everything that was wrong; asked after ``groups(_:)``.
  var issues: [SettingsIssue] { tree.issues.map(titles.naming) }

  /// The groups of the file; those with faults are left out or incomplete.
  func groups(_ names: inout RuleNames) -> [RuleGroup] {
    var seen: Set<String> = []
    var groups: [RuleGroup] = []
    for section in tree.root.sections("groups") {
      let name = section.text("name") ?? ""
      titles.add(group: name, at: section.path)
      if name.isEmpty {
        section.report("name", "Groupname must not be empty")
      } else if !seen.insert(name).inserted {
        section.report("name", "groupname: \"\(name)\" is repeated in the same file")
      }
      let interval = section.optionalSpan("interval", in: .milliseconds(1)...Self.spanMax)
      let offset = section.span("query_offset", default: .zero, in: .zero...Self.spanMax)
      let limit = section.integer("limit", default: 0, in: 0...Int(Int32.max))
      let group = GroupContext(
        name: name,
        limit: limit == 0 ? nil : limit,
        labels: fields("labels", of: section, "label")
      )
      let rules = section.sections("rules").enumerated().compactMap { index, section in
        rule(in: group, number: index + 1, section, &names)
      }
      groups.append(
        RuleGroup(
          file: tree.file,
          name: name,
          interval: interval,
          queryOffset: offset,
          limit: group.limit,
          rules: rules
        )
      )
    }
    return groups
  }

  private static let spanMax = Duration.seconds(100 * 365 * 86_400)

  /// What the rules of a group share.
  private struct GroupContext {
    let name: String
    let limit: Int?
    let labels: [RuleField]
  }

  private func rule(
    in group: GroupContext,
    number: Int,
    _ section: SettingsSection,
    _ names: inout RuleNames
  ) -> Rule? {
    let record = section.text("record") ?? ""
    let alert = section.text("alert") ?? ""
    titles.add(rule: record.isEmpty ? alert : record, number, of: group.name, at: section.path)
    let hold = section.optionalSpan("for", in: .zero...Self.spanMax)
    let keepFiringFor = section.optionalSpan("keep_firing_for", in: .zero...Self.spanMax)
    let own = fields("labels", of: section, "label")
    let annotations = fields("annotations", of: section, "annotation")
    let shared = group.labels.filter { label in !own.contains { $0.name == label.name } }
    let labels = (shared + own).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let expression = expression(of: section)
    guard record.isEmpty != alert.isEmpty else {
      section.report(
        record.isEmpty ? "" : "alert",
        record.isEmpty
          ? "one of 'record' or 'alert' must be set"
          : "only one of 'record' and 'alert' must be set"
      )
      return nil
    }
    let name = record.isEmpty ? alert : record
    let identity = names.identity(
      record.isEmpty ? .alert : .record,
      group: group.name,
      name: name,
      expression: expression?.text ?? "",
      labels: labels.map { ($0.name, $0.text) }
    )
    warnOfDuplicate(section, name, labels)
    places[identity] = RulePlace(
      file: tree.file,
      title: titles.title(at: section.path),
      mark: section.mark,
      expression: section.node("expr"),
      scalars: scalars
    )
    if record.isEmpty {
      return alertingRule(
        section,
        alert,
        expression,
        hold,
        keepFiringFor,
        labels,
        annotations,
        group,
        identity
      )
    }
    checkRecording(section, record)
    guard let expression else { return nil }
    return .recording(
      RecordingRule(
        name: record,
        expression: expression.parsed,
        expressionText: expression.text,
        labels: labels.map { Label($0.name, $0.text) },
        identity: identity
      )
    )
  }

  private func alertingRule(
    _ section: SettingsSection,
    _ name: String,
    _ expression: (parsed: Expression, text: String)?,
    _ hold: Duration?,
    _ keepFiringFor: Duration?,
    _ labels: [RuleField],
    _ annotations: [RuleField],
    _ group: GroupContext,
    _ identity: RuleIdentity
  ) -> Rule? {
    let labelTemplates = templates(labels, section, "label")
    let annotationTemplates = templates(annotations, section, "annotation")
    guard let expression else { return nil }
    return .alerting(
      AlertingRule(
        name: name,
        expression: expression.parsed,
        expressionText: expression.text,
        holdDuration: hold ?? .zero,
        keepFiringFor: keepFiringFor ?? .zero,
        labels: labelTemplates,
        annotations: annotationTemplates,
        limit: group.limit,
        identity: identity
      )
    )
  }

  private func checkRecording(_ section: SettingsSection, _ name: String) {
    for key in ["for", "keep_firing_for", "annotations"] where section.node(key) != nil {
      section.report(key, "invalid field '\(key)' in recording rule")
    }
    if name.contains("{") || name.contains("}") {
      section.report(
        "record",
        "braces present in the recording rule name; should it be in expr?: \(name)"
      )
    } else if !NameForm.isMetricName(name) {
      section.report("record", "invalid recording rule name: \(name)")
    }
  }

  private func expression(of section: SettingsSection) -> (parsed: Expression, text: String)? {
    guard let text = section.text("expr"), let node = section.node("expr"),
      text.contains(where: { !$0.isWhitespace })
    else {
      section.report("expr", "field 'expr' must be set in rule")
      return nil
    }
    do throws(PromQLParseError) {
      return (try PromQLParser.parse(text), text)
    } catch {
      let mark = scalars.mark(of: node, line: error.line, column: error.column)
      section.report("expr", at: mark, "could not parse expression: \(error.description)")
      return nil
    }
  }

  /// A label or annotation as it stands in the file.
  private struct RuleField {
    let name: String
    let text: String
    let node: YAMLNode
  }

  /// The names and values below a key, sorted by name; names are checked.
  private func fields(
    _ key: String,
    of section: SettingsSection,
    _ kind: String
  ) -> [RuleField] {
    guard let node = section.node(key) else { return [] }
    guard case .mapping(let entries) = node.content else {
      section.report(key, "must be a section of names and values, not \(node.kindText)")
      return []
    }
    var fields: [RuleField] = []
    for entry in entries {
      guard case .scalar(let text, _) = entry.value.content else {
        section.report(key, at: entry.value.mark, "\(entry.key) must be a single value")
        continue
      }
      if !NameForm.isLabelName(entry.key)
        || (kind == "label" && entry.key == LabelSet.metricNameLabel)
      {
        section.report(key, at: entry.mark, "invalid \(kind) name: \(entry.key)")
      }
      let value = entry.value.isNull ? "" : text
      fields.append(RuleField(name: entry.key, text: value, node: entry.value))
    }
    return fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func templates(
    _ fields: [RuleField],
    _ section: SettingsSection,
    _ kind: String
  ) -> [AlertingRule.Field] {
    fields.compactMap { field in
      do throws(TemplateError) {
        let template = try TextTemplate(
          parsing: field.text,
          variables: AlertingRule.templateVariables
        )
        return AlertingRule.Field(field.name, template)
      } catch {
        let mark = scalars.mark(of: field.node, line: error.line, column: error.column)
        section.report(
          "\(kind)s.\(field.name)",
          at: mark,
          "could not parse template: \(error.reason)"
        )
        return nil
      }
    }
  }

  /// As promtool does, over all groups of the file.
  private func warnOfDuplicate(
    _ section: SettingsSection,
    _ name: String,
    _ labels: [RuleField]
  ) {
    let identity = [name] + labels.flatMap { [$0.name, $0.text] }
    let title = titles.title(at: section.path)
    guard let first = duplicates[identity] else {
      duplicates[identity] = title
      return
    }
    warnings.append(
      SettingsIssue(
        file: tree.file,
        mark: section.mark,
        key: section.path,
        message: "duplicate rule: \(first) has the same name and labels",
        rule: title
      )
    )
  }
}

/// The forms of names.
enum NameForm {
  /// Letters, digits, underscores; no digit first.
  static func isLabelName(_ name: String) -> Bool {
    isName(name) { _ in false }
  }

  /// As a label name, with colons.
  static func isMetricName(_ name: String) -> Bool {
    isName(name) { $0 == UInt8(ascii: ":") }
  }

  private static func isName(_ name: String, _ isFurther: (UInt8) -> Bool) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        || byte == UInt8(ascii: "_") || isFurther(byte)
    }
  }
}
