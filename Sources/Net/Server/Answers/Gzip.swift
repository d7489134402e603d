// SPDX-License-Identifier: MIT
import CZlib

/// The gzip format (RFC 1952), written by zlib.
package enum Gzip {
  /// Compresses at level 1, which costs least; nil when zlib has no memory.
  package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard hv_gzip_begin(&stream, 1) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
    let result: [UInt8]? = bytes.withUnsafeBufferPointer { input in
      // zlib reads through this pointer only; its type is from before `const`.
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.avail_in = UInt32(input.count)
      var isComplete = false
      let output = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(capacity)
        isComplete = deflate(&stream, Z_FINISH) == Z_STREAM_END
        count = Int(stream.total_out)
      }
      return isComplete ? output : nil
    }
    return result
  }

  /// Tells whether an Accept-Encoding field takes gzip (RFC 9110, section 12.5.3).
  static func isAccepted(by header: String?) -> Bool {
    guard let header else { return false }
    for part in header.split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard let name = pieces.first, name == "*" || HTTPHeaders.isSameName(name, "gzip") else {
        continue
      }
      let quality = pieces.dropFirst().first { $0.hasPrefix("q=") || $0.hasPrefix("Q=") }
      return quality.map { Double($0.dropFirst(2)) ?? 0 > 0 } ?? true
    }
    return false
  }

  /// Compresses a reply's body where the sender of the request takes it and it pays.
  static func applied(
    to response: ServerResponse,
    accepted: Bool,
    minimumBytes: Int
  ) -> ServerResponse {
    guard response.body.count >= minimumBytes, response.headers["Content-Encoding"] == nil,
      isCompressible(response.headers["Content-Type"])
    else { return response }
    var response = response
    response.headers.add("Vary", "Accept-Encoding")
    guard accepted, let body = compressed(response.body), body.count < response.body.count else {
      return response
    }
    response.body = body
    response.headers["Content-Encoding"] = "gzip"
    return response
  }

  private static func isCompressible(_ type: String?) -> Bool {
    guard let type = type?.lowercased() else { return false }
    return type.hasPrefix("text/")
      || ["json", "xml", "javascript", "openmetrics"].contains { type.contains($0) }
  }
}
