// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import MetricModel
import Net

/// One item of the section `exposition`: endpoints that are scraped alike.
struct ExpositionSettings: Sendable {
  /// One endpoint.
  struct Endpoint: Equatable, Sendable {
    let url: String
    /// Host and port: the label `instance`.
    let instance: String
  }

  /// The label `job`.
  let name: String
  let endpoints: [Endpoint]
  /// What every series of the endpoints carries besides.
  let labels: LabelSet
  let honorsLabels: Bool
  let honorsTimes: Bool
  let rules: [RelabelRule]
  let limits: ScrapeLimits
  let trust: TLSTrust
  /// The value of `Authorization`; nil for none.
  let authorization: Secret?

  /// Reads the keys; what is wrong is reported to the section.
  ///
  /// - Parameters:
  ///   - section: The item.
  ///   - jobs: Names that stand for something else already.
  init(reading section: SettingsSection, besides jobs: Set<String>) {
    name = section.requiredText("name", "it becomes the label job")
    if jobs.contains(name) {
      section.report("name", "\"\(name)\" is the job of other targets of hvsmon: choose another")
    }
    if name.utf8.count > Self.nameBytesMax {
      section.report("name", "must have at most \(Self.nameBytesMax) bytes")
    }
    endpoints = Self.endpoints(section)
    labels = Self.labels(section)
    honorsLabels = section.flag("honor_labels", default: false)
    honorsTimes = section.flag("honor_timestamps", default: true)
    rules = RelabelRule.rules("metric_relabel_configs", of: section)
    limits = ScrapeLimits(reading: section)
    trust = section.tlsTrust()
    authorization = Self.authorization(section)
  }

  private static let nameBytesMax = 200
  private static let labelsMax = 30

  private static func endpoints(_ section: SettingsSection) -> [Endpoint] {
    guard section.require("urls", "the list of URLs that are scraped") else { return [] }
    let urls = section.texts("urls")
    if urls.isEmpty { section.report("urls", "must list at least one URL") }
    var instances: Set<String> = []
    return urls.compactMap { url, mark in
      guard let instance = instance(of: url) else {
        section.report("urls", at: mark, "must be a URL that begins with http:// or https://")
        return nil
      }
      guard !instance.contains("@") else {
        section.report("urls", at: mark, "must hold no user and password: use basic_auth")
        return nil
      }
      guard instances.insert(instance).inserted else {
        section.report(
          "urls",
          at: mark,
          "\(instance) stands here twice, and their series would be the same: "
            + "give the second a name of its own"
        )
        return nil
      }
      return Endpoint(url: url, instance: instance)
    }
  }

  /// Host and port of a URL; nil when it is none.
  static func instance(of url: String) -> String? {
    guard HTTPURLText.isValid(url) else { return nil }
    let isTLS = url.hasPrefix("https://")
    let host = url.dropFirst((isTLS ? "https://" : "http://").count).prefix { !"/?#".contains($0) }
    // An IPv6 address in brackets has colons of its own.
    let end = host.lastIndex(of: "]") ?? host.startIndex
    return host[end...].contains(":") ? String(host) : host + (isTLS ? ":443" : ":80")
  }

  private static func labels(_ section: SettingsSection) -> LabelSet {
    let pairs = section.textMap("labels")
    if pairs.count > labelsMax { section.report("labels", "must have at most \(labelsMax) labels") }
    for (name, text, mark) in pairs {
      if !LabelNameText.isName(name) || name.hasPrefix("__") {
        section.report("labels", at: mark, "\"\(name)\" is no name that a label may have")
      } else if ["job", "instance", "cluster"].contains(name) {
        section.report("labels", at: mark, "\(name) is set by hvsmon itself")
      } else if text.utf8.count > SeriesShaping.labelBytesMax {
        section.report(
          "labels",
          at: mark,
          "\(name) must have at most \(SeriesShaping.labelBytesMax) bytes"
        )
      }
    }
    return LabelSet(pairs.map { Label($0.name, $0.text) })
  }

  private static func authorization(_ section: SettingsSection) -> Secret? {
    var found: Secret?
    if let bearer = section.section("authorization") {
      let type = bearer.text("type") ?? "Bearer"
      guard let credentials = bearer.secret("credentials") else {
        bearer.report("credentials", "is required here: what is shown to the endpoint")
        return nil
      }
      found = Secret("\(type) \(credentials.reveal())")
    }
    if let basic = section.section("basic_auth") {
      if found != nil { section.report("basic_auth", "excludes authorization: give one of them") }
      let user = basic.text("username") ?? ""
      let password = basic.secret("password")?.reveal() ?? ""
      if user.contains(":") { basic.report("username", "must hold no colon") }
      found = Secret("Basic \(Data("\(user):\(password)".utf8).base64EncodedString())")
    }
    let isPlain = found?.reveal().utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } ?? true
    if !isPlain { section.report("authorization", "must hold no control characters") }
    return found
  }
}

extension ScrapeLimits {
  /// Reads the keys; what is wrong is reported to the section.
  init(reading section: SettingsSection) {
    samples = section.integer(
      "sample_limit",
      default: Self.samplesStandard,
      in: 1...Self.samplesMax
    )
    labels = Self.limit("label_limit", in: 1...SeriesShaping.labelsMax, section)
    let bytes = 1...SeriesShaping.labelBytesMax
    labelNameBytes = Self.limit("label_name_length_limit", in: bytes, section)
    labelValueBytes = Self.limit("label_value_length_limit", in: bytes, section)
    bodyBytes = Int(
      section.bytes(
        "body_size_limit",
        default: Int64(Self.bodyBytesStandard),
        in: 1_024...Int64(Self.bodyBytesMax)
      )
    )
  }

  private static let samplesMax = 200_000
  private static let bodyBytesMax = 128 << 20

  private static func limit(
    _ key: String,
    in allowed: ClosedRange<Int>,
    _ section: SettingsSection
  ) -> Int? {
    guard section.node(key) != nil else { return nil }
    return section.integer(key, default: allowed.upperBound, in: allowed)
  }
}
