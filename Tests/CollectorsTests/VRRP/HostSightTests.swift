// SPDX-License-Identifier: MIT
import Testing

@testable import Collectors
@testable import RemoteShell

@Suite struct HostSightTests {
  private func sight(_ addresses: String, _ processes: String) throws -> HostSight {
    HostSight(
      VRRPFixtures.virtual,
      addresses: RemoteSection(status: 0, output: Array(addresses.utf8), limit: 1 << 20),
      processes: RemoteSection(status: 0, output: Array(processes.utf8), limit: 1 << 20)
    )
  }

  private static let holder =
    #"[{"ifname":"eth0","flags":["UP","LOWER_UP"],"addr_info":[{"local":"192.168.30.200"}]}]"#
  private static let working = "now 1000 100\nprocess 10 1 S 100\nprocess 11 10 S 200\n"

  @Test func `a host tells whether it has the address, and since when keepalived runs`() throws {
    let sight = try sight(Self.holder, Self.working)
    #expect(sight.hasAddress == true)
    #expect(sight.keepalivedAge == .some(.seconds(8)))
    #expect(try self.sight("[]", Self.working).hasAddress == false)
  }

  @Test func `keepalived that is dead, alone or frozen does not run`() throws {
    for text in [
      "now 1000 100\n", "now 1000 100\nprocess 10 1 S 100\n",
      "now 1000 100\nprocess 10 1 S 100\nprocess 11 10 T 200\n",
    ] {
      #expect(try sight(Self.holder, text).keepalivedAge == .some(nil))
    }
  }

  @Test func `what cannot be read or was not answered says nothing`() throws {
    let broken = try sight("{", "now")
    #expect(broken.hasAddress == nil && broken.keepalivedAge == nil)
    let missing = HostSight(
      VRRPFixtures.virtual,
      addresses: nil,
      processes: RemoteSection(status: 124, output: [], limit: 1 << 20)
    )
    #expect(missing.hasAddress == nil && missing.keepalivedAge == nil)
  }
}
