// SPDX-License-Identifier: MIT
import Notifying

/// How a message is written.
enum MessageForm: Sendable {
  /// With all that the service offers.
  case rich
  /// The same words without any form, for a service that refused it.
  case plain
}

/// A service that takes a message by one HTTP request.
protocol MessageService: Sendable {
  /// The way to it.
  var endpoint: Endpoint { get }
  /// A message that was sent can be changed.
  var canEdit: Bool { get }
  /// A plain message differs from a rich one.
  var hasPlainForm: Bool { get }

  /// The request that says a notification, within the service's limits; it edits only when
  /// ``canEdit``.
  func request(
    _ notification: AlertNotification,
    _ relation: MessageRelation,
    _ form: MessageForm
  ) -> ServiceRequest

  /// What an answer means.
  func verdict(_ answer: ServiceAnswer) -> Verdict

  /// What the service calls the new message that it took; nil when it does not say.
  func reference(_ answer: ServiceAnswer) -> MessageReference?

  /// The service as a refusal corrects it, such as a room that has moved; nil: there is no hint.
  func corrected(by answer: ServiceAnswer) -> Self?
}

extension MessageService {
  var canEdit: Bool { false }
  var hasPlainForm: Bool { true }
  func verdict(_ answer: ServiceAnswer) -> Verdict { answer.verdictByStatus }
  func reference(_ answer: ServiceAnswer) -> MessageReference? { nil }
  func corrected(by answer: ServiceAnswer) -> Self? { nil }
}

/// Delivers by a service: asks for the request, sends it, and judges the answer.
struct ServiceReceiver<Service: MessageService>: Receiver {
  let service: Service

  func deliver(
    _ notification: AlertNotification,
    _ relation: MessageRelation
  ) async throws(DeliveryError) -> MessageReference? {
    var service = service
    var relation = service.canEdit ? relation : relation.withoutEdit
    var form = MessageForm.rich
    var isCorrected = false
    // Each way round a refusal is gone once, so that there are four requests at most.
    while true {
      let request = service.request(notification, relation, form)
      let answer = try await service.endpoint.send(request)
      switch service.verdict(answer) {
      case .delivered:
        if case .replacing(let reference) = relation { return reference }
        return service.reference(answer)
      case .later(let wish):
        let reason = service.endpoint.failureText(answer, to: request)
        throw .retryable(reason: reason, notBefore: wish)
      case .never(let isFormRefused):
        if !isCorrected, let better = service.corrected(by: answer) {
          service = better
          isCorrected = true
        } else if case .replacing = relation {
          // The earlier message is gone, or too old to be edited: it is said anew.
          relation = .first
        } else if isFormRefused, service.hasPlainForm, form == .rich {
          form = .plain
        } else {
          throw .permanent(reason: service.endpoint.failureText(answer, to: request))
        }
      }
    }
  }
}

extension MessageRelation {
  /// The relation for a service that cannot edit.
  fileprivate var withoutEdit: MessageRelation {
    if case .replacing(let reference) = self { .following(reference) } else { self }
  }
}
