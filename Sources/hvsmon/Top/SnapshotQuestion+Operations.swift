// SPDX-License-Identifier: MIT
import MetricModel
import Net
import TopView

extension SnapshotQuestion {
  /// Tells the daemon what somebody says of an alert.
  ///
  /// - Returns: What became of it, in a few words.
  func tell(_ operation: Operation, now: Timestamp) async -> String {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      switch operation {
      case .acknowledge(let alert, let comment):
        let query = [("alert", alert), ("comment", comment)]
          .map { "\($0.0)=\(URLText.encoded($0.1))" }.joined(separator: "&")
        response = try await daemon.ask(
          "/api/hvsmon/v1/ack?\(query)",
          method: "POST",
          through: client,
          timeout: Self.timeout
        )
      case .silence(let labels, let span, let comment):
        response = try await daemon.ask(
          "/api/v2/silences",
          method: "POST",
          json: Self.silence(labels, from: now, for: span, comment),
          through: client,
          timeout: Self.timeout
        )
      }
    } catch {
      return "not done: \(error)"
    }
    switch response.status {
    case 200:
      switch operation {
      case .acknowledge: return "acknowledged"
      case .silence(_, let span, _): return "silenced until \((now + span).rfc3339Text)"
      }
    case 401: return "not done: give a token of the role operate with --token-file"
    case 403: return "not done: the token has not the role operate"
    case 405: return "not done: this daemon takes no such wish"
    default:
      let tree = try? JSONReader.read(response.body)
      let reason = tree?["error"]?.string ?? tree?["message"]?.string ?? tree?.string
      return "not done: \(reason ?? "HTTP status \(response.status)")"
    }
  }

  /// A silence as Alertmanager's API takes it (its `api/v2/openapi.yaml`, `postableSilence`).
  private static func silence(
    _ labels: [Operation.Label],
    from start: Timestamp,
    for span: Duration,
    _ comment: String
  ) -> [UInt8] {
    var json = JSONText()
    json.raw("{\"matchers\":[")
    for (index, label) in labels.enumerated() {
      json.raw(index > 0 ? ",{\"name\":" : "{\"name\":")
      json.string(label.name)
      json.raw(",\"value\":")
      json.string(label.value)
      json.raw(",\"isRegex\":false,\"isEqual\":true}")
    }
    json.raw("],\"startsAt\":")
    json.string(start.rfc3339Text)
    json.raw(",\"endsAt\":")
    json.string((start + span).rfc3339Text)
    json.raw(",\"createdBy\":\"hvsmon top\",\"comment\":")
    json.string(comment)
    json.raw("}")
    return json.bytes
  }
}
