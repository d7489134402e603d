// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Receivers
import Rules
import Synchronization
import TestSupport

/// 2026-01-02T03:04:05.678Z and so many seconds.
func time(_ seconds: Double) -> Timestamp { Timestamp(unixSeconds: 1_767_323_045.678 + seconds) }

func alert(
  _ labels: [String: String],
  _ annotations: [Label] = [],
  value: Double = 0,
  at seconds: Double = 0,
  endedAt ended: Double? = nil,
  isUnknown: Bool = false,
  expression: String = "up == 0"
) -> Alert {
  Alert(
    labels: LabelSet(labels),
    annotations: annotations,
    value: value,
    startsAt: time(seconds),
    endsAt: ended.map { time($0) },
    isUnknown: isUnknown,
    expression: expression
  )
}

func notification(
  _ alerts: [NotifiedAlert],
  reason: NotificationReason = .firing,
  externalURL: String = "https://hvsmon.test",
  kind: String = "webhook",
  delayedSince: Double? = nil,
  eventID: String = "0123456789abcdef-kz-1"
) -> AlertNotification {
  AlertNotification(
    eventID: eventID,
    integration: IntegrationID(receiver: "chat", kind: kind),
    groupKey: #"{}:{alertname="NginxDown"}"#,
    groupLabels: LabelSet(["alertname": "NginxDown"]),
    sequence: 1,
    reason: reason,
    alerts: alerts,
    externalURL: externalURL,
    createdAt: time(10),
    delayedSince: delayedSince.map { time($0) }
  )
}

func nginxDown(_ instance: String, endedAt ended: Double? = nil) -> Alert {
  alert(
    ["alertname": "NginxDown", "instance": instance, "tier": "lb", "severity": "warning"],
    [
      Label("description", "Look at the error log."),
      Label("summary", "nginx on \(instance) does not answer."),
    ],
    endedAt: ended
  )
}

/// A peer on loopback that answers as a test says and keeps what it was sent.
final class Peer: Sendable {
  private let server: HTTPServer
  private let shared: Shared

  init(_ answers: [ServerResponse]) throws {
    let shared = Shared(answers)
    self.shared = shared
    server = try HTTPServer.start(
      HTTPServerSettings(port: 0),
      routes: [
        HTTPRoute(["POST", "PUT"], .prefix("/"), role: nil) { request in shared.answer(request) }
      ]
    )
  }

  private final class Shared: Sendable {
    let state: Mutex<(answers: [ServerResponse], requests: [ServerRequest])>

    init(_ answers: [ServerResponse]) { state = Mutex((answers, [])) }

    func answer(_ request: ServerRequest) -> ServerResponse {
      state.withLock { state in
        state.requests.append(request)
        return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
      }
    }
  }

  var requests: [ServerRequest] { shared.state.withLock { $0.requests } }
  var url: String { "http://127.0.0.1:\(server.port)/services/T0/B0/verysecretkey" }
  var host: String { "127.0.0.1:\(server.port)" }
}

/// Makes a receiver from the settings of one item, as the daemon does.
func receiver(
  _ kind: String,
  _ yaml: String,
  environment: SettingsEnvironment = .empty,
  clock: any TimeSource = ManualTimeSource(time(0))
) -> (receiver: (any Receiver)?, issues: [String]) {
  let tree = SettingsTree(parsing: Array(yaml.utf8), file: "f.yml", environment: environment)
  let services = ReceiverServices(client: HTTPClient(userAgent: "hvsmon/test"), clock: clock)
  let kinds = allReceiverKinds(services)
  let made = kinds.first { $0.key == kind }?.make(tree.root)
  return (made, tree.issues.map(\.description))
}

/// What a delivery ended with; nil for success.
func outcome(_ receiver: (any Receiver)?, _ notification: AlertNotification) async
  -> DeliveryError?
{
  do throws(DeliveryError) {
    _ = try await receiver?.deliver(notification, .first)
    return nil
  } catch {
    return error
  }
}
