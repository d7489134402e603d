// SPDX-License-Identifier: MIT

/// What a handler answers.
package struct ServerResponse: Sendable {
  /// The status code, 200 to 599.
  package var status: Int
  /// The header fields beside those that the server sets: Content-Length, Content-Encoding, Date,
  /// Connection.
  package var headers: HTTPHeaders
  /// The body before compression.
  package var body: [UInt8]
  /// Pieces that are sent as they come, instead of `body`; the reply ends with the stream.
  ///
  /// The stream is dropped when the peer goes away, which is noticed when a piece is sent to it,
  /// when the server stops, and when more than 1 MiB waits for a slow peer.
  package var pieces: AsyncStream<[UInt8]>?

  /// Makes a reply of its parts.
  package init(status: Int = 200, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A reply of plain text in UTF-8.
  package static func text(_ text: String, status: Int = 200) -> ServerResponse {
    ServerResponse(
      status: status,
      headers: ["Content-Type": "text/plain; charset=utf-8"],
      body: Array(text.utf8)
    )
  }

  /// A reply whose body is JSON already.
  package static func json(_ bytes: [UInt8], status: Int = 200) -> ServerResponse {
    ServerResponse(status: status, headers: ["Content-Type": "application/json"], body: bytes)
  }

  /// A reply whose body is sent piece by piece, such as server-sent events.
  package static func stream(_ pieces: AsyncStream<[UInt8]>, type: String) -> ServerResponse {
    var response = ServerResponse(headers: ["Content-Type": type])
    response.pieces = pieces
    return response
  }

  /// A reply of any content type.
  package static func data(
    _ bytes: [UInt8],
    type: String,
    status: Int = 200
  ) -> ServerResponse {
    ServerResponse(status: status, headers: ["Content-Type": type], body: bytes)
  }
}
