// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Collectors

@Suite(.enabled(if: VRRPFixtures.folder != nil)) struct VRRPReaderTests {
  private static let recordings = [
    "partition-side-lb100", "partition-side-rest", "split-brain-auth", "v2-auth-ah",
    "v2-auth-pass", "v2-noauth", "v2-priority-drop", "v2-unicast", "v3-ipv4-ipv6",
  ]

  @Test(arguments: recordings)
  func `every recorded advertisement is read`(name: String) throws {
    let packets = try VRRPFixtures.packets(name).filter(\.isVRRP)
    #expect(!packets.isEmpty)
    for packet in packets {
      let advertisement = try packet.advertisement()
      #expect(advertisement.router.id == (packet.isIPv6 ? 52 : 51))
      #expect(advertisement.addresses.count == (packet.isIPv6 ? 2 : 1))
      #expect(!packet.isIPv6 ? advertisement.addresses == [VRRPFixtures.virtual] : true)
    }
  }

  @Test func `the fields of version 2 are those that were recorded`() throws {
    let first = try VRRPFixtures.packets("v2-noauth").first { $0.isVRRP }
    let advertisement = try #require(try first?.advertisement())
    #expect(advertisement.version == .two)
    #expect(advertisement.priority == 101)
    #expect(advertisement.interval == .seconds(1))
    #expect(advertisement.authentication == .none)
    #expect(advertisement.source == VRRPFixtures.lb100)
    #expect(advertisement.masterDownInterval.wholeMilliseconds == 3_605)
  }

  @Test func `version 3 has hundredths of a second and both families`() throws {
    let packets = try VRRPFixtures.packets("v3-ipv4-ipv6").filter(\.isVRRP)
    let four = try #require(try packets.first { !$0.isIPv6 }?.advertisement())
    let six = try #require(try packets.first { $0.isIPv6 }?.advertisement())
    #expect(four.version == .three && six.version == .three)
    #expect(four.interval == .milliseconds(500) && six.interval == .milliseconds(500))
    #expect(six.source.description == "fe80::7c1a:a9ff:fe3d:8c2c")
    #expect(six.addresses.map(\.description) == ["fe80::200", "fd00:30::200"])
    #expect(four.masterDownInterval.wholeMilliseconds == 1_802)
    #expect(try packets.contains { try $0.advertisement().isResignation })
  }

  @Test func `authentication is named and its password is nowhere`() throws {
    let word = try #require(VRRPFixtures.packets("v2-auth-pass").first { $0.isVRRP })
    let advertisement = try word.advertisement()
    #expect(advertisement.authentication == .password)
    #expect(word.network.suffix(8).elementsEqual("hv-lab-1".utf8))
    var shown = ""
    dump(advertisement, to: &shown)
    #expect(!shown.contains("hv-lab"))
    #expect(!shown.contains("104"))
    let header = try VRRPFixtures.advertisements("v2-auth-ah")
    #expect(header.count == 3)
    #expect(header.allSatisfy { $0.advertisement.authentication == .header })
    #expect(header.allSatisfy { $0.advertisement.priority == 101 })
  }

  @Test func `version 3 over IPv4 is accepted with and without the pseudo-header`() throws {
    let packet = try #require(
      VRRPFixtures.packets("v3-ipv4-ipv6").first { $0.isVRRP && !$0.isIPv6 }
    )
    var bytes = packet.network
    // The checksum without the pseudo-header: of 3133 6501 0032 c0a8 1ec8.
    var sum = 0x3133 + 0x6501 + 0x0032 + 0xc0a8 + 0x1ec8
    sum = (sum & 0xffff) + sum >> 16
    sum = ~((sum & 0xffff) + sum >> 16) & 0xffff
    bytes[26] = UInt8(sum >> 8)
    bytes[27] = UInt8(sum & 0xff)
    #expect(try VRRPReader.read(ipv4Packet: bytes).priority == 101)
    bytes[27] ^= 1
    #expect(throws: VRRPFault.checksum) { _ = try VRRPReader.read(ipv4Packet: bytes) }
  }

  @Test func `each thing that must not be so has its own fault`() throws {
    let good = try #require(VRRPFixtures.packets("v2-noauth").first { $0.isVRRP }).network
    func fault(_ change: (inout [UInt8]) -> Void) -> VRRPFault? {
      var bytes = good
      change(&bytes)
      do throws(VRRPFault) {
        _ = try VRRPReader.read(ipv4Packet: bytes)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault { _ in } == nil)
    #expect(fault { $0 += [0, 0, 0, 0, 0, 0] } == nil, "padding of the network below")
    #expect(fault { $0[8] = 254 } == .hopLimit(254))
    #expect(fault { $0[9] = 17 } == .notVRRP)
    #expect(fault { $0[0] = 0x65 } == .notVRRP)
    #expect(fault { $0[6] = 0x20 } == .notVRRP, "a fragment")
    #expect(fault { $0[7] = 0x01 } == .notVRRP, "a later fragment")
    #expect(fault { $0[20] = 0x41 } == .version(4))
    #expect(fault { $0[20] = 0x22 } == .type(2))
    #expect(fault { $0[21] = 0 } == .router)
    #expect(fault { $0[23] = 2 } == .length(20, expected: 24))
    #expect(fault { $0[24] = 3 } == .authentication(3))
    #expect(fault { $0[22] = 200 } == .checksum)
    #expect(fault { $0[39] = 1 } == .checksum, "the authentication data is summed as well")
    #expect(fault { $0.removeLast() } == .truncated)
    #expect(fault { $0 = [] } == .truncated)
    let six: InternetAddress = "fe80::1"
    #expect(throws: VRRPFault.version(2)) {
      _ = try VRRPReader.read(
        payload: Array(good[20..<40]),
        source: six,
        destination: six,
        hopLimit: 255
      )
    }
  }

  @Test func `changed and cut packets never trap and are hardly ever believed`() async throws {
    let good = try Self.recordings.flatMap { try VRRPFixtures.packets($0) }.filter(\.isVRRP)
    let packets = good.map { $0.isIPv6 ? Array($0.network.dropFirst(40)) : $0.network }
    var believed = 0
    var met = 0
    await Mutation.run(packets, seed: 0x5eed) { bytes, place in
      met += 1
      let packet = good[place]
      do throws(VRRPFault) {
        let read: VRRPAdvertisement
        if packet.isIPv6 {
          read = try VRRPReader.read(
            payload: bytes,
            source: .of(packet.network[8..<24]),
            destination: .of(packet.network[24..<40]),
            hopLimit: 255
          )
        } else {
          read = try VRRPReader.read(ipv4Packet: bytes)
        }
        believed += 1
        #expect(read.router.id != 0)
      } catch {
        #expect(!error.kind.isEmpty)
      }
    }
    // A change of the IP header's unused fields, or one that happened to change nothing.
    #expect(believed < met / 4)
  }
}
