// SPDX-License-Identifier: MIT
import MetricModel
package import Rules

/// How urgent an alert is.
package enum SeverityRank: Int, Comparable, Sendable {
  case info
  case warning
  case page

  /// Reads a value of the label `severity`; an unknown word, or none, counts as a warning lest the
  /// alert be overlooked.
  package init(_ word: String?) {
    switch word {
    case "page", "critical", "emergency", "fatal": self = .page
    case "info", "none", "note", "notice": self = .info
    default: self = .warning
    }
  }

  package static func < (left: SeverityRank, right: SeverityRank) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension Alert {
  /// How urgent it is by its label `severity`, or by what it explains: the annotation `severity`.
  package var severity: SeverityRank {
    let raised = annotations.first { $0.name == "severity" }?.value
    return max(SeverityRank(labels["severity"]), raised.map { SeverityRank($0) } ?? .info)
  }
}
