// SPDX-License-Identifier: MIT
import MetricModel

/// A snapshot with the mark by which its daemon knows it, so that one who has it need only be told
/// what changed.
package struct MarkedSnapshot: Equatable, Sendable {
  /// How the cluster stands.
  package let snapshot: ClusterSnapshot
  /// What to ask with the next time; nil when the daemon gives no marks.
  package let mark: String?

  /// What stands before the fields of a snapshot when its reader asked with a mark.
  private struct Head {
    var version = 0
    var mark: String?
    var since: String?
  }

  /// Reads a snapshot, or what changed since one.
  ///
  /// - Parameters:
  ///   - json: The answer.
  ///   - known: What the answer may build on; nil when nothing is known.
  /// - Throws: Why the answer is of no use; nothing of it is taken then.
  package init(json: [UInt8], over known: MarkedSnapshot?) throws(SnapshotError) {
    var head = Head()
    var snapshot = ClusterSnapshot()
    var isStray = false
    do throws(JSONError) {
      try SnapshotReader.read(json, keepsAbsent: true) { reader in
        reader.number("schema_version", &head.version)
        reader.text("mark", &head.mark)
        reader.text("since", &head.since)
        if let since = head.since {
          isStray = known?.mark != since
          snapshot = known?.snapshot ?? snapshot
        }
        guard head.version == ClusterSnapshot.schemaVersion, !isStray else { return }
        snapshot.visit(&reader)
      }
    } catch {
      throw .malformed(reason: error.description)
    }
    if head.version == 0 { throw .notASnapshot }
    guard head.version == ClusterSnapshot.schemaVersion else { throw .otherVersion(head.version) }
    if isStray { throw .strayChanges }
    self.snapshot = snapshot
    mark = head.mark
  }
}
