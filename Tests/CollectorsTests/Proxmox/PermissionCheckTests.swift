// SPDX-License-Identifier: MIT
import Logging
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct PermissionCheckTests {
  private func check(_ text: String) throws -> PermissionCheck {
    PermissionCheck(try JSONReader.read(Array(text.utf8)))
  }

  private func parts(_ check: PermissionCheck) -> [String] { check.missing.map(\.need.part) }

  @Test func `an auditor lacks nothing`() throws {
    guard ProxmoxFixture.folder != nil else { return }
    let check = PermissionCheck(try ProxmoxFixture.data("base/access-permissions.json"))
    #expect(check.missing.isEmpty)
    check.samples.expectSound()
    #expect(check.samples.count("hvsmon_pve_privilege_granted") == 4)
    #expect(check.samples.allSatisfy { $0.value == 1 })
  }

  @Test func `a token without an ACL sees nothing, and all of it is named`() throws {
    let check = try check("{}")
    #expect(parts(check) == ["cluster", "nodes", "guests", "storage"])
    check.samples.expectSound()
    #expect(check.samples.count("hvsmon_collector_partial", ["reason": "forbidden"]) == 4)
    #expect(check.samples.value("hvsmon_pve_privilege_granted", ["path": "/"]) == 0)
  }

  @Test(arguments: [
    ("{\"/\":{\"Sys.Audit\":1,\"VM.Audit\":1,\"Datastore.Audit\":1}}", []),
    ("{\"/vms\":{\"VM.Audit\":1}}", ["cluster", "nodes", "storage"]),
    ("{\"/\":{\"Sys.Audit\":1},\"/vms\":{\"VM.Audit\":1}}", ["storage"]),
    ("{\"/\":{\"Sys.Audit\":0,\"VM.Audit\":0}}", ["nodes", "guests", "storage"]),
    ("{\"/nodes\":{\"Sys.Audit\":1}}", ["cluster", "guests", "storage"]),
    ("{\"/vms/100\":{\"VM.Audit\":1}}", ["cluster", "nodes", "guests", "storage"]),
    ("[]", ["cluster", "nodes", "guests", "storage"]),
  ])
  func `what is off follows from the paths`(text: String, off: [String]) throws {
    #expect(parts(try check(text)) == off)
  }

  @Test func `paths that have the privilege nevertheless are named`() throws {
    let check = try check("{\"/vms/100\":{\"VM.Audit\":1},\"/vms/101\":{\"VM.Audit\":1}}")
    #expect(check.missing.first { $0.need.part == "guests" }?.deeper == ["/vms/100", "/vms/101"])
  }

  @Test func `what is missing is said once, and again when it changes`() throws {
    let sink = MemorySink()
    let log = AccessLog(Logger(area: "test", sink: sink))
    let little = try check("{\"/vms/100\":{\"VM.Audit\":1},\"/\":{\"Sys.Audit\":1}}")
    log.note(little)
    log.note(little)
    #expect(sink.lines.count == 2)
    #expect(sink.lines[0].contains("privilege=VM.Audit path=/vms granted_below=/vms/100"))
    #expect(sink.lines[1].contains("privilege=Datastore.Audit path=/storage granted_below=nowhere"))
    #expect(sink.lines[1].contains("storages"))
    log.note(try check("{\"/\":{\"Sys.Audit\":1,\"VM.Audit\":1,\"Datastore.Audit\":1}}"))
    #expect(sink.lines.count == 3 && sink.lines[2].contains("level=info"))
  }
}
