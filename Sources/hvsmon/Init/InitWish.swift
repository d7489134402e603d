// SPDX-License-Identifier: MIT
import Configuration
import FoundationEssentials
import Glibc
import Net
import Survey

/// What the person who calls `hvsmon init` gives it.
struct InitWish {
  static let standardTokenID = "hvsmon@pve!monitor"
  static let standardSecretFile = "/etc/hvsmon/secrets/proxmox.token"
  static let secretVariable = "HVSMON_PROXMOX_TOKEN_SECRET"
  static let standardPorts = [80, 3_000, 8_080, 8_000, 5_000]
  static let rulesFile = "/etc/hvsmon/alerts.yml"
  /// More ports than this are asked of nobody.
  static let portsMax = 32
  private static let secretBytesMax = 4_096

  let proxmox: ProxmoxAddress
  let tokenID: String
  let secret: Secret
  let secretPlace: DraftWish.SecretPlace
  let trust: TLSTrust
  let output: String
  let isForced: Bool
  let ports: [Int]

  init(taking arguments: inout Arguments) throws(UsageError) {
    guard let url = try arguments.value("--proxmox") else {
      throw UsageError(
        description: "--proxmox is missing: a node of the cluster, such as https://pve1:8006"
      )
    }
    guard let proxmox = ProxmoxAddress(url) else {
      throw UsageError(description: "--proxmox is a node such as https://pve1:8006, not \(url)")
    }
    self.proxmox = proxmox
    tokenID = try arguments.value("--token-id") ?? Self.standardTokenID
    let secretFile = try arguments.value("--token-secret-file")
    trust = try Self.trust(&arguments)
    output = try arguments.value("--output") ?? "hvsmon.yml"
    isForced = arguments.flag("--force")
    ports = try Self.ports(&arguments)
    (secret, secretPlace) = try Self.secret(file: secretFile)
  }

  /// The rule file that a draft may name.
  var rules: String? {
    let beside = output == "-" ? nil : Self.absolute(output).flatMap(Self.folder)
    return [Self.rulesFile, beside.map { "\($0)/alerts.yml" }].compactMap(\.self)
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// What a draft says of the way to the cluster.
  var draft: DraftWish {
    let trust: DraftWish.Trust =
      switch trust {
      case .system: .system
      case .caFile(let path): .caFile(path)
      case .fingerprint: .fingerprints
      }
    return DraftWish(
      tokenID: tokenID,
      secret: secretPlace,
      trust: trust,
      host: proxmox.host,
      port: proxmox.port,
      httpPorts: ports,
      rulesFile: rules,
      knowsTimeZone: Self.knowsTimeZone
    )
  }

  /// Which certificate of a node is believed: beside the given one those that the node which has it
  /// told of its neighbours.
  func trust(of node: SurveyedNode) -> TLSTrust {
    guard case .fingerprint = trust, !node.isAnswering, let told = node.fingerprint else {
      return trust
    }
    return .fingerprint(sha256: told)
  }

  // MARK: Reading

  private static func trust(_ arguments: inout Arguments) throws(UsageError) -> TLSTrust {
    switch (try arguments.value("--ca-file"), try arguments.value("--fingerprint")) {
    case (nil, nil): return .system
    case (let file?, nil):
      guard FileManager.default.isReadableFile(atPath: file), let path = absolute(file) else {
        throw UsageError(description: "cannot read the CA file \(file)")
      }
      return .caFile(path: path)
    case (nil, let fingerprint?):
      let digits = fingerprint.filter { $0 != ":" }
      guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else {
        throw UsageError(
          description: "--fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits"
        )
      }
      return .fingerprint(sha256: fingerprint)
    case (_?, _?):
      throw UsageError(description: "--ca-file and --fingerprint exclude each other")
    }
  }

  private static func ports(_ arguments: inout Arguments) throws(UsageError) -> [Int] {
    guard let text = try arguments.value("--http-ports") else { return standardPorts }
    if text == "none" { return [] }
    var ports: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let port = Int(part), (1...65_535).contains(port), ports.count < portsMax else {
        throw UsageError(
          description:
            "--http-ports is none or up to \(portsMax) ports such as 80,3000, not \(text)"
        )
      }
      if !ports.contains(port) { ports.append(port) }
    }
    return ports
  }

  /// From a file, standard input or the environment: what stands in the arguments, every user of the
  /// machine can read.
  private static func secret(
    file: String?
  ) throws(UsageError) -> (Secret, DraftWish.SecretPlace) {
    if let text = getenv(secretVariable).map({ String(cString: $0) }), file == nil {
      return (try checked(text, "the variable \(secretVariable)"), .variable(secretVariable))
    }
    if file == "-" {
      var text = ""
      while text.utf8.count <= secretBytesMax, let line = readLine() { text += line }
      return (try checked(text, "standard input"), .file(standardSecretFile))
    }
    let path = file ?? standardSecretFile
    guard let data = FileManager.default.contents(atPath: path) else {
      let hint =
        file == nil
        ? "give --token-secret-file FILE, - for standard input, or \(secretVariable); "
          + "deploy/proxmox-identity.sh makes the token" : "is the path right, and the file yours?"
      throw UsageError(description: "cannot read the token's secret in \(path): \(hint)")
    }
    let text = String(decoding: data.prefix(secretBytesMax), as: UTF8.self)
    return (try checked(text, path), .file(absolute(path) ?? path))
  }

  private static func checked(_ text: String, _ place: String) throws(UsageError) -> Secret {
    let secret = text.reversed().drop { $0.isWhitespace }.reversed()
    guard !secret.isEmpty, secret.allSatisfy({ $0.isASCII && !$0.isWhitespace }) else {
      throw UsageError(description: "\(place) does not hold a token's secret in one line")
    }
    return Secret(String(secret))
  }

  private static func absolute(_ path: String) -> String? {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }

  private static func folder(_ path: String) -> String? {
    path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  private static func knowsTimeZone(_ name: String) -> Bool {
    let isPlain = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "/_+-".utf8.contains(byte)
    }
    if name == "UTC" { return true }
    return isPlain && !name.isEmpty && !name.hasPrefix("/") && name.utf8.count <= 64
      && FileManager.default.isReadableFile(atPath: "/usr/share/zoneinfo/\(name)")
  }
}
