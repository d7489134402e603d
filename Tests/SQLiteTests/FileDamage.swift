// SPDX-License-Identifier: MIT
import Glibc
import Testing

/// Writes bytes over a place in a file.
func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
  let file = open(path, O_WRONLY)
  try #require(file >= 0)
  defer { close(file) }
  #expect(pwrite(file, bytes, bytes.count, offset) == bytes.count)
}
