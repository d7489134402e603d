// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Notifying
import Rules
import Synchronization
import TestSupport
import Testing

/// The user's templates for messages: what they see, what they print, and what becomes of faults.
@Suite struct WordingTests {
  /// Keeps the words of each message.
  private final class WordsReceiver: Receiver {
    let words = Mutex<[MessageWording?]>([])

    func deliver(
      _ notification: AlertNotification,
      _ relation: MessageRelation
    ) async throws(DeliveryError) -> MessageReference? {
      words.withLock { $0.append(notification.wording) }
      return nil
    }
  }

  private struct TestKind: ReceiverKind {
    let key = "test"
    let receiver: WordsReceiver

    func make(_ section: SettingsSection) -> (any Receiver)? { receiver }
  }

  private struct MuteKind: ReceiverKind {
    let key = "mute"
    let takesWording = false

    func make(_ section: SettingsSection) -> (any Receiver)? { SilentReceiver() }
  }

  private struct Read {
    let settings: NotificationSettings?
    let issues: [String]
    let receiver: WordsReceiver
  }

  private func read(_ item: String, _ files: [String: String] = [:]) -> Read {
    let names = files.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    let text = """
      notifications:
        templates: [\(names)]
        receivers:
          - name: chat
            test:
              - \(item)
      """
    return read(whole: text, files)
  }

  private func read(whole text: String, _ files: [String: String]) -> Read {
    let environment = SettingsEnvironment(
      readFile: { path throws(SettingsEnvironment.Unreadable) in
        guard let text = files[path] else {
          throw SettingsEnvironment.Unreadable(reason: "no such file")
        }
        return text
      },
      variable: { _ in nil },
      files: { pattern in
        files.keys.filter { $0 == pattern || (pattern == "*.tmpl" && $0.hasSuffix(".tmpl")) }
          .sorted()
      }
    )
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f.yml", environment: environment)
    let receiver = WordsReceiver()
    let settings = NotificationSettings.read(
      tree.root.section("notifications"),
      kinds: [TestKind(receiver: receiver), MuteKind()]
    )
    return Read(
      settings: settings,
      issues: tree.issues.map(\.description),
      receiver: receiver
    )
  }

  /// Two alerts of one rule, of which one has ended.
  private let message = AlertNotification(
    eventID: "e",
    integration: IntegrationID(receiver: "chat", kind: "test"),
    groupKey: "{}:{alertname=\"Down\"}",
    groupLabels: LabelSet(["alertname": "Down"]),
    sequence: 1,
    reason: .moreFiring,
    alerts: [
      NotifiedAlert(
        Alert(
          labels: LabelSet(["alertname": "Down", "instance": "web1", "tier": "a-b"]),
          annotations: [
            Label("held_back", "web2 is held back"), Label("situation", "One more is too much."),
            Label("summary", "it <b>fails</b>"),
          ],
          value: 0.25,
          startsAt: time(0),
          expression: "up == 0"
        ),
        isNew: true
      ),
      NotifiedAlert(
        Alert(
          labels: LabelSet(["alertname": "Down", "instance": "web2", "tier": "a-b"]),
          annotations: [Label("summary", "it <b>fails</b>")],
          startsAt: time(0),
          endsAt: time(60)
        )
      ),
    ],
    externalURL: "http://hvsmon.test",
    createdAt: time(90)
  )

  /// What a template of `text` prints.
  private func printed(_ template: String, _ files: [String: String] = [:]) async throws -> String {
    let quoted = template.replacing("'", with: "''")
    let read = read("{text: '\(quoted)'}", files)
    #expect(read.issues == [])
    let receiver = try #require(read.settings?.integrations.first?.receiver)
    _ = try await receiver.deliver(message, .first)
    let words = try #require(read.receiver.words.withLock { $0.last } ?? nil)
    return words.text ?? "fault: \(words.fault ?? "")"
  }

