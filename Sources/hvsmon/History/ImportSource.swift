// SPDX-License-Identifier: MIT
import Glibc
import MetricModel

/// The file that is imported, or standard input.
final class ImportSource {
  /// Why it cannot be read, in the system's words.
  struct Failure: Error {
    let reason: String

    static var last: Failure { Failure(reason: String(cString: strerror(errno))) }
  }

  /// Bytes read at once.
  static let sliceBytes = 256 << 10

  /// The length of a file; nil where it is not known before the end.
  let length: Int?
  /// Bytes read since the beginning.
  private(set) var position = 0
  private let descriptor: Int32
  private let isOwned: Bool
  private var buffer = [UInt8](repeating: 0, count: ImportSource.sliceBytes)

  init(_ name: String) throws(Failure) {
    isOwned = name != "-"
    descriptor = isOwned ? open(name, O_RDONLY | O_CLOEXEC) : 0
    guard descriptor >= 0 else { throw .last }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw .last }
    let kind = facts.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw Failure(reason: "it is a folder") }
    length = kind == S_IFREG ? Int(facts.st_size) : nil
  }

  deinit {
    if isOwned { close(descriptor) }
  }

  /// It can be read from the beginning again.
  var isRepeatable: Bool { length != nil }

  /// The format by the end of a file; nil where the end is not known.
  var foundFormat: ExpositionFormat? {
    guard let length else { return nil }
    let mark = Array("# EOF".utf8)
    var end = [UInt8](repeating: 0, count: min(length, mark.count + 1))
    let count = pread(descriptor, &end, end.count, off_t(length - end.count))
    guard count == end.count else { return .text }
    if end.last == UInt8(ascii: "\n") { end.removeLast() }
    return end.suffix(mark.count) == mark[...] ? .openMetrics : .text
  }

  /// Goes back to the beginning.
  func rewind() throws(Failure) {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .last }
    position = 0
  }

  /// Gives the next bytes to `body`; false at the end.
  func withNext<E: Error>(
    _ body: (Span<UInt8>) throws(E) -> Void
  ) throws(E) -> Result<Bool, Failure> {
    // A span of what the object owns could outlive it.
    var bytes: [UInt8] = []
    swap(&bytes, &buffer)
    defer { swap(&bytes, &buffer) }
    var count = 0
    repeat { count = read(descriptor, &bytes, bytes.count) } while count < 0 && errno == EINTR
    guard count >= 0 else { return .failure(.last) }
    guard count > 0 else { return .success(false) }
    position += count
    try body(bytes.span.extracting(0..<count))
    return .success(true)
  }
}
