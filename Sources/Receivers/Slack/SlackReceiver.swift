// SPDX-License-Identifier: MIT
import Net
import Notifying

/// Posts notifications to a Slack incoming webhook.
struct SlackReceiver: Receiver {
  let post: EndpointPost

  func deliver(_ notification: AlertNotification) async throws(DeliveryError) {
    var response = try await post.send(SlackMessage.render(notification))
    if response.status == 400 {
      // The form was refused: the same words without it may still be taken.
      response = try await post.send(SlackMessage.renderPlain(notification))
    }
    try post.judge(response)
    // Slack says 200 and `ok`; a 200 with anything else comes from something in between.
    guard response.text.onOneLine == "ok" else {
      throw .retryable(reason: post.failureText(response), notBefore: nil)
    }
  }
}
