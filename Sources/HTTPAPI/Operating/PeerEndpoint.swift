// SPDX-License-Identifier: MIT
import Net

/// What became of a message of another instance.
package enum PeerAnswer: Sendable {
  /// It was taken; this is said in return.
  case answered([UInt8])
  /// It was not, with this status and sentence, and nothing has changed.
  case refused(Int, String)
}

/// `/api/hvsmon/v1/peer/exchange`: other instances on the same cluster, who show a token that opens
/// nothing else.
package enum PeerEndpoint {
  /// Where messages are sent to.
  package static let path = "/api/hvsmon/v1/peer/exchange"
  /// Bytes of a message.
  package static let bytesMax = 1 << 20

  static func route(over ports: APIPorts) -> HTTPRoute {
    // The server's own tokens are not asked for: whoever holds one is no instance.
    HTTPRoute(["POST"], .exact(path), role: nil, maxBodyBytes: bytesMax) { request in
      switch await ports.peers(request.body, request.headers["Authorization"]) {
      case .answered(let bytes): return .json(bytes)
      case .refused(let status, let reason): return .text("\(reason)\n", status: status)
      }
    }
  }
}
