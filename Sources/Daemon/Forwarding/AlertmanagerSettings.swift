// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Net

/// One Alertmanager that alerts are also told to: an item of `notifications.alertmanagers`.
struct AlertmanagerSettings: Equatable, Sendable {
  /// The most of them.
  static let membersMax = 16

  /// The address that `/api/v2/alerts` is below; it may hold a secret.
  let url: Secret
  /// The value of `Authorization`; nil for none.
  let authorization: Secret?
  /// PEM file of the authorities that are believed; nil: those of the machine.
  let caFile: String?
  let timeout: Duration
  /// Host and port: what logs and series call it.
  let name: String

  /// Reads the list; what is wrong is reported to its items.
  static func list(_ section: SettingsSection?) -> [AlertmanagerSettings] {
    guard let section else { return [] }
    let items = section.sections("alertmanagers")
    if items.count > membersMax {
      section.report("alertmanagers", "must have at most \(membersMax) items")
    }
    var names: Set<String> = []
    return items.compactMap { item in
      guard let settings = AlertmanagerSettings(item) else { return nil }
      guard names.insert(settings.name).inserted else {
        item.report("url", "the Alertmanager at \(settings.name) stands here twice")
        return nil
      }
      return settings
    }
  }

  private init?(_ section: SettingsSection) {
    timeout = section.span("timeout", default: .seconds(10), in: .seconds(1)...(.seconds(60)))
    caFile = section.text("ca_file")
    authorization = Self.authorization(section)
    guard let url = section.secret("url") else {
      if ["url", "url_file", "url_env"].allSatisfy({ section.node($0) == nil }) {
        section.report("url", "is required here: the address of an Alertmanager")
      }
      return nil
    }
    guard HTTPURLText.isValid(url.reveal()) else {
      section.report("url", "must be a URL that begins with http:// or https://")
      return nil
    }
    self.url = url
    name = URLText.authority(of: url.reveal())
  }

  private static func authorization(_ section: SettingsSection) -> Secret? {
    var found: Secret?
    if let bearer = section.section("authorization") {
      guard let credentials = bearer.secret("credentials") else {
        bearer.report("credentials", "is required here: what is shown to the Alertmanager")
        return nil
      }
      found = Secret("\(bearer.text("type") ?? "Bearer") \(credentials.reveal())")
    }
    if let basic = section.section("basic_auth") {
      if found != nil { section.report("basic_auth", "excludes authorization: give one of them") }
      let user = basic.text("username") ?? ""
      let password = basic.secret("password")?.reveal() ?? ""
      found = Secret("Basic \(Data("\(user):\(password)".utf8).base64EncodedString())")
    }
    if found?.reveal().utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) == false {
      section.report("authorization", "must hold no control characters")
    }
    return found
  }
}

extension URLText {
  /// Host and port of a URL, all of it that may be shown.
  static func authority(of url: String) -> String {
    let afterScheme = url.split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
    let authority = afterScheme.prefix { $0 != "?" && $0 != "#" }
    return String(authority.split(separator: "@").last ?? "")
  }
}
