// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// One request to a service.
struct ServiceRequest: Sendable {
  var method = "POST"
  /// It may be or hold a secret.
  let url: String
  var headers: HTTPHeaders = ["Content-Type": "application/json"]
  let body: [UInt8]
}

/// The way to one service: what every receiver that speaks HTTP has in its settings.
struct Endpoint: Sendable {
  /// How much of an answer is read.
  private static let maximumAnswerBytes = 64 << 10

  let timeout: Duration
  let trust: TLSTrust
  let services: ReceiverServices
  /// What no text may show, as whole texts or parts of addresses.
  let secrets: [Secret]

  /// Reads `timeout` and `ca_file` of a receiver's settings.
  init(_ section: SettingsSection, services: ReceiverServices, hiding secrets: [Secret?]) {
    timeout = section.span("timeout", default: .seconds(15), in: .seconds(1)...(.seconds(60)))
    trust = section.text("ca_file").map { .caFile(path: $0) } ?? .system
    self.services = services
    self.secrets = secrets.compactMap { $0 }
  }

  /// Sends a request and returns the answer, whatever it is.
  func send(_ request: ServiceRequest) async throws(DeliveryError) -> ServiceAnswer {
    let exchange = HTTPRequest(
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: request.body,
      timeout: timeout,
      connectTimeout: min(.seconds(5), timeout),
      maxBodyBytes: Self.maximumAnswerBytes,
      trust: trust
    )
    do throws(HTTPClientError) {
      return ServiceAnswer(try await services.client.send(exchange), now: services.clock.now)
    } catch .invalidRequest(let reason) {
      throw .permanent(reason: reason)
    } catch {
      // Its description holds host and port, no path.
      throw .retryable(reason: error.description, notBefore: nil)
    }
  }

  /// Why an answer is no success, with its start when that gives nothing away.
  func failureText(_ answer: ServiceAnswer, to request: ServiceRequest) -> String {
    var text = "\(Self.host(of: request.url)) answered with status \(answer.status)"
    if (300...399).contains(answer.status) {
      return text + ": redirects are not followed, give the final address"
    }
    let excerpt = Excerpt.text(answer.text, hiding: secrets)
    if !excerpt.isEmpty { text += ": \(excerpt)" }
    return text
  }

  /// Host and port, all that may be shown of a URL.
  static func host(of url: String) -> String {
    let afterScheme = url.split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
    let authority = afterScheme.prefix { $0 != "?" && $0 != "#" }
    return String(authority.split(separator: "@").last ?? "")
  }
}
