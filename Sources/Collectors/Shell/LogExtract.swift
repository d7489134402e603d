// SPDX-License-Identifier: MIT
import RemoteShell

/// What the section `nginx-errors` of `deploy/facts.sh` says: lines, and where they end.
struct LogExtract: Equatable, Sendable {
  /// Whole lines in the order of the file, without requests and clients.
  let lines: [String]
  /// Where to go on.
  let position: RemoteCommand.LogPosition
  /// How long the file was: past `position`, there is more to be asked for at once.
  let fileBytes: UInt64

  /// There is more than one section could hold.
  var hasMore: Bool { fileBytes > position.offset }

  /// Reads lines and `position INODE OFFSET SIZE`, of which the last counts.
  ///
  /// - Parameter text: The section's output.
  /// - Throws: ``HostReplyFault`` when it does not end with a position.
  init(reading text: [UInt8]) throws(HostReplyFault) {
    var lines = text.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    guard let words = lines.popLast()?.split(separator: " "), words.count == 4,
      words[0] == "position", let inode = UInt64(words[1]), let offset = UInt64(words[2]),
      let size = UInt64(words[3])
    else { throw .shape(expected: "a position at the end") }
    // Where a file was rotated away, the end of the older one is told in between.
    self.lines = lines.filter { !$0.hasPrefix("position ") }
    position = RemoteCommand.LogPosition(inode: inode, offset: offset)
    fileBytes = size
  }
}
