// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Testing

@testable import Simulator

/// The simulated replies have the members and types that the shared replies have.
@Suite struct FixtureShapeTests {
  private let questions: Questions
  private let folder = FixtureShapeTests.findFolder()

  init() throws {
    questions = try Questions()
  }

  private static func findFolder() -> String? {
    var folder = #filePath
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      let candidate = "\(folder)/shared/fixtures/proxmox"
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    print("skipped: no shared/fixtures/proxmox beside the package")
    return nil
  }

  /// The names of members with the type of each, for every object of a reply at its place.
  private func shape(_ tree: JSONTree, at place: String = "") -> [String: String] {
    switch tree {
    case .null: return [:]
    case .flag: return [place: "flag"]
    // Whole numbers may be written with a fraction and the other way round.
    case .integer, .number: return [place: "number"]
    case .text: return [place: "text"]
    case .list(let items):
      return items.reduce(into: [place: "list"]) { all, item in
        // Rows of different types are different objects.
        let kind = item["type"]?.string ?? ""
        all.merge(shape(item, at: "\(place)[\(kind)]")) { first, _ in first }
      }
    case .object(let members):
      return members.reduce(into: [place: "object"]) { all, member in
        // Names of things are values, as in the list of permissions.
        let isThing = member.name.contains("/")
        let name = isThing ? "*" : member.name
        all.merge(shape(member.value, at: "\(place).\(name)")) { first, _ in first }
      }
    }
  }

