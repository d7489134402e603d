// SPDX-License-Identifier: MIT
package import Configuration

/// Whom to tell: the `notifications` section of the settings.
package struct NotificationSettings: Sendable {
  /// The address of this hvsmon for links in messages; empty when none is given.
  package let externalURL: String
  /// The root of the routing tree.
  package let root: Route
  /// Every item of every receiver, in the order of the file.
  package let integrations: [Integration]
  /// Which alerts keep which others quiet, in the order of the file.
  package let inhibitRules: [InhibitRule]
  /// What routes name to be quiet within or outside, by name.
  package let timeWindows: [String: TimeWindow]
  /// When many groups are told in one message; nil for never.
  package let storm: StormLimit?
  /// When an alert flaps; nil for never.
  package let flapping: FlapLimit?
  /// Whom to tell when a receiver cannot be reached, by the receiver's name.
  package let fallbacks: [String: Fallback]
  /// Work that is announced, in the order of the file.
  package let maintenance: [MaintenanceWindow]
  /// What is allowed but hardly meant, each a sentence with its place.
  package let warnings: [String]

  /// Describes settings.
  package init(
    externalURL: String = "",
    root: Route,
    integrations: [Integration],
    inhibitRules: [InhibitRule] = [],
    timeWindows: [String: TimeWindow] = [:],
    storm: StormLimit? = nil,
    flapping: FlapLimit? = nil,
    fallbacks: [String: Fallback] = [:],
    maintenance: [MaintenanceWindow] = [],
    warnings: [String] = []
  ) {
    self.externalURL = externalURL
    self.root = root
    self.integrations = integrations
    self.inhibitRules = inhibitRules
    self.timeWindows = timeWindows
    self.storm = storm
    self.flapping = flapping
    self.fallbacks = fallbacks
    self.maintenance = maintenance
    self.warnings = warnings
  }

  /// Reads the section; without it alerts are evaluated and nobody is told.
  ///
  /// - Parameters:
  ///   - section: The section `notifications`; nil when it does not stand in the file.
  ///   - kinds: The ways to tell people that exist.
  /// - Returns: Nil without a section, or when it has a fault that leaves no receiver to send to;
  ///   faults are noted in the section.
  package static func read(
    _ section: SettingsSection?,
    kinds: [any ReceiverKind]
  ) -> NotificationSettings? {
    guard let section else { return nil }
    // Who only hands alerts on to Alertmanagers tells nobody himself.
    guard section.has("receivers") || section.has("route") || !section.has("alertmanagers") else {
      _ = section.httpURL("external_url")
      return nil
    }
    let externalURL = section.httpURL("external_url") ?? ""
    let templates = MessageTemplates(section)
    let (names, integrations) = readReceivers(section, kinds: kinds, templates)
    let fallbacks = Fallback.read(section, receivers: names)
    let inhibitRules = InhibitRuleReader.read(section)
    let timeWindows = TimeWindowReader.read(section)
    let storm = StormLimit.read(section)
    let flapping = FlapLimit.read(section)
    let maintenance = MaintenanceReader.read(section)
    var reader = RouteReader(receiverNames: names, windowNames: Set(timeWindows.keys))
    let root: Route?
    if let route = section.section("route") {
      root = reader.root(route)
    } else if names.count == 1 {
      // The only receiver there is needs no tree to be found.
      root = Route(receiver: names[0])
    } else {
      _ = section.require("route", "which receiver alerts go to")
      root = nil
    }
    guard let root else { return nil }
    return NotificationSettings(
      externalURL: externalURL.trimmingLastSlash,
      root: root,
      integrations: integrations,
      inhibitRules: inhibitRules,
      timeWindows: timeWindows,
      storm: storm,
      flapping: flapping,
      fallbacks: fallbacks,
      maintenance: maintenance,
      warnings: reader.warnings
    )
  }

  private static func readReceivers(
    _ section: SettingsSection,
    kinds: [any ReceiverKind],
    _ templates: MessageTemplates
  ) -> (names: [String], integrations: [Integration]) {
    var names: [String] = []
    var integrations: [Integration] = []
    guard section.require("receivers", "a list of names with the places each sends to") else {
      return ([], [])
    }
    for receiver in section.sections("receivers") {
      let isNamed = receiver.require("name", "routes call the receiver by it")
      let name = receiver.text("name") ?? ""
      if isNamed && name.isEmpty { receiver.report("name", "must not be empty") }
      if names.contains(name) {
        receiver.report("name", "\"\(name)\" is taken by another receiver")
      }
      if !name.isEmpty { names.append(name) }
      for kind in kinds {
        for (index, item) in receiver.sections(kind.key).enumerated() {
          let sendsResolved = item.flag("send_resolved", default: true)
          let rate = rate(item) ?? kind.standardRate
          let wording = kind.takesWording ? templates.wording(item) : nil
          guard let made = kind.make(item) else { continue }
          integrations.append(
            Integration(
              id: IntegrationID(receiver: name, kind: kind.key, index: index),
              sendsResolved: sendsResolved,
              rate: rate,
              receiver: wording.map { WordedReceiver(made, $0) } ?? made
            )
          )
        }
      }
    }
    return (names, integrations)
  }

  private static func rate(_ item: SettingsSection) -> DeliveryRate? {
    guard let text = item.text("rate") else { return nil }
    let rate = DeliveryRate(text)
    if rate == nil {
      item.report("rate", "must be a number of messages and a time, such as 20/m, not \"\(text)\"")
    }
    return rate
  }
}

extension NotificationSettings {
  /// The longest time after which any route repeats what still fires.
  package var longestRepetition: Duration {
    func longest(_ route: Route) -> Duration {
      route.children.map(longest).max().map { max($0, route.timing.repetition) }
        ?? route.timing.repetition
    }
    return longest(root)
  }
}

extension String {
  fileprivate var trimmingLastSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
