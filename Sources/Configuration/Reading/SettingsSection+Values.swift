// SPDX-License-Identifier: MIT

extension SettingsSection {
  /// The span of time of `key`; the default when it does not stand here or is faulty.
  package func span(
    _ key: String,
    default standard: Duration,
    in allowed: ClosedRange<Duration>
  ) -> Duration {
    optionalSpan(key, in: allowed) ?? standard
  }

  /// The span of time of `key`; nil when it does not stand here or is faulty.
  package func optionalSpan(_ key: String, in allowed: ClosedRange<Duration>) -> Duration? {
    guard let text = text(key) else { return nil }
    guard let span = QuantityText.span(text) else {
      report(key, "must be a span of time such as 500ms, 15s, 5m, 2h or 90d, not \"\(text)\"")
      return nil
    }
    guard allowed.contains(span) else {
      let low = QuantityText.text(of: allowed.lowerBound)
      report(key, "must be \(low) to \(QuantityText.text(of: allowed.upperBound)), not \(text)")
      return nil
    }
    return span
  }

  /// The whole number of `key`; the default when it does not stand here or is faulty.
  package func integer(
    _ key: String,
    default standard: Int,
    in allowed: ClosedRange<Int>
  ) -> Int {
    guard let text = text(key) else { return standard }
    guard let number = Int(text), allowed.contains(number) else {
      report(
        key,
        "must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound), not \"\(text)\""
      )
      return standard
    }
    return number
  }

  /// The truth of `key`, `true` or `false`; the default when it does not stand here or is faulty.
  package func flag(_ key: String, default standard: Bool) -> Bool {
    switch text(key) {
    case nil: return standard
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    case let text?:
      report(key, "must be true or false, not \"\(text)\"")
      return standard
    }
  }

  /// The size of `key` in bytes; the default when it does not stand here or is faulty.
  package func bytes(
    _ key: String,
    default standard: Int64,
    in allowed: ClosedRange<Int64>
  ) -> Int64 {
    guard let text = text(key) else { return standard }
    guard let bytes = QuantityText.bytes(text) else {
      report(key, "must be a size such as 64MiB or 2GiB, not \"\(text)\"")
      return standard
    }
    guard allowed.contains(bytes) else {
      let low = QuantityText.text(ofBytes: allowed.lowerBound)
      let high = QuantityText.text(ofBytes: allowed.upperBound)
      report(key, "must be \(low) to \(high), not \(text)")
      return standard
    }
    return bytes
  }

  /// The word of `key`; one that `choices` does not list is a fault that names the nearest.
  package func choice<Value>(
    _ key: String,
    default standard: Value,
    among choices: [String: Value]
  ) -> Value {
    guard let text = text(key) else { return standard }
    if let value = choices[text] { return value }
    let hint = nearestName(to: text, among: choices.keys).map { " Did you mean \"\($0)\"?" } ?? ""
    let all = choices.keys.sorted().joined(separator: ", ")
    report(key, "must be one of \(all), not \"\(text)\".\(hint)")
    return standard
  }

  /// The HTTP URL of a key that must stand here; a fault reads as the empty text.
  package func requiredHTTPURL(_ key: String, _ meaning: String) -> String {
    require(key, meaning) ? httpURL(key) ?? "" : ""
  }

  /// The HTTP URL of `key`; nil when it does not stand here or is not one.
  ///
  /// For a URL that is a secret use ``secret(_:)`` and ``HTTPURLText/isValid(_:)``.
  package func httpURL(_ key: String) -> String? {
    guard let text = text(key) else { return nil }
    guard HTTPURLText.isValid(text) else {
      report(key, "must be a URL that begins with http:// or https://")
      return nil
    }
    return text
  }
}

/// The form of HTTP URLs in settings.
package enum HTTPURLText {
  /// The text begins with `http://` or `https://`, goes on with a host, and holds no blank or
  /// control character.
  package static func isValid(_ text: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
      return false
    }
    let rest = text.dropFirst(scheme.count)
    guard let first = rest.utf8.first, !"/:?#@".utf8.contains(first) else { return false }
    return rest.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
  }
}
