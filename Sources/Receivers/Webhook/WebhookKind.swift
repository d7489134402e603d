// SPDX-License-Identifier: MIT
import Configuration
import Notifying

/// `webhook`: posts Alertmanager's version 4 body to any URL.
struct WebhookKind: ReceiverKind {
  let key = "webhook"
  /// Its body is for programs.
  let takesWording = false
  let services: ReceiverServices

  func make(_ section: SettingsSection) -> (any Receiver)? {
    let maximum = section.integer("max_alerts", default: 0, in: 0...100_000)
    let key = section.secret("secret")
    let fields = fields(section)
    let url = section.requiredSecretURL("url", "where to post")
    let endpoint = Endpoint(section, services: services, hiding: [url, key] + fields.map(\.value))
    return url.map {
      ServiceReceiver(
        service: WebhookService(
          endpoint: endpoint,
          url: $0,
          key: key,
          fields: fields,
          maximumAlerts: maximum
        )
      )
    }
  }

  /// The list `headers`: each item has a name and a value, which may be a secret.
  private func fields(_ section: SettingsSection) -> [WebhookService.Field] {
    section.sections("headers").compactMap { item in
      let name = item.requiredText("name", "the header's name, such as Authorization")
      guard let value = item.requiredSecret("value", "what the header says"), !name.isEmpty else {
        return nil
      }
      let isName = name.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7f && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
      }
      guard isName, !["content-length", "host"].contains(name.lowercased()) else {
        item.report("name", "\"\(name)\" is no name of a header that can be added")
        return nil
      }
      guard value.reveal().utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        item.report("value", "holds a control character, such as a line end")
        return nil
      }
      return WebhookService.Field(name: name, value: value)
    }
  }
}
