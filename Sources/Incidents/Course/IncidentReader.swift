// SPDX-License-Identifier: MIT
package import MetricModel
import Snapshot

/// What somebody did, of the audit log.
package struct IncidentDeed: Sendable {
  let at: Timestamp
  let by: String
  let action: String
  let subject: String
  let detail: String

  /// Describes it; `action` is a word such as `silence_made`.
  package init(at: Timestamp, by: String, action: String, subject: String, detail: String) {
    self.at = at
    self.by = by
    self.action = action
    self.subject = subject
    self.detail = detail
  }
}

extension IncidentRecord {
  /// Puts everything on one axis.
  ///
  /// - Parameters:
  ///   - cluster: The name of the cluster.
  ///   - range: From when until when.
  ///   - courses: The series that ``IncidentSource`` selects, from
  ///     ``IncidentSource/lookback`` before the begin on.
  ///   - messages: What was sent.
  ///   - deeds: What people did.
  ///   - seriesLeftOut: Series of which nothing was read.
  package init(
    cluster: String,
    in range: ClosedRange<Timestamp>,
    courses: [ValueCourse],
    messages: [IncidentMessage],
    deeds: [IncidentDeed],
    seriesLeftOut: Int = 0
  ) {
    self.init()
    self.cluster = OutsideText.clean(cluster)
    since = range.lowerBound
    until = range.upperBound
    self.seriesLeftOut = seriesLeftOut
    leftOut = courses.reduce(0) { $0 + $1.leftOut }
    let courses = courses.map { $0.known(until: range.upperBound) }
    var reader = IncidentReader(range: range, courses: courses)
    reader.readAlerts()
    reader.readParts()
    reader.readRoles()
    reader.readWork()
    reader.readUnwatchedTime()
    reader.add(messages)
    reader.add(deeds)
    events = reader.events.sorted {
      ($0.time ?? .distantPast, $0.kind.rawValue, $0.object)
        < ($1.time ?? .distantPast, $1.kind.rawValue, $1.object)
    }
    alerts = reader.alerts.sorted {
      ($0.begin ?? .distantPast, $0.name, $0.object) < (
        $1.begin ?? .distantPast, $1.name, $1.object
      )
    }
    tiers = reader.tiers
    entries = reader.entries
    moves = reader.moves
    elections = reader.elections
    unwatchedSeconds = reader.unwatchedSeconds
    self.messages = reader.messages
    bound()
  }

  private mutating func bound() {
    leftOut += max(0, events.count - Self.eventsMax)
    events = events.suffix(Self.eventsMax)
    leftOut += max(0, alerts.count - Self.partsMax)
    alerts = alerts.suffix(Self.partsMax)
    leftOut += max(0, messages.count - Self.partsMax)
    messages = messages.suffix(Self.partsMax)
    leftOut += max(0, moves.count - Self.partsMax)
    moves = moves.suffix(Self.partsMax)
    leftOut += max(0, tiers.count - Self.coursesMax) + max(0, entries.count - Self.coursesMax)
    tiers = Array(tiers.prefix(Self.coursesMax))
    entries = Array(entries.prefix(Self.coursesMax))
    for index in tiers.indices {
      leftOut += max(0, tiers[index].steps.count - Self.partsMax)
      tiers[index].steps = tiers[index].steps.suffix(Self.partsMax)
    }
    for index in entries.indices {
      leftOut += max(0, entries[index].steps.count - Self.partsMax)
      entries[index].steps = entries[index].steps.suffix(Self.partsMax)
    }
  }
}

/// Reads events from series.
struct IncidentReader {
  let range: ClosedRange<Timestamp>
  private let byName: [String: [ValueCourse]]
  var events: [IncidentEvent] = []
  var alerts: [AlertSpan] = []
  var tiers: [TierCourse] = []
  var entries: [EntryCourse] = []
  var moves: [AddressMove] = []
  var elections = 0
  var messages: [IncidentMessage] = []
  var unwatchedSeconds: Double?

  init(range: ClosedRange<Timestamp>, courses: [ValueCourse]) {
    self.range = range
    byName = Dictionary(grouping: courses) { $0.labels.metricName ?? "" }
  }

