// SPDX-License-Identifier: MIT
import MetricModel
import MongoWire
import Polling
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: MongoFixture.folder != nil)) struct MergedReplicaSetTests {
  private func merged(_ situation: String) throws -> MergedReplicaSet {
    let config =
      situation == "delayed-hidden"
      ? ReplicaSetConfig(try MongoFixture.document("config/delayed-hidden"))
      : ReplicaSetConfig()
    return MergedReplicaSet(try MongoFixture.views(situation), config)
  }

  @Test func `every situation is judged as it was meant to be`() throws {
    let situations = try ExpectedSet.all().filter { $0.key != "oplog" }
    #expect(situations.count == 15)
    for (situation, expected) in situations {
      let found = try merged(situation)
      #expect(found.primary == expected.primary, "\(situation)")
      if let term = expected.term { #expect(found.term == term, "\(situation)") }
      for (name, lag) in expected.lagSeconds ?? [:] {
        let member = found.members.first { $0.name == name }
        #expect(member?.lag?.seconds == lag, "\(situation) \(name)")
      }
      for (name, state) in expected.states ?? [:] {
        let member = found.members.first { $0.name == name }
        #expect(member?.state == state, "\(situation) \(name)")
      }
      if let isPresent = expected.majorityReachable {
        let votes = try #require(found.votesTogether)
        let majority = try #require(found.majority)
        #expect((votes >= majority) == isPresent, "\(situation)")
      }
      #expect(found.brokenLinks >= expected.linksDown?.count ?? 0, "\(situation)")
    }
  }

  @Test func `two primaries, broken links and disputes are counted`() throws {
    let split = try merged("split-view-two-primaries")
    #expect(split.claimants == 2)
    #expect(split.disputedMembers > 0)
    #expect(split.members.first { $0.name == "db1.example.net:27017" }?.lag == nil)
    let apart = try merged("asymmetric-partition")
    #expect(apart.brokenLinks == 2)
    #expect(apart.members.allSatisfy { $0.isAnswering })
    let healthy = try merged("healthy-pss")
    #expect(healthy.claimants == 1 && healthy.brokenLinks == 0 && healthy.disputedMembers == 0)
    #expect(healthy.votesTogether == 3 && healthy.majority == 2)
    let lost = try merged("no-primary-majority-lost")
    #expect(lost.votesTogether == 1 && lost.majority == 2)
    #expect(lost.members.filter(\.isAnswering).count == 1)
    #expect(lost.members.allSatisfy { $0.lag == nil })
  }

  @Test func `a member that does not answer is judged by what the primary hears`() throws {
    let views = try MongoFixture.views("healthy-pss").filter {
      $0.own?.name.hasPrefix("db3") == false
    }
    let merged = MergedReplicaSet(views, ReplicaSetConfig())
    let silent = try #require(merged.members.last)
    #expect(silent.name == "db3.example.net:27017" && !silent.isAnswering)
    #expect(silent.lag == .init(seconds: 0, isOwn: false))
    #expect(silent.state == 2)
    #expect(MergedReplicaSet([], ReplicaSetConfig()).majority == nil)
  }

  @Test func `a reply without the parts that matter is refused, any other mess is taken`() throws {
    let reply = try #require(try MongoFixture.replies("healthy-pss")["db1"])
    let broken: [BSONDocument] = [
      [:], ["myState": 1], ["myState": "1", "members": []], ["myState": 1_000, "members": []],
    ]
    for broken in broken {
      #expect(throws: CollectionError.self) { try ReplicaSetStatus(broken) }
    }
    // Fields of every type in every place.
    let values: [BSONValue] = [
      .null, 1, -1, .double(.nan), .double(1e300), .int64(.max), .string(""), [:], [], true,
      .timestamp(.none), .datetime(unixMilliseconds: .min),
    ]
    for element in reply.elements where element.key != "myState" && element.key != "members" {
      for value in values {
        let changed = reply.elements.map { ($0.key, $0.key == element.key ? value : $0.value) }
        let status = try ReplicaSetStatus(BSONDocument(changed))
        _ = MemberSamples.samples(of: status, at: .epoch)
      }
    }
    let members = try #require(reply["members"]?.array)
    for element in try #require(members[1].document).elements {
      for value in values {
        let member = members[1].document?.elements.map {
          ($0.key, $0.key == element.key ? value : $0.value)
        }
        let all = [members[0], .document(BSONDocument(member ?? [])), members[2]]
        let changed = reply.elements.map { ($0.key, $0.key == "members" ? .array(all) : $0.value) }
        let status = try ReplicaSetStatus(BSONDocument(changed))
        _ = MergedReplicaSet([status], ReplicaSetConfig())
      }
    }
  }
}

@Suite struct LagMemoryTests {
  private func at(_ seconds: UInt32) -> BSONTimestamp {
    BSONTimestamp(seconds: seconds, increment: 1)
  }

  @Test func `an entry after a silence makes nobody late`() {
    var memory = LagMemory()
    memory.note(primary: at(1_000), atSeconds: 1_000)
    memory.note(primary: at(1_000), atSeconds: 1_009)
    // The entry of second 1010 is there, and the secondary has not got it yet.
    memory.note(primary: at(1_010), atSeconds: 1_010)
    #expect(memory.bound(at: at(1_000), nowSeconds: 1_010) == 1)
    #expect(memory.bound(at: at(1_010), nowSeconds: 1_010) == 0)
    #expect(memory.bound(at: at(999), nowSeconds: 1_010) == nil)
    memory.note(primary: at(1_010), atSeconds: 1_060)
    #expect(memory.bound(at: at(1_000), nowSeconds: 1_060) == 51)
    // Another primary has less: what was reached before counts no more.
    memory.note(primary: at(1_005), atSeconds: 1_070)
    #expect(memory.bound(at: at(1_000), nowSeconds: 1_070) == nil)
    #expect(memory.bound(at: at(1_006), nowSeconds: 1_075) == 5)
  }
}
