// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Polling

/// The sockets of one virtual router: advertisements, plain and below IPsec's header, and the echo
/// of the floating address.
///
/// Used by one thread.
struct RouterEars {
  enum Sound {
    case advertisement(VRRPAdvertisement)
    case refused(VRRPFault)
    /// The floating address answered.
    case echo
  }

  private static let vrrpNumber: Int32 = 112
  private static let authenticationHeaderNumber: Int32 = 51

  private let settings: VRRPSettings
  private var advertisements: RawSocket?
  private var authenticated: RawSocket?
  private var echo: RawSocket?
  private let identifier = UInt16.random(in: 0 ... .max)
  private var sequence: UInt16 = 0
  private var nextEcho = Timestamp.distantPast

  init(_ settings: VRRPSettings) {
    self.settings = settings
  }

  /// Opens what is not open yet, and joins the group of routers again.
  ///
  /// - Returns: Why advertisements cannot be read, and why the address cannot be probed.
  mutating func open() -> (deafness: String?, probeFault: String?) {
    (openAdvertisements(), openEcho())
  }

  private mutating func openAdvertisements() -> String? {
    guard settings.witnesses.contains(.advertisements) else { return "off" }
    do throws(RawSocket.Failure) {
      let isIPv6 = settings.router.isIPv6
      let plain =
        if let advertisements { advertisements } else {
          try RawSocket(isIPv6: isIPv6, protocolNumber: Self.vrrpNumber)
        }
      advertisements = plain
      if !isIPv6, authenticated == nil {
        authenticated = try RawSocket(
          isIPv6: false,
          protocolNumber: Self.authenticationHeaderNumber
        )
      }
      // The members' interface may have another name here.
      let indices = Set([
        LocalRoute.interface(to: settings.address) ?? 0, if_nametoindex(settings.interface),
      ])
      let known = indices.subtracting([0])
      for index in known.isEmpty ? [0] : known {
        plain.joinRouters(onInterface: index)
        authenticated?.joinRouters(onInterface: index)
      }
      return nil
    } catch {
      return error.kind
    }
  }

  private mutating func openEcho() -> String? {
    guard settings.witnesses.contains(.probe) else { return "off" }
    guard echo == nil else { return nil }
    do throws(RawSocket.Failure) {
      let isIPv6 = !settings.address.isIPv4
      let socket = try RawSocket(
        isIPv6: isIPv6,
        protocolNumber: Int32(isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
      )
      try socket.connect(to: settings.address)
      echo = socket
      return nil
    } catch {
      return error.kind
    }
  }

  /// Asks the floating address when it is time to.
  ///
  /// - Returns: When it is to be asked next; nil when it cannot be.
  mutating func askAddress(at now: Timestamp, pace: Duration) -> Timestamp? {
    guard let echo else { return nil }
    if now >= nextEcho {
      sequence &+= 1
      echo.send(
        EchoPacket.request(
          identifier: identifier,
          sequence: sequence,
          isIPv6: !settings.address.isIPv4
        )
      )
      nextEcho = now + pace
    }
    return nextEcho
  }

  /// Returns when a packet has come, the bell rings, or the time is up.
  func wait(for span: Duration, _ bell: Bell) {
    let sockets = [advertisements, authenticated, echo].compactMap { $0?.descriptor }
    bell.wait(besides: sockets, atMost: span)
  }

  /// Takes the packets that have come.
  func read(atMost count: Int) -> [Sound] {
    var sounds: [Sound] = []
    for socket in [advertisements, authenticated].compactMap({ $0 }) {
      while sounds.count < count, let packet = socket.receive() {
        if let sound = sound(of: packet) { sounds.append(sound) }
      }
    }
    guard let echo else { return sounds }
    var isAnswered = false
    for _ in 0..<count {
      guard let packet = echo.receive() else { break }
      isAnswered =
        isAnswered
        || EchoPacket.isReply(packet.bytes, identifier: identifier, from: settings.address)
    }
    return isAnswered ? sounds + [.echo] : sounds
  }

  /// Traffic of IPsec that is no advertisement is none of ours.
  private func sound(of packet: RawSocket.Packet) -> Sound? {
    do throws(VRRPFault) {
      guard settings.router.isIPv6 else {
        return .advertisement(try VRRPReader.read(ipv4Packet: packet.bytes))
      }
      guard let source = packet.source, let destination = packet.destination else {
        return .refused(.truncated)
      }
      return .advertisement(
        try VRRPReader.read(
          payload: packet.bytes,
          source: source,
          destination: destination,
          hopLimit: packet.hopLimit
        )
      )
    } catch .notVRRP {
      return nil
    } catch {
      return .refused(error)
    }
  }
}