  @Test(arguments: [
    ("{{ .Status | toUpper }} {{ .Receiver }}", "FIRING chat"),
    ("{{ len .Alerts }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}", "2 1 1"),
    ("{{ range .Alerts.Firing }}{{ .Labels.instance }}{{ end }}", "web1"),
    ("{{ range $i, $a := .Alerts }}{{ $i }}{{ $a.Labels.instance }} {{ end }}", "0web1 1web2"),
    ("{{ .GroupLabels.alertname }}{{ .CommonLabels.instance }}{{ .CommonLabels.tier }}", "Downa-b"),
    ("{{ .GroupLabels.SortedPairs.Values | join \" \" }}", "Down"),
    ("{{ .CommonLabels.Names | join \",\" }}", "alertname,tier"),
    (
      "{{ (.CommonLabels.Remove .GroupLabels.Names).SortedPairs.Values | join \" \" }}",
      "a-b"
    ),
    (
      "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}",
      "alertname=Down;tier=a-b;"
    ),
    ("{{ range $k, $v := .CommonLabels }}{{ $k }}={{ $v }};{{ end }}", "alertname=Down;tier=a-b;"),
    ("{{ .CommonAnnotations.summary }}", "it <b>fails</b>"),
    ("{{ index .CommonLabels \"tier\" }}{{ index .CommonLabels \"none\" }}", "a-b"),
    ("{{ if .CommonLabels.nope }}yes{{ else }}no{{ end }}", "no"),
    (
      "{{ with index .Alerts 0 }}{{ .Fingerprint | len }} {{ .GeneratorURL }}{{ end }}",
      "16 http://hvsmon.test/graph?query=up%20%3D%3D%200"
    ),
    ("{{ (index .Alerts 0).StartsAt.Format \"15:04:05\" }}", "22:13:20"),
    ("{{ (index .Alerts 1).EndsAt | date \"15:04\" }}", "22:14"),
    ("{{ (index .Alerts 0).EndsAt }}", "0001-01-01 00:00:00 +0000 UTC"),
    ("{{ since (index .Alerts 0).StartsAt }}", "1m30s"),
    ("{{ (index .Alerts 0).Value | humanizePercentage }}", "25%"),
    (
      "{{ .HeldBack }}. {{ .Meaning }} {{ .Reason }}",
      "web2 is held back. One more is too much. moreFiring"
    ),
    ("{{ reReplaceAll \"web\" \"app\" \"web1\" }} {{ match \"^a\" \"abc\" }}", "app1 true"),
    ("{{ stringSlice \"a\" \"b\" | join \"+\" }} {{ trimSpace \" x \" }}", "a+b x"),
    (
      "{{ .ExternalURL | safeUrl }} {{ \"<i>\" | safeHtml }} {{ title \"ab cd\" }}",
      "http://hvsmon.test <i> Ab Cd"
    ),
    ("{{ .CommonLabels }}", "map[alertname:Down tier:a-b]"),
  ])
  func `a template sees what Alertmanager shows, and more`(template: String, text: String)
    async throws
  {
    #expect(try await printed(template) == text)
  }

  @Test func `definitions of files are shared, in any order of files`() async throws {
    let files = [
      "a.tmpl": "{{ define \"first\" }}{{ template \"second\" . }}!{{ end }} not printed",
      "b.tmpl": "{{ define \"second\" }}{{ .Status }}{{ end }}",
    ]
    #expect(try await printed("{{ template \"first\" . }}", files) == "firing!")
  }

  @Test func `a pattern names all files that it matches`() throws {
    let text = """
      notifications:
        templates: ["*.tmpl"]
        receivers: [{name: chat, test: [{title: '{{ template "x" . }}'}]}]
      """
    let read = read(whole: text, ["x.tmpl": "{{ define \"x\" }}x{{ end }}", "y.tmpl": ""])
    #expect(read.issues == [])
  }

