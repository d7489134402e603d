// SPDX-License-Identifier: MIT
import CSnappy

/// The snappy block format, as remote write sends it.
package enum Snappy {
  /// Why a block was not decompressed.
  package enum Failure: Error, Equatable, Sendable {
    /// The bytes are no block, or a damaged one.
    case malformed
    /// The block says that it holds more than is allowed.
    case tooLarge(limitBytes: Int)
  }

  /// Decompresses a whole block.
  ///
  /// - Parameters:
  ///   - block: The compressed bytes.
  ///   - limitBytes: The most that it may hold; nothing is allocated for more.
  /// - Returns: What it holds.
  /// - Throws: ``Failure``.
  package static func decompressed(
    _ block: [UInt8],
    limitBytes: Int
  ) throws(Failure) -> [UInt8] {
    try block.withUnsafeBufferPointer { block throws(Failure) in
      let source = UnsafeRawBufferPointer(block).bindMemory(to: CChar.self)
      var length = 0
      guard snappy_uncompressed_length(source.baseAddress, source.count, &length) == SNAPPY_OK
      else {
        throw .malformed
      }
      guard length <= limitBytes else { throw .tooLarge(limitBytes: limitBytes) }
      var status = SNAPPY_INVALID_INPUT
      let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        let target = UnsafeMutableRawBufferPointer(buffer).bindMemory(to: CChar.self)
        var room = length
        status = snappy_uncompress(source.baseAddress, source.count, target.baseAddress, &room)
        count = status == SNAPPY_OK ? room : 0
      }
      guard status == SNAPPY_OK else { throw .malformed }
      return bytes
    }
  }

  /// Compresses bytes into one block.
  package static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = snappy_max_compressed_length(bytes.count)
    return bytes.withUnsafeBytes { bytes in
      let source = bytes.bindMemory(to: CChar.self)
      return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        let target = UnsafeMutableRawBufferPointer(buffer).bindMemory(to: CChar.self)
        count = capacity
        // It fails for want of room alone.
        let status = snappy_compress(source.baseAddress, source.count, target.baseAddress, &count)
        precondition(status == SNAPPY_OK, "snappy has the room it asked for")
      }
    }
  }
}
