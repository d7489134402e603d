// SPDX-License-Identifier: MIT

/// The part of a connection string behind the question mark.
///
/// Source: `source/uri-options/uri-options.md` of mongodb/specifications.
package struct ConnectionOptions: Equatable, Sendable {
  /// A value, read as what the option is.
  package enum Value: Equatable, Sendable {
    /// A whole number.
    case number(Int)
    /// `true` or `false`.
    case bool(Bool)
    /// Any text.
    case text(String)
    /// Names with values.
    case properties([String: String])
  }

  private enum Kind {
    case number
    case bool
    case text
    case properties
    /// A number or a text.
    case writeConcern
  }

  private static let kinds: [String: Kind] = {
    var kinds: [String: Kind] = ["w": .writeConcern, "authmechanismproperties": .properties]
    let numbers =
      "connecttimeoutms heartbeatfrequencyms localthresholdms maxconnecting maxidletimems maxpoolsize "
      + "maxstalenessseconds minpoolsize serverselectiontimeoutms sockettimeoutms srvmaxhosts "
      + "timeoutms waitqueuetimeoutms wtimeoutms zlibcompressionlevel"
    let bools =
      "directconnection journal loadbalanced retryreads retrywrites serverselectiontryonce ssl tls "
      + "tlsallowinvalidcertificates tlsallowinvalidhostnames tlsdisablecertificaterevocationcheck "
      + "tlsdisableocspendpointcheck tlsinsecure"
    let texts =
      "appname authmechanism authsource compressors proxyhost proxyusername readconcernlevel "
      + "readpreference readpreferencetags replicaset servermonitoringmode srvservicename tlscafile "
      + "tlscertificatekeyfile tlscertificatekeyfilepassword"
    for name in numbers.split(separator: " ") { kinds[String(name)] = .number }
    for name in bools.split(separator: " ") { kinds[String(name)] = .bool }
    for name in texts.split(separator: " ") { kinds[String(name)] = .text }
    return kinds
  }()

  /// By name in lower case.
  package private(set) var values: [String: Value] = [:]
  /// One sentence each; no value is repeated in them.
  package private(set) var warnings: [String] = []

  /// Reads what stands behind the question mark.
  init(_ text: Substring) throws(ConnectionStringError) {
    for pair in text.split(separator: "&") {
      guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex,
        let key = PercentText.decoded(pair[..<equals]),
        let value = PercentText.decoded(pair[pair.index(after: equals)...])
      else { throw .malformedOption }
      try take(key, value)
    }
    if case .bool(let tls)? = values["tls"], case .bool(let ssl)? = values["ssl"], tls != ssl {
      throw .contradictingOptions("tls and ssl")
    }
    if values["tlsinsecure"] != nil, values["tlsallowinvalidcertificates"] != nil {
      throw .contradictingOptions("tlsInsecure and tlsAllowInvalidCertificates")
    }
  }

  /// The text of an option.
  package func text(_ name: String) -> String? {
    if case .text(let text)? = values[name.lowercased()] { text } else { nil }
  }

  private mutating func take(_ key: String, _ value: String) throws(ConnectionStringError) {
    let name = key.lowercased()
    guard let kind = Self.kinds[name] else {
      // The name may be a part of a password that was not escaped.
      warnings.append("an option that is not known is left out")
      return
    }
    if name == "authsource", value.isEmpty {
      throw .impossibleLogin(reason: "authSource is empty")
    }
    guard let read = Self.value(value, kind) else {
      warnings.append("\(name) has a value that it cannot have and is left out")
      return
    }
    if name == "readpreferencetags" {
      values[name] = values[name] ?? read
      return
    }
    if values[name] != nil { warnings.append("\(name) stands there twice") }
    values[name] = read
  }

  private static func value(_ text: String, _ kind: Kind) -> Value? {
    if text.isEmpty { return nil }
    switch kind {
    case .number: return Int(text).map(Value.number)
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .text: return .text(text)
    case .writeConcern: return Int(text).map(Value.number) ?? .text(text)
    case .properties:
      var properties: [String: String] = [:]
      for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let colon = pair.firstIndex(of: ":"), colon > pair.startIndex else { return nil }
        properties[String(pair[..<colon])] = String(pair[pair.index(after: colon)...])
      }
      return .properties(properties)
    }
  }
}

extension ConnectionString {
  /// Who to log in as; nil when the string says nothing about a login.
  ///
  /// - Throws: ``ConnectionStringError/impossibleLogin(reason:)`` for what cannot be, and
  ///   ``ConnectionStringError/unsupportedMechanism``.
  package func credential() throws(ConnectionStringError) -> MongoCredential? {
    let source = options.text("authSource")
    guard let name = options.text("authMechanism") else {
      guard let username else { return nil }
      return MongoCredential(
        username: username,
        password: password ?? "",
        source: source ?? database ?? "admin"
      )
    }
    guard let mechanism = MongoCredential.Mechanism(rawValue: name) else {
      throw .unsupportedMechanism
    }
    guard mechanism == .x509 else {
      guard let username else { throw .impossibleLogin(reason: "\(name) needs a user") }
      return MongoCredential(
        username: username,
        password: password ?? "",
        source: source ?? database ?? "admin",
        mechanism: mechanism
      )
    }
    guard password == nil else {
      throw .impossibleLogin(reason: "\(name) takes no password")
    }
    guard source ?? "$external" == "$external" else {
      throw .impossibleLogin(reason: "\(name) has the source $external")
    }
    return MongoCredential(
      username: username ?? "",
      password: "",
      source: "$external",
      mechanism: mechanism
    )
  }
}
