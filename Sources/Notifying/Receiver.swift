// SPDX-License-Identifier: MIT
package import Configuration

/// Hands notifications to one place outside: a chat room, a webhook, a mailbox.
///
/// One call at a time is made to one receiver; calls to different receivers overlap.
package protocol Receiver: Sendable {
  /// Delivers one notification and returns when the peer accepted it.
  ///
  /// The same notification may come twice, after a crash between acceptance and its record; its
  /// ``AlertNotification/eventID`` is then the same. Must end within a minute and obey cancellation.
  ///
  /// - Parameters:
  ///   - notification: What to say.
  ///   - relation: The message before it about the same group; a service that cannot edit sends a
  ///     new one in any case.
  /// - Returns: What the peer calls the message, handed back with the next one about the group; nil
  ///   when it cannot be found again.
  /// - Throws: ``DeliveryError``.
  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference?
}

/// Why a receiver did not accept a notification; texts name a host at most, never a secret.
package enum DeliveryError: Error, Equatable, Sendable {
  /// Worth another try: a timeout, HTTP 429 or 5xx. `notBefore` is the peer's own wish, if any,
  /// counted from now; it then holds for every notification to this receiver.
  case retryable(reason: String, notBefore: Duration?)
  /// Trying again cannot help: HTTP 400, 401, 404.
  case permanent(reason: String)
}

extension DeliveryError: CustomStringConvertible {
  /// What went wrong, as half a sentence.
  package var description: String {
    switch self {
    case .retryable(let reason, _), .permanent(let reason): reason
    }
  }
}

/// A way to tell people, such as a chat service: it reads its own settings and makes receivers.
package protocol ReceiverKind: Sendable {
  /// The key of its list below a receiver's name in the settings, such as `slack`.
  var key: String { get }

  /// How many messages the service takes from one sender; nil when it states no limit.
  var standardRate: DeliveryRate? { get }

  /// Messages have a title and a text, which `title` and `text` of an item may replace.
  var takesWording: Bool { get }

  /// Makes a receiver of one item of that list; `send_resolved`, `rate`, `title` and `text` are read
  /// by the caller.
  ///
  /// - Returns: Nil after every fault was noted in the section.
  func make(_ section: SettingsSection) -> (any Receiver)?
}

extension ReceiverKind {
  /// None.
  package var standardRate: DeliveryRate? { nil }
  /// They have.
  package var takesWording: Bool { true }
}

/// Identifies one item of one list of one named receiver: notifications to it keep their order.
package struct IntegrationID: Hashable, Comparable, Sendable {
  /// The receiver's name in the settings.
  package let receiver: String
  /// The ``ReceiverKind/key`` of its kind.
  package let kind: String
  /// The position among the receiver's items of that kind, from 0.
  package let index: Int

  /// Names an integration.
  package init(receiver: String, kind: String, index: Int = 0) {
    self.receiver = receiver
    self.kind = kind
    self.index = index
  }

  package static func < (left: IntegrationID, right: IntegrationID) -> Bool {
    (left.receiver, left.kind, left.index) < (right.receiver, right.kind, right.index)
  }
}

extension IntegrationID: CustomStringConvertible {
  /// Such as `pager/webhook[0]`.
  package var description: String { "\(receiver)/\(kind)[\(index)]" }
}

/// One integration as the settings describe it.
package struct Integration: Sendable {
  /// Its name.
  package let id: IntegrationID
  /// It is told about recoveries too.
  package let sendsResolved: Bool
  /// How many messages it is sent at most; nil for any number.
  package let rate: DeliveryRate?
  /// Carries notifications out.
  package let receiver: any Receiver

  /// Describes an integration.
  package init(
    id: IntegrationID,
    sendsResolved: Bool = true,
    rate: DeliveryRate? = nil,
    receiver: any Receiver
  ) {
    self.id = id
    self.sendsResolved = sendsResolved
    self.rate = rate
    self.receiver = receiver
  }
}
