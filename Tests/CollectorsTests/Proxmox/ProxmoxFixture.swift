// SPDX-License-Identifier: MIT
import Collectors
import FoundationEssentials
import MetricModel
import Polling
import Testing

/// The recorded replies outside of the repository, when they are there.
enum ProxmoxFixture {
  static let folder: String? = {
    var folder = #filePath
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      let candidate = "\(folder)/shared/fixtures/proxmox"
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    print("skipped: no shared/fixtures/proxmox beside the package")
    return nil
  }()

  /// The bytes of a file, nil when it is not there.
  static func bytes(_ name: String) -> [UInt8]? {
    guard let folder, let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    else { return nil }
    return Array(data)
  }

  /// What stands in a file.
  static func tree(_ name: String) throws -> JSONTree {
    try JSONReader.read(try #require(bytes(name), "\(name)"))
  }

  /// What stands below `data` in a file.
  static func data(_ name: String) throws -> JSONTree { try tree(name)["data"] ?? .null }

  /// The file that answers a path below `/api2/json`, a scenario's own before the healthy one.
  static func reply(_ path: String, scenario: String?) -> [UInt8]? {
    let parts = path.split(separator: "/").map(String.init)
    let flat = parts.joined(separator: "-").replacing("rrddata", with: "rrddata.hour") + ".json"
    if let scenario, let own = bytes("scenarios/\(scenario)/\(flat)") { return own }
    guard parts.first == "nodes", parts.count > 2 else { return bytes("base/\(flat)") }
    let rest = parts.dropFirst(2)
    let isOfGuest = rest.first == "lxc" && rest.count > 2
    let inFolder =
      isOfGuest
      ? "lxc/\(rest[rest.startIndex + 1])/\(rest.dropFirst(2).joined(separator: "-"))"
      : rest.joined(separator: "-").replacing("rrddata", with: "rrddata.hour")
    return bytes("base/nodes/\(parts[1])/\(inFolder).json")
  }

  /// Every file below the folder, sorted.
  static var names: [String] {
    guard let folder else { return [] }
    let all = try? FileManager.default.subpathsOfDirectory(atPath: folder)
    return (all ?? []).filter { $0.hasSuffix(".json") }.sorted()
  }
}

extension [CollectedSample] {
  /// The value of the sample of this metric that has at least these labels.
  func value(_ metric: String, _ labels: [String: String] = [:]) -> Double? {
    first { sample in
      sample.definition.name == metric && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }?.value
  }

  /// How many samples of this metric have at least these labels.
  func count(_ metric: String, _ labels: [String: String] = [:]) -> Int {
    count { sample in
      sample.definition.name == metric && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }
  }

  /// No series twice, only defined labels, no empty value.
  func expectSound(_ location: SourceLocation = #_sourceLocation) {
    var seen: Set<LabelSet> = []
    for sample in self {
      let labels = LabelSet(metric: sample.definition.name, sample.labels)
      let known = sample.definition.labelNames ?? []
      let isSound =
        seen.insert(labels).inserted && known.isSuperset(of: sample.labels.keys)
        && !sample.labels.values.contains("") && sample.value.isFinite
      // One expectation for each of some hundred thousand samples would take seconds.
      if !isSound {
        Issue.record("twice, or with a wrong label or value: \(labels)", sourceLocation: location)
      }
    }
  }
}
