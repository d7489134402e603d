// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import RemoteShell
import Synchronization

/// A fact of a host that seldom changes: asked for at a pace of its own, and remembered in between.
final class SlowFact<Value: Sendable>: Sendable {
  /// What is known of it.
  struct Standing: Sendable {
    /// Nil until it was read, and after it could not be read.
    var value: Value?
    /// Why it could not be read when it was asked for last.
    var failure: CollectionError?
    /// The host's own clock when it was read, in Unix seconds.
    var hostSeconds: Int64 = 0
    fileprivate var askedAt: Timestamp?
  }

  /// The section that tells it.
  let command: RemoteCommand
  private let name: String
  private let pace: Duration
  private let read: @Sendable ([UInt8]) throws(HostReplyFault) -> Value
  private let standing = Mutex(Standing())

  /// Describes the fact.
  ///
  /// - Parameters:
  ///   - name: The section, for people.
  ///   - command: What tells it.
  ///   - pace: How often it is asked for.
  ///   - read: Makes it of the section's output.
  init(
    _ name: String,
    _ command: RemoteCommand,
    every pace: Duration,
    _ read: @escaping @Sendable ([UInt8]) throws(HostReplyFault) -> Value
  ) {
    self.name = name
    self.command = command
    self.pace = pace
    self.read = read
  }

  /// The command, when it is time to ask for it.
  func wish(at time: Timestamp) -> [RemoteCommand] {
    let askedAt = standing.withLock(\.askedAt)
    // A clock that was set back must not keep it from being asked.
    guard let askedAt, askedAt <= time, time - askedAt < pace else { return [command] }
    return []
  }

  /// Takes what an answer tells of it, and returns what is known then.
  func take(_ answer: HostAnswer, _ poll: Poll) -> Standing {
    guard let section = answer[command] else { return standing.withLock { $0 } }
    var found = Standing(hostSeconds: answer.unixSeconds, askedAt: poll.time)
    do throws(CollectionError) {
      let output = try Optional(section).good(name, timeout: poll.timeout)
      do throws(HostReplyFault) {
        found.value = try read(output)
      } catch {
        found.failure = error.failure(in: name)
      }
    } catch {
      found.failure = error
    }
    return standing.withLock { standing in
      standing = found
      return found
    }
  }
}
