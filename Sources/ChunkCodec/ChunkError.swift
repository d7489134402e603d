// SPDX-License-Identifier: MIT

/// Why bytes are not a chunk or a head record.
package enum ChunkError: Error, Equatable, Sendable {
  /// They end too early.
  case truncated
  /// The checksum at the end is not that of the bytes before it.
  case checksumMismatch
  /// Another version of this program made them.
  case unknownVersion(UInt8)
  /// The checksum matches, but no encoder makes such bytes; `reason` names the field.
  case malformed(reason: String)
}

extension ChunkError: CustomStringConvertible {
  /// One phrase for a message.
  package var description: String {
    switch self {
    case .truncated: "the bytes end too early"
    case .checksumMismatch: "the checksum does not match"
    case .unknownVersion(let version): "the format version \(version) is not known"
    case .malformed(let reason): "malformed: \(reason)"
    }
  }
}