  @Test(arguments: [
    "{{ .Nope }}", "{{ index .Alerts 5 }}", "{{ first .Alerts.Resolved.Firing }}",
    "{{ range $i := 1000000 }}x{{ end }}", "{{ template \"endless\" . }}", "{{ \"\" }}",
    "{{ query \"up\" }}", "{{ join \",\" .Status }}", "{{ .CommonLabels.Remove 1 }}",
  ])
  func `a template that fails at run time costs no message, and says why`(template: String)
    async throws
  {
    let endless = ["e": "{{ define \"endless\" }}{{ template \"endless\" . }}{{ end }}"]
    let text = try await printed(template, endless)
    #expect(text.hasPrefix("fault: the template of text "), "\(text)")
  }

  @Test func `a fault of one template leaves both to hvsmon's own words`() async throws {
    let read = read("{title: fine, text: '{{ .Nope }}'}")
    let receiver = try #require(read.settings?.integrations.first?.receiver)
    _ = try await receiver.deliver(message, .first)
    let words = read.receiver.words.withLock { $0.first } ?? nil
    #expect(words?.title == nil)
    #expect(words?.fault?.hasPrefix("the template of text fails at 1:4: ") == true)
  }

  @Test func `without templates a receiver is as it was`() async throws {
    let read = read("{send_resolved: true}")
    let receiver = try #require(read.settings?.integrations.first?.receiver)
    _ = try await receiver.deliver(message, .first)
    #expect(read.receiver.words.withLock { $0 } == [nil])
  }

  @Test func `faults are found at the start, with file, line and column`() {
    #expect(
      read("{title: '{{ .Status'}").issues == [
        "f.yml:6:19: notifications.receivers[0].test[0].title: could not parse template: "
          + "1:1: the braces are not closed"
      ]
    )
    #expect(
      read("{text: '{{ template \"frist\" . }}'}", ["a": "{{ define \"first\" }}{{ end }}"]).issues
        == [
          "f.yml:6:18: notifications.receivers[0].test[0].text: 1:12: no template is called "
            + "\"frist\"; did you mean \"first\"?"
        ]
    )
    #expect(read("{text: '{{ nofunction 1 }}'}").issues.first?.contains("nofunction") == true)
    #expect(
      read("{title: x}", ["a": "line\n{{ define \"x\" }}{{ oops }}{{ end }}"]).issues
        == ["a:2:20: function \"oops\" not defined"]
    )
    #expect(
      read("{title: x}", ["a": "{{ define \"x\" }}\n{{ template \"gone\" }}{{ end }}"]).issues
        == ["a:2:12: no template is called \"gone\""]
    )
    let missing = read(
      whole: "notifications: {templates: [none], receivers: [{name: chat, test: [{}]}]}",
      [:]
    )
    #expect(missing.issues == ["f.yml:1:29: notifications.templates: no file is called none"])
    let mute = read(
      whole: "notifications: {receivers: [{name: chat, mute: [{title: x}]}]}",
      [:]
    )
    #expect(mute.issues.first?.contains("title") == true)
  }

  @Test func `templates cut short or random are refused or print, and never end the program`()
    async throws
  {
    let whole =
      "{{ range $i, $a := .Alerts }}{{ if eq $a.Status \"firing\" }}{{ template \"x\" $a }}"
      + "{{ else }}{{ $a.Labels.SortedPairs.Values | join \",\" }}{{ end }}{{ end }}"
    var random = SeededRandom(seed: 3)
    let pieces = [
      "{{", "}}", " ", ".", "Alerts", "Labels", "range", "end", "|", "join", "\"", "$", "(", ")",
      "define", "0", "x", "-", "\u{1F600}",
    ]
    var texts = (0..<whole.count).map { String(whole.prefix($0)) }
    texts += (0..<300).map { _ in
      (0..<20).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    for text in texts {
      let quoted = text.replacing("'", with: "''")
      let read = read("{text: '\(quoted)'}", ["f": "{{ define \"x\" }}{{ .Labels }}{{ end }}"])
      guard read.issues.isEmpty, let one = read.settings?.integrations.first else { continue }
      _ = try await one.receiver.deliver(message, .first)
    }
  }
}
