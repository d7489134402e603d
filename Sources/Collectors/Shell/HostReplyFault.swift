// SPDX-License-Identifier: MIT
import MetricModel

/// Why a host's output is not what it should be; it repeats nothing of the output.
enum HostReplyFault: Error, Equatable, Sendable {
  /// It is no JSON.
  case json(JSONError)
  /// It is something else than `expected`.
  case shape(expected: String)
  /// Reads a whole JSON text.
  static func tree(of text: [UInt8]) throws(HostReplyFault) -> JSONTree {
    do throws(JSONError) {
      return try JSONReader.read(text)
    } catch {
      throw .json(error)
    }
  }
}
