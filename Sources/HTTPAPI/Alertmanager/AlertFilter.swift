// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Notifying
import Patterns
import Rules

/// Which alerts a request is about, in the parameters of Alertmanager's API.
struct AlertFilter {
  /// The most matchers of one request.
  static let matchersMax = 100

  private let matchers: [CompiledMatcher]
  private let receiver: AnchoredPattern?
  private let shows: [AlertStatus.State: Bool]
  private let showsSilenced: Bool
  private let showsInhibited: Bool

  init(_ form: APIParameter.Form) throws(AlertmanagerRefusal) {
    matchers = try Self.matchers(form)
    receiver = try Self.receiver(form)
    showsSilenced = try Self.flag(form, "silenced")
    showsInhibited = try Self.flag(form, "inhibited")
    shows = [
      .active: try Self.flag(form, "active"),
      .unprocessed: try Self.flag(form, "unprocessed"),
    ]
  }

  /// The request is about this alert.
  func accepts(_ report: AlertReport, _ status: AlertStatus) -> Bool {
    guard shows[status.state] ?? true else { return false }
    if !showsSilenced, !status.silencedBy.isEmpty { return false }
    if !showsInhibited, !status.inhibitedBy.isEmpty { return false }
    guard matchers.allSatisfy({ $0.matches(report.alert.labels) }) else { return false }
    return receiver.map { pattern in status.receivers.contains { pattern.matches($0) } } ?? true
  }

  /// The request is about a receiver of this name.
  func accepts(receiver name: String) -> Bool { receiver?.matches(name) ?? true }

  /// The request is about this silence: a matcher of the request is compared with the text of the
  /// silence's matcher of that name.
  static func accepts(_ silence: Silence, _ matchers: [CompiledMatcher]) -> Bool {
    let texts = Dictionary(silence.labelMatchers.map { ($0.name, $0.value) }) { _, last in last }
    return matchers.allSatisfy { $0.matches(texts[$0.name] ?? "") }
  }

  /// The matchers that `filter` gives.
  static func matchers(
    _ form: APIParameter.Form,
    _ name: String = "filter"
  ) throws(AlertmanagerRefusal) -> [CompiledMatcher] {
    let texts = form.all(name) + form.all("\(name)[]")
    guard texts.count <= matchersMax else { throw .bad("more than \(matchersMax) filters") }
    var matchers: [CompiledMatcher] = []
    for text in texts where !text.isEmpty { matchers.append(try matcher(text)) }
    return matchers
  }

  private static func matcher(_ text: String) throws(AlertmanagerRefusal) -> CompiledMatcher {
    let matcher: LabelMatcher
    do throws(MatcherText.Malformed) {
      matcher = try MatcherText.matcher(text)
    } catch {
      throw .bad("bad matcher format: \(text): it \(error.reason)")
    }
    do throws(PatternError) {
      return try CompiledMatcher(matcher)
    } catch {
      throw .bad("bad matcher format: \(text): \(error.reason)")
    }
  }

  private static func receiver(
    _ form: APIParameter.Form
  ) throws(AlertmanagerRefusal) -> AnchoredPattern? {
    guard let text = form["receiver"], !text.isEmpty else { return nil }
    do throws(PatternError) {
      return try AnchoredPattern(text)
    } catch {
      throw .bad("failed to parse receiver param: \(text): \(error.reason)")
    }
  }

  private static func flag(
    _ form: APIParameter.Form,
    _ name: String
  ) throws(AlertmanagerRefusal) -> Bool {
    switch form[name]?.lowercased() {
    case nil, "", "true", "1", "t": return true
    case "false", "0", "f": return false
    case let text?:
      throw AlertmanagerRefusal(
        status: 422,
        message: "\(name) in query must be of type boolean: \"\(text)\"",
        form: .schema(code: 601)
      )
    }
  }
}

/// How an alert stands, in the words of Alertmanager's API.
struct AlertStatus {
  enum State: String {
    case unprocessed
    case active
    case suppressed
  }

  let state: State
  /// Ids of silences.
  let silencedBy: [String]
  /// Fingerprints of alerts.
  let inhibitedBy: [String]
  /// Names of time intervals.
  let mutedBy: [String]
  /// Names of receivers, each once, in the order of the routing tree.
  let receivers: [String]

  init(_ report: AlertReport) {
    guard let explanation = report.explanation else {
      self.init(state: .unprocessed)
      return
    }
    var inhibitors = explanation.quiet.inhibitors.map(\.source)
    var isHeld = false
    switch explanation.standing {
    case .own, .joined: break
    case .held(let cause): inhibitors.append(cause)
    case .recovering: isHeld = true
    case .asking:
      self.init(state: .unprocessed, receivers: explanation.receivers)
      return
    }
    let silencedBy = explanation.quiet.silences
    let isQuiet = isHeld || !inhibitors.isEmpty || !explanation.quiet.isEmpty
    self.init(
      state: isQuiet ? .suppressed : .active,
      silencedBy: silencedBy,
      inhibitedBy: inhibitors.map(\.fingerprint),
      mutedBy: explanation.destinations.flatMap(\.mutedBy).withoutRepetition,
      receivers: explanation.receivers
    )
  }

  private init(
    state: State,
    silencedBy: [String] = [],
    inhibitedBy: [String] = [],
    mutedBy: [String] = [],
    receivers: [String] = []
  ) {
    self.state = state
    self.silencedBy = silencedBy
    self.inhibitedBy = inhibitedBy
    self.mutedBy = mutedBy
    self.receivers = receivers
  }
}

extension AlertExplanation {
  /// The names of the receivers, each once.
  fileprivate var receivers: [String] { destinations.map(\.group.receiver).withoutRepetition }
}

extension LabelSet {
  /// The identity of the alert that has these labels, as Alertmanager prints it.
  var fingerprint: String { Alert(labels: self, startsAt: .epoch).fingerprint }
}

extension [String] {
  /// Each text once, where it stands first.
  fileprivate var withoutRepetition: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
