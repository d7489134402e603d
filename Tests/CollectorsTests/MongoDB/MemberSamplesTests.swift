// SPDX-License-Identifier: MIT
import MetricModel
import MongoWire
import Polling
import Testing

@testable import Collectors

@Suite(.enabled(if: MongoFixture.folder != nil)) struct MemberSamplesTests {
  private func server(_ file: String) throws -> Collection {
    let reply = try MongoFixture.document("serverstatus/\(file)")
    return Collection(samples: MemberSamples.samples(ofServer: reply))
  }

  @Test func `a server's figures have the exporter's names in every version`() throws {
    for file in ["primary-7.0", "primary-8.0", "secondary-7.0", "secondary-4.4"] {
      let found = try server(file)
      let isPrimary = file.hasPrefix("primary") ? 1.0 : 0
      #expect(found.value("mongodb_ss_repl_isWritablePrimary") == isPrimary, "\(file)")
      for name in [
        "mongodb_ss_uptime", "mongodb_ss_mem_resident", "mongodb_ss_network_bytesIn",
        "mongodb_ss_wt_cache_bytes_currently_in_the_cache",
      ] {
        #expect(found.value(name) != nil, "\(file) \(name)")
      }
      #expect(found.value("mongodb_ss_connections", ["conn_type": "current"]) != nil, "\(file)")
      #expect(
        found.value("mongodb_ss_wt_concurrentTransactions_available", ["txn_rw_type": "read"])
          != nil,
        "\(file)"
      )
      let operations = ["legacy_op_type": "insert"]
      #expect(found.value("mongodb_ss_opcounters", operations) != nil, "\(file)")
      #expect(found.value("mongodb_ss_opcountersRepl", operations) != nil, "\(file)")
    }
  }

  @Test func `what a server does not have makes no sample`() throws {
    let found = try server("standalone-memory-only")
    #expect(found.value("mongodb_ss_wt_cache_maximum_bytes_configured") == nil)
    #expect(MemberSamples.samples(ofServer: [:]).isEmpty)
  }

  @Test func `a view is every member's state, and the answering one's own`() throws {
    let reply = try #require(try MongoFixture.replies("primary-down-new-primary")["db2"])
    let status = try ReplicaSetStatus(reply)
    let time = Timestamp(unixMilliseconds: (status.unixMilliseconds ?? 0) + 1_500)
    let found = Collection(samples: MemberSamples.samples(of: status, at: time))
    #expect(found.value("mongodb_rs_myState") == 1)
    #expect(found.value("mongodb_rs_term") == 2)
    #expect(found.value("hvsmon_mongodb_clock_skew_seconds") == -1.5)
    let down = ["member_idx": "db1.example.net:27017"]
    #expect(found.value("mongodb_rs_members_state", down) == 8)
    #expect(found.value("mongodb_rs_members_health", down) == 0)
    #expect(found.value("mongodb_rs_members_health", ["member_idx": "db3.example.net:27017"]) == 1)
    let sync = try ReplicaSetStatus(try #require(try MongoFixture.replies("startup2")["db3"]))
    let ratio = Collection(samples: MemberSamples.samples(of: sync, at: time))
      .value("hvsmon_mongodb_initial_sync_ratio")
    #expect(abs((ratio ?? 0) - 1.0 / 3) < 1e-9)
    let stale = try ReplicaSetStatus(try #require(try MongoFixture.replies("recovering")["db3"]))
    #expect(stale.isTooStale)
  }

  @Test func `the ends of the oplog are its window`() throws {
    let first = MemberSamples.oplogEntry(try MongoFixture.document("oplog/first"))
    let last = MemberSamples.oplogEntry(try MongoFixture.document("oplog/last"))
    #expect((last?.seconds ?? 0) - (first?.seconds ?? 0) == 172_802)
    #expect(MemberSamples.oplogEntry(try MongoFixture.document("oplog/empty")) == nil)
  }
}
