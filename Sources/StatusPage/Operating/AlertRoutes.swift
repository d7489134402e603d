// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Snapshot

/// `/alert`: one alert, what becomes of it, and the forms to acknowledge or silence it.
///
/// Everything is asked of the endpoints for programs in the reader's name: a page may do nothing that
/// its reader's token may not.
struct AlertRoutes: Sendable {
  /// Bytes of a form.
  private static let formBytesMax = 16 << 10
  /// How long a silence may be, in hours, by the choices of the form.
  static let silenceHours = [1, 2, 4, 8, 24, 72, 168]

  let ports: PagePorts

  init(ports: PagePorts) {
    self.ports = ports
  }

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/alert")) { request in await show(request) },
      HTTPRoute(
        ["POST"],
        .exact("/alert/ack"),
        role: .operate,
        maxBodyBytes: Self.formBytesMax
      ) { request in await acknowledge(request) },
      HTTPRoute(
        ["POST"],
        .exact("/alert/silence"),
        role: .operate,
        maxBodyBytes: Self.formBytesMax
      ) { request in await silence(request) },
    ]
  }

  private func show(
    _ request: ServerRequest,
    fault: String? = nil,
    status: Int = 200
  ) async -> ServerResponse {
    let id = request.form["id"] ?? ""
    let alert = await explained(id, request)
    let page = AlertPage(
      id: id,
      alert: alert,
      mayOperate: request.role == .operate,
      canLogIn: ports.sessions != nil,
      now: ports.now()
    )
    let found = alert == nil && status == 200 ? 404 : status
    return PageRoutes.html(page.html(done: request.query["done"], fault: fault), status: found)
  }

  /// What `explain` says of the alert with this fingerprint.
  private func explained(_ id: String, _ request: ServerRequest) async -> JSONTree? {
    // A fingerprint: anything else would name several alerts.
    guard id.utf8.count == 16, id.allSatisfy({ $0.isASCII && $0.isHexDigit && !$0.isUppercase })
    else { return nil }
    let question = request.asking(
      "/api/hvsmon/v1/explain",
      [ServerRequest.Parameter(name: "alert", value: id)]
    )
    let answer = await ports.api(question)
    guard answer.status == 200, let tree = try? JSONReader.read(answer.body) else { return nil }
    return tree["alerts"]?.items.first
  }

  private func acknowledge(_ request: ServerRequest) async -> ServerResponse {
    let form = request.form
    let answer = await ports.api(
      request.asking(
        "/api/hvsmon/v1/ack",
        [
          ServerRequest.Parameter(name: "alert", value: form["id"] ?? ""),
          ServerRequest.Parameter(name: "comment", value: form["comment"] ?? ""),
        ],
        method: "POST"
      )
    )
    return await ended(answer, "acknowledged", request)
  }

  private func silence(_ request: ServerRequest) async -> ServerResponse {
    let form = request.form
    let comment = form["comment"] ?? ""
    guard let hours = Int(form["hours"] ?? ""), Self.silenceHours.contains(hours) else {
      return await show(request, fault: "Choose how long the silence lasts.", status: 400)
    }
    guard comment.contains(where: { !$0.isWhitespace }) else {
      return await show(request, fault: "Say why: others will read it.", status: 400)
    }
    guard let labels = await explained(form["id"] ?? "", request)?["labels"]?.members else {
      return await show(request, fault: "This alert fires no more.", status: 404)
    }
    let now = ports.now()
    var json = JSONText()
    json.raw("{\"matchers\":[")
    for (index, label) in labels.enumerated() {
      if index > 0 { json.raw(",") }
      json.raw("{\"name\":")
      json.string(label.name)
      json.raw(",\"value\":")
      json.string(label.value.string ?? "")
      json.raw(",\"isRegex\":false,\"isEqual\":true}")
    }
    json.raw("],\"startsAt\":\"\(now.rfc3339Text)\",\"endsAt\":\"")
    json.raw((now + .seconds(Int64(hours) * 3_600)).rfc3339Text)
    json.raw("\",\"createdBy\":")
    json.string(request.tokenName ?? "the page")
    json.raw(",\"comment\":")
    json.string(comment)
    json.raw("}")
    let answer = await ports.api(
      request.asking(
        "/api/v2/silences",
        method: "POST",
        headers: ["Content-Type": "application/json"],
        body: json.bytes
      )
    )
    return await ended(answer, "silenced", request)
  }

  /// The page again, after a change by GET, so that loading it anew changes nothing.
  private func ended(
    _ answer: ServerResponse,
    _ word: String,
    _ request: ServerRequest
  ) async -> ServerResponse {
    guard answer.status == 200 else {
      let tree = try? JSONReader.read(answer.body)
      let reason = tree?["error"]?.string ?? tree?["message"]?.string ?? tree?.string
      return await show(
        request,
        fault: "Not \(word): \(reason ?? "the answer was \(answer.status)").",
        status: answer.status
      )
    }
    return PageRoutes.redirect(
      to: "/alert?id=\(URLText.encoded(request.form["id"] ?? ""))&done=\(word)"
    )
  }
}
