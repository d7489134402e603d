// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import Collectors

/// Answers about backups in which one field is missing, null or of another type.
@Suite(.enabled(if: BackupFixtures.folder != nil))
struct BackupDamageTests {
  /// What takes a field's place; nil removes it.
  private static let damages: [JSONTree?] = [
    nil, .null, .text(""), .text("x"), .text("7"), .number(0.5), .integer(.max), .integer(.min),
    .flag(true), .list([.null]), .object([.init("a", .integer(1))]),
  ]

  /// The rows with each field of the first damaged in each way, and the numbers as texts and
  /// fractions, as releases differ in that.
  private func damaged(_ rows: [JSONTree]) -> [JSONTree] {
    guard let first = rows.first else { return [] }
    return first.members.flatMap { member -> [JSONTree] in
      let number = member.value.double
      let numbers: [JSONTree?] = number.map { [.text($0.description), .number($0)] } ?? []
      return (Self.damages + numbers).map { (damage: JSONTree?) -> JSONTree in
        let members = first.members.compactMap { other -> JSONTree.Member? in
          guard other.name == member.name else { return other }
          return damage.map { JSONTree.Member(other.name, $0) }
        }
        return .list([.object(members)] + rows.dropFirst())
      }
    }
  }

  @Test func `a job in any state leaves the others as they are`() throws {
    let job = try BackupFixtures.data("base/cluster-backup.json").items[0]
    let whole = BackupReplies.jobs(.list([job]))
    var read = 0
    for data in damaged([job, job]) {
      let jobs = BackupReplies.jobs(data)
      #expect(jobs.contains(whole[0]))
      read += 1
    }
    #expect(read > 100)
  }

  @Test func `a task in any state leaves the others as they are`() throws {
    let rows = try BackupFixtures.data("base/nodes/CoolerHostname/tasks-vzdump.json").items
    let others = BackupReplies.runs(.list(Array(rows.dropFirst())), node: "n")
    for data in damaged(rows) {
      #expect(Array(BackupReplies.runs(data, node: "n").suffix(others.count)) == others)
    }
  }

  @Test func `an archive in any state leaves the others as they are`() throws {
    let name = "base/nodes/CoolerHostname/storage-nas-backup-prunebackups.json"
    let rows = try BackupFixtures.data(name).items
    let others = BackupReplies.archives(.list(Array(rows.dropFirst())), storage: "s")
    for data in damaged(rows) {
      #expect(Array(BackupReplies.archives(data, storage: "s").suffix(others.count)) == others)
    }
  }

  @Test func `a line of a log in any state leaves the other guests as they are`() throws {
    let rows = try BackupFixtures.data("base/nodes/CoolerHostname/task-log.vzdump.json").items
    let whole = BackupReplies.log(.list(rows))
    #expect(whole.results.count == 3)
    for data in damaged(rows) {
      #expect(BackupReplies.log(data).results == whole.results)
    }
  }

  @Test func `a guest, node or storage in any state leaves the rest as it is`() throws {
    let rows = try BackupFixtures.data("base/cluster-resources.json").items
    for kind in ["lxc", "node", "storage"] {
      let sorted = rows.filter { $0["type"]?.string == kind }
      let rest = rows.filter { $0["type"]?.string != kind }
      for data in damaged(sorted + rest) {
        var facts = BackupFacts()
        BackupReplies.readResources(data, into: &facts)
        #expect(facts.guests.count >= 8 && facts.nodes.count >= 2)
        #expect(BackupReplies.storages(data).count >= 2)
      }
    }
  }

  @Test func `a list of guests on a node in any state leaves the others as they are`() throws {
    let rows = try BackupFixtures.data("base/nodes/CoolerHostname/lxc.json").items
    let others = LiveGuests(.list(Array(rows.dropFirst())), kind: "lxc").guests
    for data in damaged(rows) {
      let live = LiveGuests(data, kind: "lxc")
      live.samples.expectSound()
      #expect(others.allSatisfy(live.guests.contains))
    }
  }
}
