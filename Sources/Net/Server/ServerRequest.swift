// SPDX-License-Identifier: MIT

/// One request as a handler sees it: complete, within the limits, and allowed for its sender.
package struct ServerRequest: Sendable {
  /// One `name=value` of a query or a form.
  package struct Parameter: Sendable, Equatable {
    /// The decoded name.
    package let name: String
    /// The decoded value; empty when there was none.
    package let value: String

    /// Names a value.
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The method in capital letters; a HEAD request for a GET route arrives as GET.
  package let method: String
  /// The path, percent-decoded; begins with a slash.
  package let path: String
  /// The parameters of the URL, in order, repeated names kept.
  package let query: [Parameter]
  /// The header fields.
  package let headers: HTTPHeaders
  /// The body; empty when there was none.
  package let body: [UInt8]
  /// The peer's numeric address without the port.
  package let remoteAddress: String
  /// The name of the token that was shown; nil when none was needed.
  package let tokenName: String?
  /// What the sender may do; nil on a route open to anyone, unless a good token came along.
  package let role: AccessRole?
  /// It came by TLS.
  package let isSecure: Bool

  /// Describes a request; tests of handlers need no server.
  package init(
    method: String = "GET",
    path: String,
    query: [Parameter] = [],
    headers: HTTPHeaders = [:],
    body: [UInt8] = [],
    remoteAddress: String = "127.0.0.1",
    tokenName: String? = nil,
    role: AccessRole? = .operate,
    isSecure: Bool = false
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.tokenName = tokenName
    self.role = role
    self.isSecure = isSecure
  }

  /// The parameters of the URL and then, if the body is `application/x-www-form-urlencoded`, its.
  package var form: [Parameter] {
    let more = bodyForm
    return more.isEmpty ? query : query + more
  }

  /// The parameters of a body that is `application/x-www-form-urlencoded`.
  package var bodyForm: [Parameter] {
    guard let type = headers["Content-Type"],
      HTTPHeaders.isSameName(
        type.prefix { $0 != ";" && $0 != " " }.description,
        "application/x-www-form-urlencoded"
      )
    else { return [] }
    return URLText.parameters(body)
  }
}

extension [ServerRequest.Parameter] {
  /// The value of the first parameter of that name.
  package subscript(name: String) -> String? { first { $0.name == name }?.value }

  /// The values of every parameter of that name, in order.
  package func all(_ name: String) -> [String] { filter { $0.name == name }.map(\.value) }
}
