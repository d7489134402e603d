// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying

/// Sends notifications as mail; the mails about one group are one thread.
struct EmailReceiver: Receiver {
  let server: MailServer
  let sender: String
  let recipients: [String]
  let timeout: Duration
  /// Hidden where the server repeats it.
  let password: Secret?
  let clock: any TimeSource

  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? {
    let host = sender.split(separator: "@").last ?? "localhost"
    let id = "\(notification.eventID)@\(host)"
    // The thread hangs on its first mail, which may be a mail that nobody kept.
    let first: MessageReference? =
      switch relation {
      case .first: nil
      case .following(let reference), .replacing(let reference): reference
      }
    let message = EmailMessage(
      notification: notification,
      sender: sender,
      recipients: recipients,
      id: id,
      firstID: first?.text,
      date: clock.now
    )
    let mail = OutgoingMail(sender: sender, recipients: recipients, message: message.bytes)
    do throws(MailError) {
      _ = try await MailClient().send(mail, by: server, within: timeout)
    } catch {
      throw deliveryError(error)
    }
    return first ?? MessageReference(id)
  }

  private func deliveryError(_ error: MailError) -> DeliveryError {
    switch error {
    case .refused(let host, let code, let reply):
      let excerpt = Excerpt.text(reply, hiding: [password].compactMap { $0 })
      let reason = MailError.refused(host: host, code: code, reply: excerpt).description
      // RFC 5321, section 4.2.1: what begins with 5 stays so.
      return code >= 500 ? .permanent(reason: reason) : .retryable(reason: reason, notBefore: nil)
    case .loginRefused(_, let code) where code >= 500:
      return .permanent(reason: error.description)
    case .invalidMail: return .permanent(reason: error.description)
    default: return .retryable(reason: error.description, notBefore: nil)
    }
  }
}
