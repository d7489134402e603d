// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Posts notifications to a webhook, signed when there is a key.
///
/// A peer checks the signature so: compute HMAC-SHA256 with the key over the text of
/// `X-Hvsmon-Timestamp`, a full stop and the body as it came; compare the hexadecimal digits with
/// those behind `v1=` in constant time; refuse time stamps more than five minutes off.
struct WebhookService: MessageService {
  /// A field that the settings add to every request.
  struct Field: Sendable {
    let name: String
    let value: Secret
  }

  let endpoint: Endpoint
  let url: Secret
  /// The key of the signature; nil for none.
  let key: Secret?
  let fields: [Field]
  /// The most alerts in one body; 0 for all.
  let maximumAlerts: Int

  var hasPlainForm: Bool { false }

  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest {
    let body = WebhookBody.render(notification, maximumAlerts: maximumAlerts)
    let stamp = String(endpoint.services.clock.now.unixMilliseconds / 1_000)
    var headers: HTTPHeaders = [
      "Content-Type": "application/json",
      "X-Hvsmon-Event-Id": notification.eventID,
      "X-Hvsmon-Timestamp": stamp,
    ]
    if let key {
      headers["X-Hvsmon-Signature"] = "v1=" + Self.signature(of: body, stamp: stamp, key: key)
    }
    for field in fields { headers[field.name] = field.value.reveal() }
    return ServiceRequest(url: url.reveal(), headers: headers, body: body)
  }

  static func signature(of body: [UInt8], stamp: String, key: Secret) -> String {
    let message = Array("\(stamp).".utf8) + body
    return Digest.hex(Digest.hmacSHA256(key: Array(key.reveal().utf8), message: message))
  }
}
