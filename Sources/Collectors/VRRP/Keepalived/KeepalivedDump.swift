// SPDX-License-Identifier: MIT

/// What only keepalived's text dump (`keepalived.data`) tells: reasons.
///
/// Its authors call the format unstable, so each line counts for itself and none is required. The
/// line with the password is not read, whether or not the host took it out.
struct KeepalivedDump: Equatable, Sendable {
  struct Instance: Equatable, Sendable {
    let name: String
    var state: KeepalivedReport.State?
    var routerID: UInt8?
    /// Whom a backup follows.
    var masterRouter: InternetAddress?
    var masterPriority: Int64?
    var effectivePriority: Int64?
    /// Interfaces and check scripts that keep it in fault.
    var faultCount: Int64?
    /// Advertisements go to single hosts: nobody else can hear them.
    var usesUnicast = false
    /// Advertisements travel in IPsec's header: a socket of VRRP's protocol hears none.
    var usesAuthenticationHeader = false
  }

  /// A check script.
  struct Script: Equatable, Sendable {
    let name: String
    /// Nil before its first run.
    var isGood: Bool?
    /// What it adds to the priority; 0 puts the instance into fault instead.
    var weight: Int64?
  }

  private(set) var instances: [Instance] = []
  private(set) var scripts: [Script] = []

  /// Instances and scripts that are read.
  static let countMax = 256

  private enum Part {
    case other
    case instance
    case script
  }

  /// Reads the dump.
  ///
  /// - Parameter text: The whole text.
  /// - Throws: ``HostReplyFault`` when it has none of the dump's headings.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var part = Part.other
    var hasHeading = false
    for bytes in text.split(separator: 0x0a) {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.hasPrefix("------<") {
        hasHeading = true
        part = .other
        continue
      }
      let (key, value) = Self.entry(line)
      switch (key, value) {
      case ("VRRP Instance", let name?) where instances.count < Self.countMax:
        instances.append(Instance(name: name))
        part = .instance
      case ("VRRP Script", let name?) where scripts.count < Self.countMax:
        scripts.append(Script(name: name))
        part = .script
      case ("VRRP Instance", _), ("VRRP Script", _): part = .other
      default:
        switch part {
        case .instance: instances[instances.count - 1].take(key, value)
        case .script: scripts[scripts.count - 1].take(key, value)
        case .other: break
        }
      }
    }
    guard hasHeading else { throw .shape(expected: "keepalived's dump") }
  }

  /// The two sides of ` = `, without the blanks around them.
  private static func entry(_ line: String) -> (key: Substring, value: String?) {
    let trimmed = line.drop { $0 == " " }
    guard let equals = trimmed.firstIndex(of: "="), trimmed[..<equals].hasSuffix(" ") else {
      return (trimmed, nil)
    }
    return (
      trimmed[..<equals].dropLast(), String(trimmed[equals...].dropFirst().drop { $0 == " " })
    )
  }
}

extension KeepalivedDump.Instance {
  fileprivate mutating func take(_ key: Substring, _ value: String?) {
    switch key {
    case "State": state = value.flatMap(Self.state)
    case "Virtual Router ID": routerID = value.flatMap { UInt8($0) }
    case "Master router": masterRouter = value.flatMap { InternetAddress($0) }
    case "Master priority": masterPriority = value.flatMap { Int64($0) }
    case "Effective priority": effectivePriority = value.flatMap { Int64($0) }
    case "Number of interface and track script faults": faultCount = value.flatMap { Int64($0) }
    case "Using unicast": usesUnicast = true
    case "Authentication type": usesAuthenticationHeader = value == "IPSEC_AH"
    default: break
    }
  }

  private static func state(_ word: String) -> KeepalivedReport.State? {
    switch word {
    case "INIT": .initialize
    case "BACKUP": .backup
    case "MASTER": .master
    case "FAULT": .fault
    case "STOP": .stopped
    default: nil
    }
  }
}

extension KeepalivedDump.Script {
  fileprivate mutating func take(_ key: Substring, _ value: String?) {
    switch (key, value) {
    case ("Status", "GOOD"): isGood = true
    case ("Status", "BAD"): isGood = false
    case ("Weight", let number?): weight = Int64(number)
    default: break
    }
  }
}
