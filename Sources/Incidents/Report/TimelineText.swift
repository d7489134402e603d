// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// The events of a record as lines for a terminal.
package enum TimelineText {
  /// A line for each event, and one for each new day.
  package static func lines(of record: IncidentRecord) -> [String] {
    guard !record.events.isEmpty else { return ["nothing happened"] }
    let kinds = record.events.map(\.kind.rawValue.count).max() ?? 0
    let objects = min(record.events.map(\.object.count).max() ?? 0, 24)
    var lines: [String] = []
    if record.leftOut > 0 { lines.append("(\(record.leftOut) older events are left out)") }
    if record.seriesLeftOut > 0 { lines.append("(\(record.seriesLeftOut) series were not read)") }
    var day = ""
    for event in record.events {
      guard let time = event.time else { continue }
      let date = CivilTime(time).dateText
      if date != day { lines.append(date) }
      day = date
      let columns = [
        time.clockText, padded(event.level.word, 5), padded(event.kind.rawValue, kinds),
        padded(event.object, objects), event.words,
      ]
      lines.append(columns.joined(separator: "  "))
    }
    return lines
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
