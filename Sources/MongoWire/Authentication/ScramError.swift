// SPDX-License-Identifier: MIT

/// Why a SCRAM conversation failed on this side; nothing in it comes from the password.
package enum ScramError: Error, Equatable, Sendable {
  /// The server's message does not have the form of RFC 5802, section 7.
  case malformedMessage(reason: String)
  /// The server's nonce does not begin with this side's, or adds nothing to it.
  case foreignNonce
  /// The server asks for fewer rounds than are safe, or for more than are sane.
  case iterationCount(Int, allowed: ClosedRange<Int>)
  /// The server demands an extension.
  case mandatoryExtension
  /// The server reports an error in its last message.
  case serverError(String)
  /// The server did not prove to know the password; it may be another one.
  case serverNotProven
  /// The password cannot be prepared.
  case unusablePassword(PreparationError)
  /// libcrypto refuses MD5, without which MongoDB's SCRAM-SHA-1 cannot be.
  case digestUnavailable
}

extension ScramError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformedMessage(let reason): "the server's login message is broken: \(reason)"
    case .foreignNonce: "the server's login message belongs to another conversation"
    case .iterationCount(let count, let allowed):
      "the server asks for \(count) rounds of its password hash, where \(allowed.lowerBound) to "
        + "\(allowed.upperBound) are allowed"
    case .mandatoryExtension: "the server demands an extension of SCRAM that nobody knows here"
    case .serverError(let word): "the server reports \(word)"
    case .serverNotProven: "the server did not prove to know the password"
    case .unusablePassword(let error): "the password cannot be used: \(error)"
    case .digestUnavailable: "SCRAM-SHA-1 needs MD5, which libcrypto refuses here"
    }
  }
}
