// SPDX-License-Identifier: MIT
import MetricModel
import RemoteShell
import TestSupport
import Testing

@testable import Collectors

@Suite struct FactsReplyTests {
  @Test func `processes have ages, states and one master`() throws {
    let text = """
      now 1568671 100
      process 17 15 S 1568171
      process 15 1 T 1568150
      process 99 15 Z 1568700

      """
    let listing = try ProcessListing(reading: Array(text.utf8))
    #expect(listing.processes.map(\.age) == [.seconds(5), .milliseconds(5_210), .zero])
    #expect(listing.processes.map(\.state) == [.running, .frozen, .ended])
    #expect(listing.roots.map(\.id) == [15])
    #expect(try ProcessListing(reading: Array("now 5 100\n".utf8)).processes.isEmpty)
    for text in [
      "", "now 5 0\n", "now x 100\n", "now 9223372036854775807 1\nprocess 1 0 S 0\n",
      "now 5 100\nprocess 1 2\n", "process 1 2 S 3\n",
    ] {
      #expect(throws: HostReplyFault.self, "\(text)") {
        _ = try ProcessListing(reading: Array(text.utf8))
      }
    }
  }

  @Test func `a log extract is lines and the place to go on from`() throws {
    let text = """
      2026/11/23 17:43:54 [error] 9#9: *4 limiting requests, excess: 1.000 by zone "z"
      position 17 500 500
      2026/11/23 17:43:55 [error] 9#9: *5 no live upstreams
      position 18 100 4096

      """
    let extract = try LogExtract(reading: Array(text.utf8))
    #expect(extract.lines.count == 2)
    #expect(extract.position == RemoteCommand.LogPosition(inode: 18, offset: 100))
    #expect(extract.hasMore)
    let end = try LogExtract(reading: Array("position 18 4096 4096\n".utf8))
    #expect(end.lines.isEmpty && !end.hasMore)
    for text in ["", "position 1 2\n", "position 1 2 3\nline\n", "position a 2 3\n"] {
      #expect(throws: HostReplyFault.self) { _ = try LogExtract(reading: Array(text.utf8)) }
    }
  }

  @Test func `a unit runs, and starts with the machine, or not`() throws {
    func unit(_ states: String) throws -> UnitFacts {
      try UnitFacts(reading: Array(states.split(separator: " ").joined(separator: "\n").utf8))
    }
    let good = try unit(
      "LoadState=loaded ActiveState=active SubState=running UnitFileState=enabled NRestarts=2"
    )
    #expect(good.isLoaded && good.isActive && good.isEnabled == true)
    #expect(good.restarts == 2)
    let off = try unit(
      "LoadState=loaded ActiveState=failed SubState=failed UnitFileState=disabled"
    )
    #expect(!off.isActive && off.isEnabled == false && off.restarts == nil)
    let missing = try unit("LoadState=not-found ActiveState=inactive SubState=dead UnitFileState=")
    #expect(!missing.isLoaded && missing.isEnabled == nil)
    for state in ["enabled-runtime", "linked", "linked-runtime", "indirect", "masked"] {
      let states = "LoadState=loaded ActiveState=active SubState=running UnitFileState=\(state)"
      #expect(try unit(states).isEnabled == false, "\(state) does not outlive the machine's end")
    }
    #expect(throws: HostReplyFault.self) { _ = try unit("UnitFileState=enabled") }
  }

  @Test func `a certificate has dates`() throws {
    let text = """
      subject=CN = lb100
      serial=0A1B
      notBefore=Nov  3 00:00:00 2026 GMT
      notAfter=Feb  1 23:59:59 2027 GMT
      """
    let certificate = try CertificateFacts(reading: Array(text.utf8))
    #expect(certificate.notBefore == Timestamp(rfc3339: "2026-11-03T00:00:00Z"))
    #expect(certificate.notAfter == Timestamp(rfc3339: "2027-02-01T23:59:59Z"))
    #expect(certificate.serial == "0A1B" && certificate.modifiedSeconds == nil)
    let written = try CertificateFacts(reading: Array("modified=1795455300\n\(text)".utf8))
    #expect(written.modifiedSeconds == 1_795_455_300)
    for date in ["", "Feb 30 00:00:00 2027 GMT", "Feb 1 2027 GMT", "Feb 1 00:00 2027 GMT"] {
      let text = "notBefore=Nov  3 00:00:00 2026 GMT\nnotAfter=\(date)\n"
      #expect(throws: HostReplyFault.self, "\(date)") {
        _ = try CertificateFacts(reading: Array(text.utf8))
      }
    }
  }

  @Test func `changed and cut replies never trap`() async {
    let texts = [
      "now 1568671 100\nprocess 17 15 S 1568171\n", "line\nposition 18 100 4096\n",
      "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=2\n",
      "serial=0A\nnotBefore=Nov  3 00:00:00 2026 GMT\nnotAfter=Feb  1 23:59:59 2027 GMT\n",
    ].map { Array($0.utf8) }
    await Mutation.run(texts, seed: 0x5eed) { bytes, place in
      do throws(HostReplyFault) {
        switch place {
        case 0: #expect(try ProcessListing(reading: bytes).processes.allSatisfy { $0.age >= .zero })
        case 1: #expect(try LogExtract(reading: bytes).lines.count <= 5)
        case 2: #expect(try UnitFacts(reading: bytes).subState.utf8.count < 200)
        default: #expect(try CertificateFacts(reading: bytes).serial?.utf8.count ?? 0 <= 64)
        }
      } catch {
        #expect(error != .shape(expected: ""))
      }
    }
  }
}
