// SPDX-License-Identifier: MIT

/// Which server of an upstream nginx's `ip_hash` gives a client to.
///
/// The key is the first three octets of an IPv4 address, and all of an IPv6 address: a whole /24 goes
/// to one server. Source: nginx, `ngx_http_upstream_ip_hash_module.c`.
struct NginxIPHash: Equatable, Sendable {
  private static let seed = 89
  private static let factor = 113
  private static let modulus = 6_271
  /// So often the hash goes on from a server that is left out; then nginx takes turns.
  private static let triesMax = 20

  private let servers: [NginxConfiguration.Server]
  private let weight: Int

  /// Nil for an upstream that is balanced in another way, or whose servers are not told by addresses.
  init?(_ upstream: NginxConfiguration.Upstream) {
    guard upstream.balancing == "ip_hash", !upstream.servers.isEmpty,
      upstream.servers.allSatisfy({ $0.socketAddress != nil && $0.weight > 0 })
    else { return nil }
    servers = upstream.servers
    weight = servers.map(\.weight).reduce(0, +)
  }

  /// Address and port of the server that gets a client while every server works.
  ///
  /// A server marked `down` keeps its place, and its clients are hashed on to others.
  ///
  /// - Parameter client: The address that nginx sees.
  /// - Returns: The server; nil when it is left to nginx' turns.
  func server(of client: InternetAddress) -> String? {
    let key = client.isIPv4 ? client.bytes.prefix(3) : client.bytes[...]
    var hash = Self.seed
    for _ in 0..<Self.triesMax {
      for octet in key { hash = (hash * Self.factor + Int(octet)) % Self.modulus }
      var place = hash % weight
      for server in servers {
        guard place >= server.weight else {
          if server.isDown { break }
          return server.socketAddress
        }
        place -= server.weight
      }
    }
    return nil
  }

  /// The share of networks whose clients the other upstream gives to another server, from 0 to 1.
  func movedRatio(to other: NginxIPHash) -> Double {
    guard self != other else { return 0 }
    let count = 1_024
    let moved = (0..<count).count { number in
      let octets = [UInt8(1 + number * 7 % 223), UInt8(number * 13 % 256), UInt8(number % 256), 1]
      guard let client = InternetAddress(bytes: octets) else { return false }
      return server(of: client) != other.server(of: client)
    }
    return Double(moved) / Double(count)
  }
}

extension NginxConfiguration.Server {
  /// The address and the port as `$upstream_addr` shows them; nil for a name, which only the load
  /// balancer's own resolver can tell.
  var socketAddress: String? {
    if InternetAddress(address) != nil {
      return address.contains(":") ? nil : "\(address):80"
    }
    guard let colon = address.lastIndex(of: ":"),
      UInt16(address[address.index(after: colon)...]) != nil
    else {
      return Self.isBracketed(address[...]) ? "\(address):80" : nil
    }
    let host = address[..<colon]
    return InternetAddress(host) != nil || Self.isBracketed(host) ? address : nil
  }

  private static func isBracketed(_ host: Substring) -> Bool {
    host.hasPrefix("[") && host.hasSuffix("]")
      && InternetAddress(host.dropFirst().dropLast())?.isIPv4 == false
  }
}
