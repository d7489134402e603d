// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Testing

@testable import Collectors

/// The small formats beside the advertisement.
@Suite struct VRRPWireTests {
  @Test func `an echo is answered by its address and identifier only`() {
    let request = EchoPacket.request(identifier: 0x1234, sequence: 7)
    #expect(request.count == 8)
    #expect(InternetChecksum.sum(request) == 0xffff)
    func reply(type: UInt8 = 0, identifier: [UInt8] = [0x12, 0x34]) -> [UInt8] {
      [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0] + [192, 168, 30, 200] + [192, 168, 30, 50]
        + [type, 0, 0, 0] + identifier + [0, 7]
    }
    let address = VRRPFixtures.virtual
    #expect(EchoPacket.isReply(reply(), identifier: 0x1234, from: address))
    #expect(!EchoPacket.isReply(reply(type: 3), identifier: 0x1234, from: address))
    #expect(!EchoPacket.isReply(reply(identifier: [0, 0]), identifier: 0x1234, from: address))
    #expect(!EchoPacket.isReply(reply(), identifier: 0x1234, from: VRRPFixtures.lb100))
    for count in 0..<28 {
      #expect(
        !EchoPacket.isReply(Array(reply().prefix(count)), identifier: 0x1234, from: address)
      )
    }
    var long = reply()
    long[0] = 0x4f
    #expect(!EchoPacket.isReply(long, identifier: 0x1234, from: address))
  }

  @Test func `an echo over IPv6 has its own types, and its checksum is the system's`() {
    let request = EchoPacket.request(identifier: 0x1234, sequence: 7, isIPv6: true)
    #expect(request == [128, 0, 0, 0, 0x12, 0x34, 0, 7])
    let address: InternetAddress = "fd00:30::200"
    let reply: [UInt8] = [129, 0, 0xab, 0xcd, 0x12, 0x34, 0, 7]
    #expect(EchoPacket.isReply(reply, identifier: 0x1234, from: address))
    #expect(!EchoPacket.isReply(reply, identifier: 0x1235, from: address))
    #expect(!EchoPacket.isReply(request, identifier: 0x1234, from: address))
    for count in 0..<8 {
      #expect(!EchoPacket.isReply(Array(reply.prefix(count)), identifier: 0x1234, from: address))
    }
  }

  @Test func `the neighbour with the same network card has the address`() {
    let table = NeighbourTable(
      parsing: """
        IP address       HW type     Flags       HW address            Mask     Device
        192.168.30.100   0x1         0x2         02:00:00:00:01:00     *        eth0
        192.168.30.101   0x1         0x2         02:00:00:00:01:01     *        eth0
        192.168.30.200   0x1         0x2         02:00:00:00:01:01     *        eth0
        192.168.30.102   0x1         0x0         00:00:00:00:00:00     *        eth0
        rubbish
        """
    )
    let members = [VRRPFixtures.lb100, VRRPFixtures.lb101]
    #expect(table.owner(of: VRRPFixtures.virtual, among: members) == VRRPFixtures.lb101)
    #expect(table.owner(of: VRRPFixtures.virtual, among: [VRRPFixtures.lb100]) == nil)
    #expect(table.owner(of: "192.168.30.102", among: members) == nil)
    #expect(table.hardwareAddresses.count == 3)
    #expect(NeighbourTable(parsing: "").hardwareAddresses.isEmpty)
  }

  @Test
  func `an address among those of a container is found, and its absence only in a whole list`()
    throws
  {
    func has(_ text: String) throws -> Bool? {
      GuestInterfaces.hasAddress(
        VRRPFixtures.virtual,
        in: try JSONReader.read(Array(text.utf8))
      )
    }
    let whole = #"[{"name":"eth0","inet":"192.168.30.100/24","ip-addresses":"#
    #expect(try has(whole + #"[{"ip-address":"192.168.30.100","prefix":24}]}]"#) == false)
    #expect(
      try has(whole + #"[{"ip-address":"192.168.30.200","prefix":32}]}]"#) == true
    )
    #expect(try has(#"[{"name":"eth0","inet":"192.168.30.200/32"}]"#) == true)
    #expect(try has(#"[{"name":"eth0","inet":"192.168.30.100/24"}]"#) == nil)
    #expect(try has("null") == nil)
    #expect(try has("{}") == nil)
  }
}
