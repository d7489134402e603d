// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Posts messages to one URL and says what the answer means for the notification.
struct EndpointPost: Sendable {
  /// How much of an answer is read.
  private static let maximumAnswerBytes = 64 << 10
  /// How much of an answer is shown.
  private static let maximumExcerpt = 200

  let url: Secret
  let timeout: Duration
  let trust: TLSTrust
  let services: ReceiverServices

  /// Reads the URL `key`, `timeout` and `ca_file` of a receiver's settings; nil when it has no URL.
  static func read(
    _ section: SettingsSection,
    urlKey key: String,
    meaning: String,
    services: ReceiverServices
  ) -> EndpointPost? {
    let timeout = section.span("timeout", default: .seconds(15), in: .seconds(1)...(.seconds(60)))
    let caFile = section.text("ca_file")
    let isGiven = [key, "\(key)_file", "\(key)_env"].contains { section.has($0) }
    guard isGiven else {
      _ = section.require(key, "\(meaning), or \(key)_file or \(key)_env")
      return nil
    }
    guard let url = section.secret(key) else { return nil }
    guard HTTPURLText.isValid(url.reveal()) else {
      section.report(key, "must be a URL that begins with http:// or https://")
      return nil
    }
    return EndpointPost(
      url: url,
      timeout: timeout,
      trust: caFile.map { .caFile(path: $0) } ?? .system,
      services: services
    )
  }

  /// Posts JSON and returns the answer, whatever it is: ask ``judge(_:)`` what it means.
  func send(
    _ body: [UInt8],
    headers extra: HTTPHeaders = [:]
  ) async throws(DeliveryError) -> HTTPResponse {
    var headers = extra
    headers["Content-Type"] = "application/json"
    let request = HTTPRequest(
      method: "POST",
      url: url.reveal(),
      headers: headers,
      body: body,
      timeout: timeout,
      connectTimeout: min(.seconds(5), timeout),
      maxBodyBytes: Self.maximumAnswerBytes,
      trust: trust
    )
    do throws(HTTPClientError) {
      return try await services.client.send(request)
    } catch .invalidRequest(let reason) {
      throw .permanent(reason: reason)
    } catch {
      // Its description holds host and port, no path.
      throw .retryable(reason: error.description, notBefore: nil)
    }
  }

  /// Returns when the answer is a success.
  func judge(_ response: HTTPResponse) throws(DeliveryError) {
    switch response.status {
    case 200...299: return
    case 300...399:
      let hint = "redirects are not followed, give the final address"
      throw .permanent(reason: "\(host) answered with status \(response.status): \(hint)")
    case 408, 425, 429, 500...599:
      throw .retryable(reason: failureText(response), notBefore: wait(response))
    default: throw .permanent(reason: failureText(response))
    }
  }

  /// What went wrong, with the start of the answer when it gives nothing away.
  func failureText(_ response: HTTPResponse) -> String {
    var text = "\(host) answered with status \(response.status)"
    let excerpt = excerpt(response)
    if !excerpt.isEmpty { text += ": \(excerpt)" }
    return text
  }

  /// The Retry-After of an answer (RFC 9110, section 10.2.3): seconds or a date.
  private func wait(_ response: HTTPResponse) -> Duration? {
    guard let text = response.headers["Retry-After"] else { return nil }
    // Some services send fractions, which the RFC does not know.
    if let seconds = Double(text), seconds >= 0, seconds < 1e9 {
      return .milliseconds(Int64(seconds * 1_000))
    }
    return HTTPDate.instant(text).map { max(.zero, $0 - services.clock.now) }
  }

  /// Host and port, all that may be shown of the URL.
  var host: String {
    let afterScheme = url.reveal().split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
    let authority = afterScheme.prefix { $0 != "?" && $0 != "#" }
    return String(authority.split(separator: "@").last ?? "")
  }

  private func excerpt(_ response: HTTPResponse) -> String {
    let printable = response.text.unicodeScalars.map { scalar -> Character in
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      return isControl ? " " : Character(scalar)
    }
    let words = String(printable).split(separator: " ").joined(separator: " ")
    // Error pages like to repeat the address, which is the secret.
    guard !secretParts.contains(where: { words.utf8.holds($0.utf8) }) else { return "" }
    return String(words.prefix(Self.maximumExcerpt))
  }

  /// The parts of the URL that may be keys: everything behind the host that is long enough.
  private var secretParts: [Substring] {
    let parts = url.reveal().split { "/?&=#@:".contains($0) }
    return parts.filter { $0.utf8.count >= 6 && !host.hasPrefix($0) }
  }
}

extension String.UTF8View {
  /// The bytes of `part` stand somewhere in these, one behind the other.
  fileprivate func holds(_ part: Substring.UTF8View) -> Bool {
    var rest = self[...]
    while rest.count >= part.count {
      if rest.starts(with: part) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
