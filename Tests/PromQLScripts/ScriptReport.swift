// SPDX-License-Identifier: MIT

extension ScriptRunner {
  /// The unsupported evaluations as a table: a line for each reason, with their number and places.
  package var unsupportedTable: String {
    let places = Dictionary(grouping: unsupported) { $0.reason }
    return places.keys.sorted().map { reason in
      let found = places[reason, default: []].map(\.place)
      return "  \(reason) | \(found.count) | \(found.joined(separator: " "))"
    }.joined(separator: "\n")
  }

  /// Everything in lines: failures, unsupported evaluations, and the counts at the end.
  package var report: String {
    var lines = failures
    if !unsupported.isEmpty {
      lines.append("unsupported evaluations, \(unsupported.count): reason | count | places")
      lines.append(unsupportedTable)
    }
    lines.append("\(passed) passed, \(failures.count) failed")
    return lines.joined(separator: "\n")
  }
}