  /// The series of a metric.
  func courses(_ name: String) -> [ValueCourse] { byName[name] ?? [] }

  /// The series of a metric by what they are about, sorted.
  func subjects(_ name: String, by labels: String...) -> [(name: String, course: SubjectCourse)] {
    let groups = Dictionary(grouping: courses(name)) { course in
      labels.lazy.compactMap { course.labels[$0] }.first { !$0.isEmpty } ?? ""
    }
    return groups.sorted { $0.key < $1.key }.map { ($0.key, SubjectCourse($0.value)) }
  }

  mutating func add(
    _ time: Timestamp,
    _ kind: IncidentEvent.Kind,
    _ level: Level,
    _ object: String,
    _ words: String
  ) {
    guard range.contains(time) else { return }
    events.append(IncidentEvent(time, kind, level, object, words))
  }

  /// A moment that a value names when that is within the record, else when the value was seen.
  func moment(_ unixSeconds: Double, seen: Timestamp) -> Timestamp {
    let named = Timestamp(unixSeconds: unixSeconds)
    return range.contains(named) && named <= seen ? named : seen
  }
}

extension IncidentReader {
  mutating func readAlerts() {
    for course in courses("ALERTS") {
      let name = course.labels["alertname"] ?? "an alert"
      var open: AlertSpan?
      var isLost = false
      for change in course.changes {
        if change.isStalenessMarker {
          guard var span = open else { continue }
          open = nil
          isLost = course.isGap(at: change.timestamp)
          guard change.timestamp >= range.lowerBound else { continue }
          if isLost {
            span.unknownSince = change.timestamp
            let words = "\(name) fires, or not: nobody knows from here on"
            add(change.timestamp, .alert, .unknown, span.object, words)
          } else {
            span.end = change.timestamp
            add(change.timestamp, .alert, .ok, span.object, "\(name) is resolved")
          }
          alerts.append(span)
        } else if open == nil {
          var span = AlertSpan()
          span.name = OutsideText.clean(name)
          span.object = OutsideText.clean(course.labels.subject)
          span.severity = OutsideText.clean(course.labels["severity"] ?? "")
          if change.timestamp >= range.lowerBound { span.begin = change.timestamp }
          open = span
          let words = isLost ? "\(name) fires, still or again" : "\(name) fires"
          add(change.timestamp, .alert, span.level, span.object, words)
        }
      }
      if let open { alerts.append(open) }
    }
  }

  mutating func add(_ given: [IncidentMessage]) {
    for message in given {
      guard let time = message.endedAt ?? message.decidedAt, range.contains(time) else { continue }
      var clean = message
      clean.receiver = OutsideText.clean(message.receiver)
      clean.about = OutsideText.clean(message.about)
      clean.answer = OutsideText.clean(message.answer)
      messages.append(clean)
      let about = "\(clean.about) (\(clean.reason))"
      switch clean.outcome {
      case .accepted: add(time, .message, .info, clean.receiver, "was told of \(about)")
      case .givenUp:
        add(time, .message, .critical, clean.receiver, "was not told of \(about): \(clean.answer)")
      case .waiting:
        let reason = clean.answer.isEmpty ? "" : ": \(clean.answer)"
        add(time, .message, .warning, clean.receiver, "has yet to be told of \(about)\(reason)")
      }
    }
    messages.sort { ($0.decidedAt ?? .distantPast) < ($1.decidedAt ?? .distantPast) }
  }

  mutating func add(_ deeds: [IncidentDeed]) {
    for deed in deeds {
      let action = deed.action.replacing("_", with: " ")
      let detail = deed.detail.isEmpty ? "" : ": \(deed.detail)"
      add(deed.at, .person, .info, deed.by, "\(action), \(deed.subject)\(detail)")
    }
  }
}

extension LabelSet {
  /// What an alert's labels say it is about; empty when they do not.
  fileprivate var subject: String {
    for name in ["instance", "member", "name", "node", "tier", "backup", "id", "component"] {
      if let value = self[name], !value.isEmpty { return value }
    }
    return ""
  }
}
