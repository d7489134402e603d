// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: VRRPFixtures.folder != nil)) struct HostReplyTests {
  @Test func `the holder of the virtual address is found in every recording`() throws {
    let holders: [String: Bool] = [
      "master": true, "backup": false, "fault-linkdown": false,
      "keepalived-killed-stale-vip.lb100": true, "keepalived-killed-stale-vip.lb101": true,
      "split-brain.lb100": true, "split-brain.lb101": true, "split-brain.lb102": false,
    ]
    for (name, holds) in holders {
      let reply = try InterfaceAddresses.read(VRRPFixtures.bytes("ip-j-addr.\(name).json"))
      #expect(reply.holder(of: VRRPFixtures.virtual)?.name == (holds ? "eth0" : nil), "\(name)")
      #expect(reply.interfaces.map(\.name).contains("eth0"))
    }
    let down = try InterfaceAddresses.read(VRRPFixtures.bytes("ip-j-addr.fault-linkdown.json"))
    #expect(down.interfaces.last?.isUp == false)
    #expect(down.interfaces.last?.hardwareAddress == "8a:41:0e:35:92:8d")
  }

  @Test func `an address is found by its value, not by its text`() throws {
    let text = "[{\"ifname\":\"eth0\",\"addr_info\":[{\"local\":\"fd00:30:0::200\"}]}]"
    let reply = try InterfaceAddresses.read(Array(text.utf8))
    #expect(reply.holder(of: "fd00:30::200")?.name == "eth0")
    #expect(throws: HostReplyFault.shape(expected: "a list of interfaces")) {
      _ = try InterfaceAddresses.read(Array("{}".utf8))
    }
  }

  @Test func `keepalived's states are read in every recording`() throws {
    let states: [String: KeepalivedReport.State] = [
      "backup": .backup, "backup-weight": .backup, "fault-linkdown": .fault,
      "fault-script": .fault, "master": .master, "splitbrain-lb100": .master,
      "splitbrain-lb101": .master, "unicast-backup": .backup, "v3-master": .master,
    ]
    for (name, state) in states {
      let json = try KeepalivedReport.read(VRRPFixtures.bytes("keepalived.\(name).json"))
      #expect(json.instances.first?.state == state, "\(name)")
      #expect(json.instances.first?.routerID == 51)
      #expect(json.instances.first?.addresses == [VRRPFixtures.virtual])
      let text = try KeepalivedDump(reading: VRRPFixtures.bytes("keepalived.\(name).data"))
      #expect(text.instances.map(\.state) == json.instances.map(\.state), "\(name)")
      #expect(text.instances.map(\.name) == json.instances.map(\.name), "\(name)")
      #expect(text.instances.map(\.routerID) == json.instances.map(\.routerID))
      #expect(text.instances.map(\.effectivePriority) == json.instances.map(\.effectivePriority))
      // The two files are moments apart: what can move on in between is left out.
      let stats = try KeepalivedStatistics(reading: VRRPFixtures.bytes("keepalived.\(name).stats"))
      for (left, right) in zip(stats.instances, json.instances) {
        #expect(left.counters.count == KeepalivedReport.Counter.allCases.count)
        #expect(left.counters[.becameMaster] == right.counters[.becameMaster], "\(name)")
        #expect(left.counters[.priorityZeroSent] == right.counters[.priorityZeroSent], "\(name)")
      }
    }
  }

  @Test func `the dump tells whom a backup follows, and what is wrong`() throws {
    let weight = try KeepalivedDump(reading: VRRPFixtures.bytes("keepalived.backup-weight.data"))
    #expect(weight.instances.first?.masterRouter == VRRPFixtures.lb101)
    #expect(weight.instances.first?.effectivePriority == 81)
    #expect(weight.scripts.map(\.isGood) == [false])
    #expect(weight.scripts.map(\.weight) == [-20])
    let fault = try KeepalivedDump(reading: VRRPFixtures.bytes("keepalived.fault-script.data"))
    #expect(fault.instances.first?.faultCount == 1)
    let unicast = try KeepalivedDump(reading: VRRPFixtures.bytes("keepalived.unicast-backup.data"))
    #expect(unicast.instances.first?.usesUnicast == true)
    #expect(weight.instances.first?.usesUnicast == false)
  }

  @Test func `keepalived's password is nowhere`() throws {
    var shown = ""
    dump(
      try KeepalivedReport.read(VRRPFixtures.bytes("keepalived.splitbrain-lb100.json")),
      to: &shown
    )
    dump(
      try KeepalivedDump(reading: VRRPFixtures.bytes("keepalived.splitbrain-lb100.data")),
      to: &shown
    )
    #expect(shown.contains("VI_1"))
    #expect(!shown.contains("hv-lab"))
  }

  @Test func `the second version of the JSON is an object that holds the list`() throws {
    let text =
      "{\"json_version\":2,\"vrrp\":[{\"data\":{\"iname\":\"VI_1\",\"vrid\":51,\"state\":2}}]}"
    let report = try KeepalivedReport.read(Array(text.utf8))
    #expect(report.instances.first?.state == .master)
    #expect(report.instances.first?.preempts == true)
    #expect(report.instances.first?.basePriority == nil)
  }

  @Test func `addresses read and print as values`() {
    for text in ["192.168.30.200", "fe80::200", "fd00:30::200", "::1", "0.0.0.0"] {
      #expect(InternetAddress(text)?.description == text)
    }
    for text in [
      "", "192.168.30", "192.168.30.256", "fe80::1%eth0", "a", "1.2.3.4/24", "1.2.3.4\0",
    ] {
      #expect(InternetAddress(text) == nil, "\(text)")
    }
    let sorted = ["fe80::1", "10.0.0.2", "10.0.0.10"].compactMap { InternetAddress($0) }.sorted()
    #expect(sorted.map(\.description) == ["10.0.0.2", "10.0.0.10", "fe80::1"])
  }

  @Test(
    arguments: [
      "ip-j-addr.master.json", "keepalived.v3-master.json", "keepalived.backup.data",
      "keepalived.backup.stats",
    ]
  )
  func `changed and cut replies never trap`(file: String) async throws {
    let recorded = try VRRPFixtures.bytes(file)
    await Mutation.run([recorded], seed: 0x5eed, standard: 250, name: file) { bytes in
      do throws(HostReplyFault) {
        switch file {
        case "ip-j-addr.master.json":
          #expect(try InterfaceAddresses.read(bytes).interfaces.count <= 4)
        case "keepalived.v3-master.json":
          #expect(try KeepalivedReport.read(bytes).instances.count <= 4)
        case "keepalived.backup.data":
          #expect(try KeepalivedDump(reading: bytes).instances.count <= 4)
        default: #expect(try KeepalivedStatistics(reading: bytes).instances.count <= 4)
        }
      } catch {
        #expect(error != .shape(expected: ""))
      }
    }
  }
}
