// SPDX-License-Identifier: MIT
import Configuration
package import Net
package import Polling

/// Why Proxmox gave no answer to one question.
package enum ProxmoxError: Error, Equatable, Sendable {
  /// The token is wrong, expired or disabled (401); the same at every node.
  case unauthorized
  /// The token lacks a privilege (403); `reason` is Proxmox' sentence, empty if it gave none.
  case forbidden(reason: String)
  /// This release does not know the question (501).
  case unsupported
  /// The node asked about could not be reached by the one that answered (595 to 599).
  case nodeUnreachable(status: Int)
  /// Any other status; `reason` is Proxmox' sentence, empty if it gave none.
  case refused(status: Int, reason: String)
  /// No node answered at all: what the last one did.
  case transport(HTTPClientError)
  /// The reply is not what Proxmox answers; `path` says where.
  case malformed(path: String, reason: String)

  /// One short word for a label.
  package var kind: String {
    switch self {
    case .unauthorized: "unauthorized"
    case .forbidden: "forbidden"
    case .unsupported: "unsupported"
    case .nodeUnreachable: "node_unreachable"
    case .refused: "status"
    case .transport(let error): error.kind
    case .malformed: "malformed"
    }
  }

  /// What it means for a whole poll.
  package var collectionError: CollectionError {
    switch self {
    case .unauthorized, .forbidden, .nodeUnreachable:
      .unreachable(kind: kind, reason: description)
    case .unsupported: .unexpectedStatus(501)
    case .refused(let status, _): .unexpectedStatus(status)
    case .transport(let error): CollectionError(error)
    case .malformed(let path, let reason): .malformedReply(path: path, reason: reason)
    }
  }

  /// Another node may answer although this one did not.
  var isWorthAnotherNode: Bool {
    switch self {
    case .transport(.cancelled), .transport(.clientClosed), .unauthorized, .forbidden,
      .unsupported:
      false
    case .refused(let status, _): status >= 500
    case .nodeUnreachable, .transport, .malformed: true
    }
  }
}

extension ProxmoxError: CustomStringConvertible {
  /// One sentence without a full stop.
  package var description: String {
    switch self {
    case .unauthorized:
      "Proxmox refused the API token: it is wrong, expired or disabled (status 401)"
    case .forbidden(let reason):
      "the API token lacks a privilege (status 403)" + (reason.isEmpty ? "" : ": \(reason)")
    case .unsupported: "this release of Proxmox does not know the question (status 501)"
    case .nodeUnreachable(let status):
      "the node could not be reached by the one that answered (status \(status))"
    case .refused(let status, let reason):
      "Proxmox answered with status \(status)" + (reason.isEmpty ? "" : ": \(reason)")
    case .transport(let error): error.description
    case .malformed(let path, let reason): "\(path): \(reason)"
    }
  }
}
