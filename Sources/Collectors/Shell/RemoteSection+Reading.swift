// SPDX-License-Identifier: MIT
import Polling
import RemoteShell

extension RemoteSection? {
  /// The output of a section that went well; what went wrong names the section, never its output.
  ///
  /// - Parameters:
  ///   - name: The section, for people.
  ///   - timeout: That of the poll.
  /// - Returns: The output, whole.
  /// - Throws: ``CollectionError`` for any other outcome.
  func good(_ name: String, timeout: Duration) throws(CollectionError) -> [UInt8] {
    guard let section = self else {
      throw .malformedReply(path: name, reason: "was not answered")
    }
    guard !section.isTruncated else {
      throw .malformedReply(path: name, reason: "is longer than facts.sh lets through")
    }
    switch section.outcome {
    case .good: return section.output
    case .timedOut: throw .timedOut(after: timeout)
    case .refused:
      throw .unreachable(
        kind: "request_refused",
        reason: "\(name): facts.sh on the host does not know it; install the one of this version"
      )
    case .notRunning: throw .unreachable(kind: "not_running", reason: "\(name): it does not run")
    case .notUnderstood:
      throw .malformedReply(path: name, reason: "the host could not read it")
    case .notPermitted:
      throw .unreachable(
        kind: "not_permitted",
        reason: "\(name): the account may not see it; facts.sh says what it wants"
      )
    case .missing:
      throw .unreachable(kind: "missing", reason: "\(name): the program or file is not there")
    case .failed(let status):
      throw .unreachable(kind: "command", reason: "\(name): failed with status \(status)")
    }
  }
}

extension HostReplyFault {
  /// What the fault means for a poll, in a section called `name`.
  func failure(in name: String) -> CollectionError {
    switch self {
    case .json(let error): .malformedReply(path: name, reason: "\(error)")
    case .shape(let expected): .malformedReply(path: name, reason: "is not \(expected)")
    }
  }
}
