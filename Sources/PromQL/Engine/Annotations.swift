// SPDX-License-Identifier: MIT

/// What a query has to say besides its value; each text once.
struct Annotations {
  /// The most texts of a kind that a result shows.
  static let maximumShown = 10
  /// The most texts of a kind that are told apart; further ones are lost.
  private static let maximumKept = 1_000

  private var warnings: [String] = []
  private var infos: [String] = []
  private var seen: Set<String> = []

  /// How many texts there are.
  var count: Int { seen.count }

  mutating func warn(_ text: String, at position: SourcePosition) {
    Self.add("PromQL warning: \(text) (\(position))", to: &warnings, &seen)
  }

  mutating func inform(_ text: String, at position: SourcePosition) {
    Self.add("PromQL info: \(text) (\(position))", to: &infos, &seen)
  }

  func result(_ value: QueryValue) -> QueryResult {
    QueryResult(
      value: value,
      warnings: Self.shown(warnings, "warning"),
      infos: Self.shown(infos, "info")
    )
  }

  private static func add(_ text: String, to list: inout [String], _ seen: inout Set<String>) {
    guard list.count < maximumKept, seen.insert(text).inserted else { return }
    list.append(text)
  }

  private static func shown(_ texts: [String], _ kind: String) -> [String] {
    guard texts.count > maximumShown else { return texts }
    let rest = texts.count - maximumShown
    return texts.prefix(maximumShown) + ["\(rest) more \(kind) annotations omitted"]
  }
}
