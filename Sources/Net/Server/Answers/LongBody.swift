// SPDX-License-Identifier: MIT
import CMicroHTTPD

/// A body that libmicrohttpd takes in pieces, so that a long one is not in memory twice; it counts as
/// unread until libmicrohttpd lets go of it.
final class LongBody: Sendable {
  private static let pieceBytes = 256 << 10

  private let bytes: [UInt8]
  private let unread: UnreadAnswers

  /// Nil when too much is unread already.
  init?(_ bytes: [UInt8], countedBy unread: UnreadAnswers) {
    guard unread.add(bytes: bytes.count) else { return nil }
    self.bytes = bytes
    self.unread = unread
  }

  deinit { unread.remove(bytes: bytes.count) }

  /// Gives libmicrohttpd the bytes from a place on, as many as there is room for.
  private func read(from place: UInt64, into room: UnsafeMutableRawBufferPointer) -> Int {
    guard place < UInt64(bytes.count) else { return -1 }
    let start = Int(place)
    let count = min(room.count, bytes.count - start)
    bytes.withUnsafeBytes { bytes in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
    }
    return count
  }

  /// Makes libmicrohttpd's side of the reply, which holds this body until it is destroyed.
  func makeResponse() -> OpaquePointer? {
    let context = Unmanaged.passRetained(self)
    let response = MHD_create_response_from_callback(
      UInt64(bytes.count),
      Self.pieceBytes,
      { context, place, buffer, capacity in
        guard let context, let buffer else { return -1 }
        return Unmanaged<LongBody>.fromOpaque(context).takeUnretainedValue().read(
          from: place,
          into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
        )
      },
      context.toOpaque(),
      { context in
        guard let context else { return }
        Unmanaged<LongBody>.fromOpaque(context).release()
      }
    )
    if response == nil { context.release() }
    return response
  }
}
