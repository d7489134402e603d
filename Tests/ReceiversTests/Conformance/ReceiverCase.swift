// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Rules
import Simulator
import TestSupport
import Testing

/// One way to set up a receiver against the services of a sink.
struct ReceiverCase: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: String
  let service: ChatService
  /// The settings without braces; `BASE` stands for the address, `KEY` for the secret.
  let settings: String
  /// It edits what it sent.
  var canEdit = false
  /// It says when a group is over.
  var canEnd = false
  /// The same message twice is one message.
  var isIdempotent = false
  /// Any 2xx is a success, whatever the body.
  var believesAnySuccess = false
  /// Texts go out as they are, for a program to read.
  var isForPrograms = false

  var testDescription: String { name }

  /// The settings of the receiver at a sink.
  func yaml(_ sink: ChatSink, extra: String = "") -> String {
    let text = settings.replacing("BASE", with: sink.url(of: service))
    return "{\(text.replacing("KEY", with: ChatSink.secret))\(extra)}"
  }

  static let all: [ReceiverCase] = [
    .init(
      name: "slack webhook",
      kind: "slack",
      service: .slack,
      settings: "webhook_url: 'BASE/services/KEY'"
    ),
    .init(
      name: "slack bot",
      kind: "slack",
      service: .slack,
      settings: "bot_token: KEY, channel: C1, api_url: 'BASE/api'",
      canEdit: true
    ),
    .init(
      name: "discord",
      kind: "discord",
      service: .discord,
      settings: "webhook_url: 'BASE/webhooks/1/KEY'",
      canEdit: true
    ),
    .init(
      name: "msteams",
      kind: "msteams",
      service: .msteams,
      settings: "webhook_url: 'BASE/workflows/1?api-version=1&sig=KEY'",
      believesAnySuccess: true
    ),
    .init(
      name: "telegram",
      kind: "telegram",
      service: .telegram,
      settings: "bot_token: KEY, chat_id: -1001, api_url: 'BASE'",
      canEdit: true
    ),
    .init(
      name: "matrix",
      kind: "matrix",
      service: .matrix,
      settings: "homeserver_url: 'BASE', access_token: KEY, room_id: '!room:simulated'",
      canEdit: true,
      isIdempotent: true
    ),
    .init(
      name: "googlechat",
      kind: "googlechat",
      service: .googlechat,
      settings: "webhook_url: 'BASE/v1/spaces/S/messages?key=abc&token=KEY'"
    ),
    .init(
      name: "mattermost webhook",
      kind: "mattermost",
      service: .mattermost,
      settings: "webhook_url: 'BASE/hooks/KEY'"
    ),
    .init(
      name: "mattermost bot",
      kind: "mattermost",
      service: .mattermost,
      settings: "url: 'BASE', bot_token: KEY, channel_id: c1",
      canEdit: true
    ),
    .init(
      name: "rocketchat webhook",
      kind: "rocketchat",
      service: .rocketchat,
      settings: "webhook_url: 'BASE/hooks/1/KEY'"
    ),
    .init(
      name: "rocketchat user",
      kind: "rocketchat",
      service: .rocketchat,
      settings: "url: 'BASE', auth_token: KEY, user_id: u1, channel: '#alerts'",
      canEdit: true
    ),
    .init(
      name: "ntfy",
      kind: "ntfy",
      service: .ntfy,
      settings: "url: 'BASE', topic: KEY",
      canEdit: true,
      isIdempotent: true
    ),
    .init(
      name: "gotify",
      kind: "gotify",
      service: .gotify,
      settings: "url: 'BASE', token: KEY"
    ),
    .init(
      name: "pushover",
      kind: "pushover",
      service: .pushover,
      settings: "api_url: 'BASE', token: KEY, user_key: KEY"
    ),
    .init(
      name: "pagerduty",
      kind: "pagerduty",
      service: .pagerduty,
      settings: "url: 'BASE/v2/enqueue', routing_key: KEY",
      canEnd: true,
      isIdempotent: true
    ),
    .init(
      name: "opsgenie",
      kind: "opsgenie",
      service: .opsgenie,
      settings: "api_url: 'BASE', api_key: KEY",
      canEnd: true,
      isIdempotent: true
    ),
    .init(
      name: "webhook",
      kind: "webhook",
      service: .webhook,
      settings: "url: 'BASE/hook/KEY'",
      believesAnySuccess: true,
      isForPrograms: true
    ),
  ]
}

/// Names that try to be more than names.
enum NastyName {
  static let written =
    #"x"<b>&amp;</b> *y* _z_ ~s~ `c` |p| [l](http://e) \* @all @here <!channel> <@U1> {{DATE(1)}} "#
    + "<users/all> # a\u{1}b \u{202e}evil\u{2066} 😀👨‍👩‍👧 שלום é\u{301} <\u{338} &\u{301}"
  /// What people see of it.
  static let seen =
    #"x"<b>&amp;</b> *y* _z_ ~s~ `c` |p| [l](http://e) \* @all @here <!channel> <@U1> {{DATE(1)}} "#
    + "<users/all> # a\u{2401}b ‹U+202E›evil‹U+2066› 😀👨‍👩‍👧 שלום é\u{301} <\u{338} &\u{301}"
}

/// A notification larger than any service takes, of names as long as a label may be.
func largeNotification(_ count: Int = 120, endedAt ended: Double? = nil) -> AlertNotification {
  let filler = String(repeating: NastyName.written + "\n", count: 4)
  let alerts = (0..<count).map { number in
    NotifiedAlert(
      alert(
        [
          "alertname": filler, "instance": "\(number)\(filler)", "tier": filler,
          "severity": "page",
        ],
        [
          Label("description", filler + filler),
          Label("runbook_url", "https://wiki.test/\(String(repeating: "ab?c&d=", count: 100))"),
          Label("summary", filler),
        ],
        endedAt: ended,
        expression: filler
      ),
      isNew: ended == nil
    )
  }
  return notification(
    alerts,
    externalURL: "https://hvsmon.test/" + String(repeating: "a&", count: 200),
    eventID: "large-\(count)-\(ended ?? 0)"
  )
}
