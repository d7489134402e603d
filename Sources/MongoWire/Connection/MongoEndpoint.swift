// SPDX-License-Identifier: MIT
package import Net
import Synchronization

/// How to reach one member and who to be there.
package struct MongoEndpoint: Sendable {
  /// Where it is.
  package let stream: StreamEndpoint
  /// Who to log in as; nil: nobody.
  package let credential: MongoCredential?
  /// What the member's log calls this client.
  package let applicationName: String
  /// The longest reply that is accepted.
  package let replyLimitBytes: Int
  let keys = ScramKeyRing()

  /// Describes the way to a member; keep the value, as it remembers the password's keys.
  package init(
    stream: StreamEndpoint,
    credential: MongoCredential? = nil,
    applicationName: String = "hvsmon",
    replyLimitBytes: Int = 32 << 20
  ) {
    self.stream = stream
    self.credential = credential
    self.applicationName = applicationName
    self.replyLimitBytes = replyLimitBytes
  }
}

/// The keys made of one password, as making them is the dear part of a login.
final class ScramKeyRing: Sendable {
  /// A member has one salt for each mechanism.
  private static let limit = 8

  private let keys = Mutex<[ScramConversation.KeyRecipe: ScramKeys]>([:])

  /// Finds or makes the keys, on a thread of their own as that takes milliseconds.
  func keys(
    for recipe: ScramConversation.KeyRecipe,
    _ credential: MongoCredential
  ) async throws(ScramError) -> ScramKeys {
    if let known = keys.withLock({ $0[recipe] }) { return known }
    let made = await withCheckedContinuation { continuation in
      let make: @Sendable () -> Void = {
        let made = Result { () throws(ScramError) in
          try ScramKeys(recipe, username: credential.username, password: credential.password)
        }
        continuation.resume(returning: made)
      }
      if !Thread.start(make) { make() }
    }
    let fresh = try made.get()
    keys.withLock { keys in
      if keys.count >= Self.limit { keys = [:] }
      keys[recipe] = fresh
    }
    return fresh
  }
}

/// What carries the bytes to a member and back: a stream, or a test.
package protocol MongoTransport: Sendable {
  /// What the peer showed in the TLS handshake.
  var certificate: ServerCertificate? { get }

  /// Sends all bytes.
  func send(_ bytes: [UInt8], within limit: Duration) async throws(StreamError)

  /// Waits for at least one byte.
  func receive(upTo count: Int, within limit: Duration) async throws(StreamError) -> [UInt8]

  /// Calls back once when the peer closes while nothing is awaited.
  func watchIdle(_ onClose: @escaping @Sendable () -> Void)

  /// Closes at once.
  func close()
}

extension ByteStream: MongoTransport {}
