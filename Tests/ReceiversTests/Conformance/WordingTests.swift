// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Notifying
import Receivers
import Rules
import Simulator
import TestSupport
import Testing

/// The user's words in the messages of every service, against a sink that knows its rules.
@Suite(.serialized) struct WordingTests {
  private let sink: ChatSink

  init() throws { sink = try ChatSink() }

  private func made(_ each: ReceiverCase, _ words: String) throws -> any Receiver {
    let text = """
      notifications:
        receivers:
          - name: chat
            \(each.kind): [\(each.yaml(sink, extra: ", \(words)"))]
      """
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml")
    let services = ReceiverServices(
      client: HTTPClient(userAgent: "hvsmon/test"),
      clock: ManualTimeSource(time(0))
    )
    let settings = NotificationSettings.read(
      tree.root.section("notifications"),
      kinds: allReceiverKinds(services)
    )
    #expect(tree.issues.map(\.description) == [])
    return try #require(settings?.integrations.first?.receiver)
  }

  private var shown: String {
    // What breaks a mention has no width.
    String((sink.messages.last?.text ?? "").unicodeScalars.filter { $0 != "\u{200b}" })
  }

  private static let worded = ReceiverCase.all.filter { !$0.isForPrograms }

  @Test(arguments: worded)
  func `the user's words are shown as text, whatever stands in them`(each: ReceiverCase)
    async throws
  {
    let receiver = try made(
      each,
      "title: 'Own {{ .Status }}', text: 'Body {{ range .Alerts }}{{ .Labels.instance }}{{ end }}'"
    )
    let odd = alert(
      ["alertname": "A", "instance": NastyName.written],
      [Label("summary", "not shown")]
    )
    #expect(await outcome(receiver, notification([NotifiedAlert(odd, isNew: true)])) == nil)
    #expect(sink.complaints == [])
    #expect(shown.contains("Own firing"), "\(shown)")
    #expect(shown.contains("Body \(NastyName.seen)"), "\(shown)")
    #expect(!shown.contains("not shown"), "\(shown)")
    await sink.stop()
  }

  @Test(arguments: worded)
  func `words of any length are within the service's limits`(each: ReceiverCase) async throws {
    let all = "{{ range .Alerts }}{{ .Labels }}{{ .Annotations }}{{ end }}"
    let receiver = try made(each, "title: '\(all)', text: '\(all)'")
    #expect(await outcome(receiver, largeNotification(20)) == nil)
    #expect(sink.complaints == [])
    await sink.stop()
  }

  @Test(arguments: worded)
  func `when a template fails hvsmon's own words go out, with the reason`(each: ReceiverCase)
    async throws
  {
    let receiver = try made(each, "title: '{{ .Nope }}'")
    #expect(
      await outcome(receiver, notification([NotifiedAlert(nginxDown("web1"), isNew: true)])) == nil
    )
    #expect(sink.complaints == [])
    let plain = shown.filter { $0 != "\\" }
    #expect(plain.contains("web1"), "\(plain)")
    #expect(plain.contains("the template of title fails at 1:4"), "\(plain)")
    await sink.stop()
  }

  @Test func `the webhook's body is for programs: it has no words`() throws {
    let (_, issues) = receiver("webhook", "{url: 'http://127.0.0.1:1/', title: x}")
    #expect(issues.contains { $0.contains("title") })
  }
}
