// SPDX-License-Identifier: MIT
import MetricModel
import Rules

/// A receiver whose messages have the user's words.
///
/// What the templates print is plain text: each service escapes it, and cuts it to its limits. A
/// template that fails costs no message: hvsmon's own words go out, with the reason.
package struct WordedReceiver: Receiver {
  /// The longest reason, in characters.
  private static let faultMax = 160

  private let receiver: any Receiver
  private let templates: WordingTemplates

  /// Gives a receiver words.
  ///
  /// - Parameters:
  ///   - receiver: Delivers.
  ///   - templates: Its words.
  package init(_ receiver: any Receiver, _ templates: WordingTemplates) {
    self.receiver = receiver
    self.templates = templates
  }

  package func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? {
    var worded = notification
    worded.wording = wording(of: notification)
    return try await receiver.deliver(worded, relation)
  }

  /// The same for the same notification, so that a retry says the same.
  func wording(of notification: AlertNotification) -> MessageWording {
    let context = TemplateContext(
      data: MessageData.value(of: notification),
      now: notification.createdAt,
      externalURL: notification.externalURL
    )
    do throws(NamedFault) {
      let title = try expand(templates.title, "title", context)
      let text = try expand(templates.text, "text", context)
      return MessageWording(title: title, text: text)
    } catch {
      return MessageWording(fault: String(error.reason.prefix(Self.faultMax)))
    }
  }

  private struct NamedFault: Error {
    let reason: String
  }

  private func expand(
    _ template: TextTemplate?,
    _ name: String,
    _ context: TemplateContext
  ) throws(NamedFault) -> String? {
    guard let template else { return nil }
    let text: String
    do throws(TemplateError) {
      text = try template.expand(in: context).trimmingBlanks
    } catch {
      throw NamedFault(reason: "the template of \(name) fails at \(error)")
    }
    guard !text.isEmpty else {
      throw NamedFault(reason: "the template of \(name) prints nothing")
    }
    return text
  }
}
