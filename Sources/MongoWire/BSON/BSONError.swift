// SPDX-License-Identifier: MIT

/// Why bytes are not a BSON document; `at` counts from the first byte of the document.
package enum BSONError: Error, Equatable, Sendable {
  /// Fewer bytes than the value at `at` needs.
  case truncated(at: Int)
  /// A length is too small, negative, or leads past the end of what it lies in.
  case lengthOutOfRange(length: Int, at: Int)
  /// A string or document does not end with a zero byte where its length says.
  case missingTerminator(at: Int)
  /// Bytes follow the end of the document.
  case trailingBytes(at: Int)
  /// No such type; what follows cannot be read, as its length is unknown.
  case unknownType(UInt8, at: Int)
  /// A bool is neither 0 nor 1.
  case invalidBool(UInt8, at: Int)
  /// A key or string is not UTF-8.
  case invalidText(at: Int)
  /// Documents are nested deeper than the limit.
  case tooDeep(limit: Int)
  /// There are more elements than the limit.
  case tooManyElements(limit: Int)
}

extension BSONError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let at): "the document ends within the value at byte \(at)"
    case .lengthOutOfRange(let length, let at): "the length \(length) at byte \(at) cannot be"
    case .missingTerminator(let at): "no zero byte at byte \(at)"
    case .trailingBytes(let at): "bytes follow the end of the document at byte \(at)"
    case .unknownType(let type, let at):
      "no BSON type has the number \(type) of the value at byte \(at)"
    case .invalidBool(let value, let at): "the bool at byte \(at) is \(value)"
    case .invalidText(let at): "the text at byte \(at) is not UTF-8"
    case .tooDeep(let limit): "documents are nested deeper than the limit of \(limit)"
    case .tooManyElements(let limit): "the document has more elements than the limit of \(limit)"
    }
  }
}
