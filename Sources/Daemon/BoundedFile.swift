// SPDX-License-Identifier: MIT
import Glibc

/// Reads small files whole.
package enum BoundedFile {
  /// Why a file was not read, as half a sentence that names no content.
  package struct Failure: Error {
    /// What went wrong.
    package let reason: String
  }

  /// The most bytes that are read.
  package static let bytesMax = 4 << 20

  /// The bytes of a file.
  package static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(reason: errorText()) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw Failure(reason: errorText())
      }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= bytesMax else {
        throw Failure(reason: "it is larger than \(bytesMax) bytes")
      }
    }
  }

  /// The files that a pattern with `*`, `?` and `[…]` matches, sorted.
  package static func paths(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv?[index].map { String(cString: $0) }
    }
  }

  private static func errorText() -> String {
    String(cString: strerror(errno))
  }
}
