// SPDX-License-Identifier: MIT
package import Configuration
import Glibc
import Logging
import MetricModel
package import Net
package import Notifying
package import Polling
import Rules
import Topology

/// Everything the files say, read and checked.
struct LoadedSettings: Sendable {
  let settings: Settings
  let targets: [Target]
  /// What the targets reach the outside with, to be stopped after them.
  let services: CollectorServices
  let notifications: NotificationSettings?
  let outlets: OutletSettings
  let peers: PeerSettings?
  let rules: RuleSet
  let warnings: [String]
}

/// What a check of files found.
package struct SettingsCheck: Sendable {
  /// Everything that is wrong, in the order of the files.
  package var faults: [SettingsIssue] = []
  /// What is allowed but hardly meant, each one sentence.
  package var warnings: [String] = []
  /// The rule files that were read without faults, to be reviewed.
  package var ruleFiles: [String] = []
  /// A file could not be read; its fault says why.
  package var isUnreadable = false
}

/// Reads the settings file and the files it names.
package struct SettingsLoader: Sendable {
  /// Where the settings are unless the user says otherwise.
  package static let standardPath = "/etc/hvsmon/hvsmon.yml"

  let collectors: [any Collector.Type]
  let makeReceiverKinds: @Sendable (HTTPClient) -> [any ReceiverKind]

  /// Names what may be declared.
  package init(
    collectors: [any Collector.Type],
    receiverKinds: @escaping @Sendable (HTTPClient) -> [any ReceiverKind]
  ) {
    self.collectors = collectors
    makeReceiverKinds = receiverKinds
  }

  /// Reads a settings file and the rule files it names, without starting anything.
  package func check(_ path: String) async -> SettingsCheck {
    let http = HTTPClient(userAgent: Monitor.userAgent)
    var check = SettingsCheck()
    switch load(path, http: http) {
    case .success(let loaded):
      check.warnings = loaded.notifications?.warnings ?? []
      check.ruleFiles = loaded.settings.ruleFiles.map { Self.path($0, besides: path) }
    case .failure(let refusal):
      check.faults = refusal.faults
      check.isUnreadable = refusal.isUnreadable
    }
    await http.close()
    return check
  }

  /// Whether a file is one of settings and not of rules: it has no `groups`, and some key is a setting's.
  package func isSettingsFile(_ path: String) -> Bool {
    let text: [UInt8]
    do throws(BoundedFile.Failure) {
      text = try BoundedFile.read(path)
    } catch {
      // Whoever reads it as one of either says why it cannot be read.
      return false
    }
    let tree = SettingsTree(parsing: text, file: path, environment: Self.environment(of: path))
    let keys = tree.root.keys
    _ = tree.readSettings()
    let unknown = Set(tree.issues.map(\.key))
    return !keys.contains("groups") && !unknown.isSuperset(of: keys)
  }

  /// Reads rule files alone; when nothing is wrong with them, reviews them.
  package func checkRuleFiles(_ paths: [String]) -> SettingsCheck {
    var check = SettingsCheck()
    var files: [RuleSet.File] = []
    for path in paths {
      do throws(BoundedFile.Failure) {
        files.append(RuleSet.File(name: path, text: try BoundedFile.read(path)))
      } catch {
        check.faults += Refusal.unreadable(path, error.reason).faults
        check.isUnreadable = true
      }
    }
    do throws(RuleFileFaults) {
      let rules = try LocatedRules(reading: files)
      // What is added to a target's series, as ``Target/labels`` says.
      let added: Set<String> = ["cluster", "job", "instance", "tier", "node"]
      let knowledge = MetricKnowledge(catalog: catalog, added: added)
      let review = RuleReview(of: rules, knowing: knowledge)
      check.warnings = (review.remarks + review.lacks).map(\.description)
    } catch {
      check.faults += error.issues
    }
    return check
  }

  /// Every metric that may be collected.
  var catalog: MetricCatalog {
    let collected = collectors.flatMap { $0.metrics }
    return MetricCatalog(collected + IngestMetrics.all + SelfMetrics.all + TopologyMetrics.all)
  }

  /// Why files were refused.
  struct Refusal: Error {
    var faults: [SettingsIssue] = []
    var isUnreadable = false

    static func unreadable(_ path: String, _ reason: String) -> Refusal {
      let fault = SettingsIssue(
        file: path,
        mark: nil,
        key: "",
        message: "cannot be read: \(reason)"
      )
      return Refusal(faults: [fault], isUnreadable: true)
    }
  }

  func load(
    _ path: String,
    http: HTTPClient,
    logger: Logger = Logger(area: "settings")
  ) -> Result<LoadedSettings, Refusal> {
    let text: [UInt8]
    do throws(BoundedFile.Failure) {
      text = try BoundedFile.read(path)
    } catch {
      return .failure(.unreadable(path, error.reason))
    }
    let tree = SettingsTree(parsing: text, file: path, environment: Self.environment(of: path))
    let (settings, declared) = tree.readSettings()
    let services = CollectorServices(http: http, logger: logger.named("collectors"))
    let targets = collectors.flatMap { $0.targets(in: declared, using: services) }
    let notifications = NotificationSettings.read(
      tree.root.section("notifications"),
      kinds: makeReceiverKinds(http)
    )
    let outlets = OutletSettings(tree.root.section("notifications"))
    let peers = PeerSettings(tree.root.section("peers"))
    var refusal = Refusal(faults: tree.issues)
    switch loadRules(settings.ruleFiles.map { Self.path($0, besides: path) }) {
    case .success(let rules):
      guard refusal.faults.isEmpty else { return .failure(refusal) }
      let warnings = (notifications?.warnings ?? []) + rules.warnings.map(\.description)
      return .success(
        LoadedSettings(
          settings: settings,
          targets: targets,
          services: services,
          notifications: notifications,
          outlets: outlets,
          peers: peers,
          rules: rules,
          warnings: warnings
        )
      )
    case .failure(let rules):
      refusal.faults += rules.faults
      refusal.isUnreadable = rules.isUnreadable
      return .failure(refusal)
    }
  }

  private func loadRules(_ paths: [String]) -> Result<RuleSet, Refusal> {
    var files: [RuleSet.File] = []
    var refusal = Refusal()
    for path in paths {
      do throws(BoundedFile.Failure) {
        files.append(RuleSet.File(name: path, text: try BoundedFile.read(path)))
      } catch {
        let one = Refusal.unreadable(path, error.reason)
        refusal.faults += one.faults
        refusal.isUnreadable = true
      }
    }
    do throws(RuleFileFaults) {
      let rules = try RuleSet(reading: files)
      return refusal.faults.isEmpty ? .success(rules) : .failure(refusal)
    } catch {
      refusal.faults += error.issues
      return .failure(refusal)
    }
  }

  /// A relative path counts from the folder of the settings file.
  private static func path(_ name: String, besides settings: String) -> String {
    guard !name.hasPrefix("/"), let slash = settings.lastIndex(of: "/") else { return name }
    return settings[...slash] + name
  }

  private static func environment(of settings: String) -> SettingsEnvironment {
    SettingsEnvironment(
      readFile: { path throws(SettingsEnvironment.Unreadable) in
        do throws(BoundedFile.Failure) {
          return String(decoding: try BoundedFile.read(path), as: UTF8.self)
        } catch {
          throw SettingsEnvironment.Unreadable(reason: error.reason)
        }
      },
      variable: { name in getenv(name).map { String(cString: $0) } },
      readTimeZone: { name throws(SettingsEnvironment.Unreadable) in
        do throws(BoundedFile.Failure) {
          let path = name == "Local" ? "/etc/localtime" : "/usr/share/zoneinfo/\(name)"
          return try BoundedFile.read(path)
        } catch {
          throw SettingsEnvironment.Unreadable(reason: error.reason)
        }
      },
      files: { BoundedFile.paths(matching: path($0, besides: settings)) }
    )
  }
}
