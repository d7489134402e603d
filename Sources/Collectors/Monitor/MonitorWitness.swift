// SPDX-License-Identifier: MIT
import Configuration
import Net

/// A place outside the cluster whose sign of life shows that hvsmon is not cut off.
struct MonitorWitness: Equatable, Sendable {
  /// A gateway names no port: one of these is answered by nearly every router, by a refusal at least.
  private static let gatewayPorts: [UInt16] = [443, 80, 53, 22]
  /// The most witnesses.
  private static let witnessesMax = 8

  /// What series call it.
  let name: String
  /// Any one of them suffices.
  let endpoints: [StreamEndpoint]

  /// Reads `gateway` and `witnesses`; what is wrong is reported to the section.
  static func list(_ section: SettingsSection) -> [MonitorWitness] {
    var witnesses: [MonitorWitness] = []
    if let text = section.text("gateway") {
      if let gateway = MonitorWitness(gateway: text) {
        witnesses.append(gateway)
      } else {
        section.report("gateway", "must be an address, or tcp://ADDRESS:PORT, not \"\(text)\"")
      }
    }
    let texts = section.texts("witnesses")
    if texts.count > witnessesMax {
      section.report("witnesses", "must have at most \(witnessesMax) items")
    }
    for (text, mark) in texts {
      guard let witness = MonitorWitness(url: text) else {
        section.report("witnesses", at: mark, "must be tcp://ADDRESS:PORT, not \"\(text)\"")
        continue
      }
      guard !witnesses.contains(where: { $0.name == witness.name }) else {
        section.report("witnesses", at: mark, "\(text) stands here twice")
        continue
      }
      witnesses.append(witness)
    }
    if witnesses.isEmpty, !section.has("gateway"), texts.isEmpty {
      section.report("gateway", "is required here, or witnesses: what shows that hvsmon is online")
    }
    return witnesses
  }

  /// A gateway by its address alone, or with the port that it answers at.
  private init?(gateway text: String) {
    if let witness = MonitorWitness(url: text) {
      self = witness
      return
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
      !text.contains(where: { "/?#@[]%\\".contains($0) })
    else { return nil }
    name = text
    endpoints = Self.gatewayPorts.map { StreamEndpoint(host: text, port: $0) }
  }

  private init?(url text: String) {
    guard text.hasPrefix("tcp://") else { return nil }
    let rest = text.dropFirst("tcp://".count)
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[colon...].dropFirst()),
      port > 0
    else { return nil }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
      !host.contains(where: { "/?#@[]%\\".contains($0) })
    else { return nil }
    name = text
    endpoints = [StreamEndpoint(host: String(host), port: port)]
  }
}
