// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules

/// The JSON that Alertmanager's webhook receiver sends, version 4: bridges for it work unchanged.
enum WebhookBody {
  /// The body of a notification.
  ///
  /// - Parameters:
  ///   - notification: What to say.
  ///   - maximumAlerts: Alerts beyond this number are left out and counted; 0 for all.
  /// - Returns: UTF-8.
  static func render(_ notification: AlertNotification, maximumAlerts: Int = 0) -> [UInt8] {
    let count = notification.alerts.count
    let shown = maximumAlerts == 0 ? count : min(count, maximumAlerts)
    return JSONValue.members(
      ("receiver", .string(notification.integration.receiver)),
      ("status", .string(notification.isResolved ? "resolved" : "firing")),
      (
        "alerts",
        .array(notification.alerts.prefix(shown).map { value($0.alert, of: notification) })
      ),
      ("groupLabels", .labels(notification.groupLabels)),
      ("commonLabels", .labels(notification.commonLabels)),
      ("commonAnnotations", .labels(notification.commonAnnotations)),
      ("externalURL", .string(notification.externalURL)),
      ("version", .string("4")),
      ("groupKey", .string(notification.groupKey)),
      ("truncatedAlerts", .integer(count - shown))
    ).bytes
  }

  private static func value(_ alert: Alert, of notification: AlertNotification) -> JSONValue {
    .members(
      ("status", .string(alert.isResolved ? "resolved" : "firing")),
      ("labels", .labels(alert.labels)),
      ("annotations", .labels(alert.annotations)),
      ("startsAt", .string(alert.startsAt.rfc3339Text)),
      // The zero time of Go says that it still fires.
      ("endsAt", .string(alert.endsAt?.rfc3339Text ?? "0001-01-01T00:00:00Z")),
      ("generatorURL", .string(notification.sourceURL(of: alert) ?? "")),
      ("fingerprint", .string(alert.fingerprint))
    )
  }
}
