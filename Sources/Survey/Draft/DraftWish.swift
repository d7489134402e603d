// SPDX-License-Identifier: MIT

/// What a draft says of the way to the cluster, which the person who wants it knows.
package struct DraftWish: Sendable {
  /// Where the token's secret is; never the secret itself.
  package enum SecretPlace: Sendable {
    case file(String)
    case variable(String)
  }

  /// Which certificates are believed.
  package enum Trust: Sendable {
    /// Those of the machine's own authorities.
    case system
    /// Those of an authority's file.
    case caFile(String)
    /// One for each node: that of the node that answered was given, the others were told by it.
    case fingerprints
  }

  /// `user@realm!token`.
  package var tokenID: String
  /// Where its secret is.
  package var secret: SecretPlace
  /// Which certificates are believed.
  package var trust: Trust
  /// The host of the URL that was asked.
  package var host: String
  /// Its port.
  package var port: Int
  /// The ports that were asked for HTTP; none: nothing was asked.
  package var httpPorts: [Int]
  /// The rule file of this machine; nil when there is none.
  package var rulesFile: String?
  /// Whether this machine knows a time zone.
  package var knowsTimeZone: @Sendable (String) -> Bool

  /// Names everything.
  package init(
    tokenID: String,
    secret: SecretPlace,
    trust: Trust,
    host: String,
    port: Int,
    httpPorts: [Int],
    rulesFile: String?,
    knowsTimeZone: @escaping @Sendable (String) -> Bool
  ) {
    self.tokenID = tokenID
    self.secret = secret
    self.trust = trust
    self.host = host
    self.port = port
    self.httpPorts = httpPorts
    self.rulesFile = rulesFile
    self.knowsTimeZone = knowsTimeZone
  }
}
