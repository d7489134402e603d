// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// A refusal in Prometheus' words.
struct APIFailure: Error, Equatable {
  /// What Prometheus calls a kind of failure.
  enum Kind: String {
    case badData = "bad_data"
    case execution
    case timeout
    case `internal`
    case unavailable
    case notFound = "not_found"
  }

  let kind: Kind
  let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// A parameter is not what it has to be.
  static func invalid(_ name: String, _ reason: String) -> APIFailure {
    APIFailure(.badData, "invalid parameter \"\(name)\": \(reason)")
  }

  /// The stored samples could not be asked.
  init(_ error: StoreError) {
    switch error {
    case .invalidPattern(_, let reason): self.init(.badData, reason)
    default: self.init(.internal, "stored samples cannot be read: \(error)")
    }
  }

  var status: Int {
    switch kind {
    case .badData: 400
    case .notFound: 404
    case .execution: 422
    case .internal: 500
    case .timeout, .unavailable: 503
    }
  }

  /// The refusal within the envelope.
  var response: ServerResponse {
    .json(APIEnvelope.failure(kind.rawValue, message), status: status)
  }
}
