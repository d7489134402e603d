// SPDX-License-Identifier: MIT
package import MetricModel

/// Parts that are sent by themselves.
extension SnapshotPart {
  /// The part as one JSON object.
  package var jsonObject: [UInt8] {
    var writer = SnapshotWriter()
    writer.write(self)
    return writer.bytes
  }

  /// Reads a part; what is absent, or of another type, is as if nobody knew it.
  package init(jsonObject json: [UInt8]) throws(JSONError) {
    var part = Self()
    try SnapshotReader.read(json) { reader in part.visit(&reader) }
    self = part
  }
}