  private func expectShape(
    of file: String,
    in answer: ProxmoxAnswer,
    without known: Set<String> = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard let folder else { return }
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
    let theirs = shape(try JSONReader.read(Array(text)))
    let ours = shape(try JSONReader.read(try #require(answer.body).bytes))
    for (place, type) in theirs where !known.contains(where: { place.hasSuffix($0) }) {
      #expect(ours[place] == type, "\(file) at \(place)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    ("base/version.json", "/version"),
    ("base/access-permissions.json", "/access/permissions"),
    ("base/cluster-status.json", "/cluster/status"),
    ("base/cluster-resources.json", "/cluster/resources"),
    ("base/cluster-config-nodes.json", "/cluster/config/nodes"),
    ("base/cluster-config-qdevice.json", "/cluster/config/qdevice"),
    ("base/cluster-backup.json", "/cluster/backup"),
    ("base/cluster-backup-info-not-backed-up.json", "/cluster/backup-info/not-backed-up"),
    (
      "base/cluster-backup-included-volumes.json",
      "/cluster/backup/backup-6f2d3c1a-9e41/included_volumes"
    ),
    ("base/cluster-ha-status-current.json", "/cluster/ha/status/current"),
    ("base/cluster-ha-manager-status.json", "/cluster/ha/status/manager_status"),
    ("base/cluster-ha-resources.json", "/cluster/ha/resources"),
    ("base/cluster-replication.json", "/cluster/replication"),
    ("base/cluster-tasks.json", "/cluster/tasks"),
    ("base/nodes.json", "/nodes"),
    ("base/nodes/CoolerHostname/status.json", "/nodes/CoolerHostname/status"),
    ("base/nodes/CoolerHostname/version.json", "/nodes/CoolerHostname/version"),
    ("base/nodes/CoolerHostname/time.json", "/nodes/CoolerHostname/time"),
    ("base/nodes/CoolerHostname/lxc.json", "/nodes/CoolerHostname/lxc"),
    ("base/nodes/CoolerHostname/services.json", "/nodes/CoolerHostname/services"),
    ("base/nodes/CoolerHostname/storage.json", "/nodes/CoolerHostname/storage"),
    ("base/nodes/CoolerHostname/tasks.json", "/nodes/CoolerHostname/tasks"),
    ("base/nodes/CoolerHostname/rrddata.hour.json", "/nodes/CoolerHostname/rrddata"),
    ("base/nodes/CoolerHostname/certificates-info.json", "/nodes/CoolerHostname/certificates/info"),
    ("base/nodes/CoolerHostname/disks-list.json", "/nodes/CoolerHostname/disks/list"),
    ("base/nodes/CoolerHostname/subscription.json", "/nodes/CoolerHostname/subscription"),
    ("base/nodes/CoolerHostname/replication.json", "/nodes/CoolerHostname/replication"),
    ("base/nodes/CoolerHostname/lxc/103/config.json", "/nodes/CoolerHostname/lxc/103/config"),
    (
      "base/nodes/CoolerHostname/lxc/100/interfaces.json",
      "/nodes/CoolerHostname/lxc/100/interfaces"
    ),
    (
      "base/nodes/CoolerHostname/lxc/100/status-current.json",
      "/nodes/CoolerHostname/lxc/100/status/current"
    ),
    (
      "base/nodes/CoolerHostname/lxc/100/rrddata.hour.json",
      "/nodes/CoolerHostname/lxc/100/rrddata"
    ),
    (
      "base/nodes/CoolerHostname/storage-nas-backup-status.json",
      "/nodes/CoolerHostname/storage/backup/status"
    ),
  ])
  func `a healthy reply has every member of the shared one`(_ file: String, _ path: String) throws {
    try expectShape(of: file, in: questions.answer(path, at: tuesday))
  }

  @Test func `archives, tasks and logs have the members of the shared ones`() throws {
    let base = "base/nodes/CoolerHostname"
    try expectShape(
      of: "\(base)/storage-nas-backup-prunebackups.json",
      in: questions.answer(
        "/nodes/CoolerHostname/storage/backup/prunebackups",
        ["prune-backups": "keep-last=5"],
        at: tuesday
      )
    )
    let tasks = questions.answer(
      "/nodes/CoolerHostname/tasks",
      ["typefilter": "vzdump"],
      at: tuesday
    )
    try expectShape(of: "\(base)/tasks-vzdump.json", in: tasks)
    let body = try JSONReader.read(try #require(tasks.body).bytes)
    let upid = try #require(body["data"]?.items.first?["upid"]?.string)
    let path = "/nodes/CoolerHostname/tasks/\(upid)"
    try expectShape(
      of: "\(base)/task-status.json",
      in: questions.answer("\(path)/status", at: tuesday)
    )
    let log = questions.answer("\(path)/log", ["limit": "0"], at: tuesday)
    try expectShape(of: "\(base)/task-log.vzdump.json", in: log)
  }

  @Test func `a dead node's rows have the members of the shared ones, early and late`() throws {
    var questions = questions
    questions.world.begin(.nodeDown("CoolerHostname3"), at: tuesday)
    for (scenario, second) in [("node3-down-30s", 30), ("node3-down-6min", 360)] {
      for (file, path) in [
        ("cluster-resources", "/cluster/resources"), ("cluster-status", "/cluster/status"),
        ("nodes", "/nodes"),
      ] {
        let answer = questions.answer(path, at: tuesday.plus(second))
        let name = "scenarios/\(scenario)/\(file).json"
        try expectShape(of: name, in: answer)
        try expectSameMembers(of: name, in: answer)
      }
    }
  }

  /// The rows of the node that died have exactly the members of the shared rows.
  private func expectSameMembers(of file: String, in answer: ProxmoxAnswer) throws {
    guard let folder else { return }
    func rows(_ bytes: [UInt8]) throws -> [String: Set<String>] {
      let rows = try #require(try JSONReader.read(bytes)["data"]).items
      let dead = rows.filter { ($0["node"] ?? $0["name"])?.string == "CoolerHostname3" }
      return Dictionary(
        dead.compactMap { row in
          row["id"]?.string.map { id in
            // The backup storage has another name there.
            (id.replacing("nas-backup", with: "backup"), Set(row.members.map(\.name)))
          }
        },
        uniquingKeysWith: { first, _ in first }
      )
    }
    let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
    #expect(try rows(Array(text)) == rows(try #require(answer.body).bytes), "\(file)")
  }

  @Test func `replies without rights have the members of the shared ones`() throws {
    guard let folder else { return }
    var questions = questions
    for privilege in Privilege.allCases {
      questions.world.begin(.privilegeMissing(privilege), at: tuesday)
    }
    for (file, path) in [
      ("cluster-resources", "/cluster/resources"), ("nodes", "/nodes"),
      ("access-permissions", "/access/permissions"), ("cluster-tasks", "/cluster/tasks"),
    ] {
      let name = "permissions/token-without-acl/\(file).json"
      let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      let answer = questions.answer(path, at: tuesday)
      let ours = shape(try JSONReader.read(try #require(answer.body).bytes))
      #expect(ours == shape(try JSONReader.read(Array(text))), "\(name)")
    }
  }

  @Test func `errors have the status, the body and the delay of the shared ones`() throws {
    guard let folder else { return }
    var dead = questions
    dead.world.begin(.nodeDown("CoolerHostname3"), at: tuesday)
    var without = questions
    without.world.begin(.privilegeMissing(.system), at: tuesday)
    let cases: [(file: String, answer: ProxmoxAnswer)] = [
      ("auth/400-parameter", questions.answer("/cluster/resources", ["type": "x"], at: tuesday)),
      ("auth/401-bad-token", questions.answer("/version", authorization: "x", at: tuesday)),
      ("auth/403-cluster-status", without.answer("/cluster/status", at: tuesday)),
      ("auth/500-unknown-node", questions.answer("/nodes/Unknown/status", at: tuesday)),
      ("auth/501-unknown-path", questions.answer("/cluster/unknown", at: tuesday)),
      (
        "scenarios/node3-down-30s/nodes-CoolerHostname3-any",
        dead.answer("/nodes/CoolerHostname3/status", at: tuesday)
      ),
    ]
    for (file, answer) in cases {
      let text = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file).json"))
      let theirs = try JSONReader.read(Array(text))
      #expect(theirs["http_status"]?.int == Int64(answer.status), "\(file)")
      let ours = try answer.body.map { try JSONReader.read($0.bytes) }
      let names = { (tree: JSONTree?) in Set(tree?.members.map(\.name) ?? []) }
      #expect(names(theirs["body"]) == names(ours), "\(file)")
      if let delay = theirs["server_delay_seconds"]?.int {
        #expect(answer.delay == .seconds(delay), "\(file)")
      }
    }
  }
}
