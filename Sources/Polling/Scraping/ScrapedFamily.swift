// SPDX-License-Identifier: MIT

/// What a scraped peer tells of one of its metrics.
package struct ScrapedFamily: Hashable, Sendable {
  /// The name as the peer's type line has it: in OpenMetrics without a suffix such as `_total`.
  package let name: String
  /// The word behind `TYPE`, such as `histogram`; `unknown` when there is none.
  package var type = "unknown"
  /// The sentence behind `HELP`; empty when there is none.
  package var help = ""
  /// The word behind `UNIT`; empty when there is none.
  package var unit = ""

  /// Names a metric of which nothing is known yet.
  package init(_ name: String) {
    self.name = name
  }
}
