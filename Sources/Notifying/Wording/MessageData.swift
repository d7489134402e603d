// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// What a template of a message sees: the data of Alertmanager's templates, and ours beside it.
///
/// Source: Alertmanager's documentation, "Notification template reference".
enum MessageData {
  /// The instant that Go prints for a time that is not set.
  private static let zeroTime = Timestamp(unixMilliseconds: -62_135_596_800_000)

  static func value(of notification: AlertNotification) -> TemplateValue {
    let alerts = notification.alerts.map { value(of: $0, notification) }
    return .record([
      "Receiver": .text(notification.integration.receiver),
      "Status": .text(notification.isResolved ? "resolved" : "firing"),
      "Alerts": .object(AlertList(items: alerts)),
      "GroupLabels": .object(NamedTexts(notification.groupLabels)),
      "CommonLabels": .object(NamedTexts(notification.commonLabels)),
      "CommonAnnotations": .object(NamedTexts(notification.commonAnnotations)),
      "ExternalURL": .text(notification.externalURL),
      "GroupKey": .text(notification.groupKey),
      "Reason": .text(notification.reason.rawValue),
      "HeldBack": .text(notification.annotation("held_back")),
      "Meaning": .text(notification.annotation("situation")),
    ])
  }

  private static func value(
    of told: NotifiedAlert,
    _ notification: AlertNotification
  ) -> TemplateValue {
    let alert = told.alert
    return .record([
      "Status": .text(alert.isResolved ? "resolved" : "firing"),
      "Labels": .object(NamedTexts(alert.labels)),
      "Annotations": .object(NamedTexts(alert.annotations)),
      "StartsAt": .instant(alert.startsAt),
      "EndsAt": .instant(alert.endsAt ?? zeroTime),
      "GeneratorURL": .text(notification.sourceURL(of: alert) ?? ""),
      "Fingerprint": .text(alert.fingerprint),
      "Value": .number(alert.value),
      "IsNew": .flag(told.isNew),
      "IsUnknown": .flag(alert.isUnknown),
      "IsWithdrawn": .flag(told.isWithdrawn),
    ])
  }

  /// Alerts with `Firing` and `Resolved`.
  private struct AlertList: TemplateObject {
    let items: [TemplateValue]?

    func member(
      _ name: String,
      _ arguments: [TemplateValue]
    ) throws(TemplateFault) -> TemplateValue? {
      guard arguments.isEmpty else { return nil }
      let wanted: String
      switch name {
      case "Firing": wanted = "firing"
      case "Resolved": wanted = "resolved"
      default: return nil
      }
      let chosen = (items ?? []).filter { item in
        guard case .record(let fields) = item, case .text(let status)? = fields["Status"] else {
          return false
        }
        return status == wanted
      }
      return .object(AlertList(items: chosen))
    }

    var text: String { TemplateValue.list(items ?? []).printed }
  }

  /// Texts by name, as Alertmanager's KV.
  private struct NamedTexts: TemplateObject {
    let pairs: [Label]

    init(_ pairs: some Sequence<Label>) {
      self.pairs = pairs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    var entries: [String: TemplateValue]? {
      Dictionary(pairs.map { ($0.name, .text($0.value)) }) { _, last in last }
    }

    func member(
      _ name: String,
      _ arguments: [TemplateValue]
    ) throws(TemplateFault) -> TemplateValue? {
      switch name {
      case "SortedPairs": return .object(PairList(pairs: sortedPairs))
      case "Names": return .list(sortedPairs.map { .text($0.name) })
      case "Values": return .list(sortedPairs.map { .text($0.value) })
      case "Remove":
        guard arguments.count == 1, case .list(let names) = arguments[0] else {
          throw TemplateFault("Remove needs one list of names, as stringSlice makes it")
        }
        let removed = Set(names.map(\.printed))
        return .object(NamedTexts(pairs.filter { !removed.contains($0.name) }))
      default:
        guard arguments.isEmpty else { return nil }
        // An absent name reads as the empty text.
        return .text(pairs.last { $0.name == name }?.value ?? "")
      }
    }

    /// By name, but `alertname` first.
    private var sortedPairs: [Label] {
      pairs.filter { $0.name == "alertname" } + pairs.filter { $0.name != "alertname" }
    }

    var items: [TemplateValue]? { nil }

    var text: String {
      "map[\(pairs.map { "\($0.name):\($0.value)" }.joined(separator: " "))]"
    }
  }

  /// Names with values, in order.
  private struct PairList: TemplateObject {
    let pairs: [Label]

    var items: [TemplateValue]? {
      pairs.map { .record(["Name": .text($0.name), "Value": .text($0.value)]) }
    }

    func member(
      _ name: String,
      _ arguments: [TemplateValue]
    ) throws(TemplateFault) -> TemplateValue? {
      switch name {
      case "Names": .list(pairs.map { .text($0.name) })
      case "Values": .list(pairs.map { .text($0.value) })
      default: nil
      }
    }

    var text: String { pairs.map { "\($0.name)=\($0.value)" }.joined(separator: ", ") }
  }
}

extension AlertNotification {
  /// The first text that an annotation has in an alert; empty when none has it.
  fileprivate func annotation(_ name: String) -> String {
    for told in alerts {
      if let found = told.alert.annotations.first(where: { $0.name == name }) {
        return found.value
      }
    }
    return ""
  }
}
