// SPDX-License-Identifier: MIT
import Configuration

extension SettingsSection {
  /// A secret that must stand here, in one of its three spellings; nil after the fault was noted.
  func requiredSecret(_ key: String, _ meaning: String) -> Secret? {
    let isGiven = [key, "\(key)_file", "\(key)_env"].contains { has($0) }
    guard isGiven else {
      _ = require(key, "\(meaning), or \(key)_file or \(key)_env")
      return nil
    }
    return secret(key)
  }

  /// A secret address that must stand here; nil after the fault was noted.
  func requiredSecretURL(_ key: String, _ meaning: String) -> Secret? {
    guard let url = requiredSecret(key, meaning) else { return nil }
    guard HTTPURLText.isValid(url.reveal()) else {
      report(key, "must be a URL that begins with http:// or https://")
      return nil
    }
    return url
  }

  /// A secret that must stand here and goes into an address or a header: letters, digits and a few
  /// signs.
  func requiredToken(_ key: String, _ meaning: String) -> Secret? {
    guard let token = requiredSecret(key, meaning) else { return nil }
    guard token.reveal().utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
    else {
      report(key, "holds a character that no token has, such as a blank")
      return nil
    }
    return token
  }

  /// The address of a service without its last slash.
  func serviceURL(_ key: String, default standard: String) -> String {
    let url = httpURL(key) ?? standard
    return url.hasSuffix("/") ? String(url.dropLast()) : url
  }

  /// The address of a service that everybody runs on their own: it must stand here.
  func ownServiceURL(_ key: String, _ meaning: String) -> String? {
    guard require(key, meaning), httpURL(key) != nil else { return nil }
    return serviceURL(key, default: "")
  }

  /// A text that must stand here; nil after the fault was noted.
  func neededText(_ key: String, _ meaning: String) -> String? {
    let text = requiredText(key, meaning)
    return text.isEmpty ? nil : text
  }
}
