// SPDX-License-Identifier: MIT

/// How far back the graphs of a detail go.
package enum Lookback: Int, CaseIterable, Sendable {
  /// What the snapshot itself holds.
  case minutes = 300
  case hour = 3_600
  case quarter = 21_600
  case day = 86_400

  /// So many values are drawn.
  package static let count = 60

  /// Its length.
  package var seconds: Int { rawValue }

  /// The distance of its values.
  package var stepSeconds: Int { rawValue / Self.count }

  /// Its length in words.
  var words: String {
    switch self {
    case .minutes: "5m"
    case .hour: "1h"
    case .quarter: "6h"
    case .day: "24h"
    }
  }

  var next: Lookback {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}

/// Values that a view shows and the snapshot does not hold.
package struct HistoryWish: Equatable, Sendable {
  /// PromQL, one for each graph; each has one series at most.
  package let queries: [String]
  /// How far back.
  package let lookback: Lookback
}

/// What a wish for the past was answered with.
package struct History: Sendable {
  /// What was asked for.
  package let wish: HistoryWish
  /// By query: oldest first, nil where there was none.
  package let values: [String: [Double?]]

  /// Describes an answer.
  package init(_ wish: HistoryWish, values: [String: [Double?]]) {
    self.wish = wish
    self.values = values
  }
}

extension ViewState {
  /// What the open detail wants to know of the past; nil when the snapshot holds it all.
  package func historyWish(_ sight: Sight) -> HistoryWish? {
    guard lookback != .minutes, case .detail(let key) = mode,
      let snapshot = frozen ?? sight.snapshot
    else { return nil }
    let tables = Tables(snapshot: snapshot, now: sight.now, glyphs: sight.look.glyphs)
    let queries = Detail(key, in: tables)?.graphs.compactMap(\.query) ?? []
    return queries.isEmpty ? nil : HistoryWish(queries: queries, lookback: lookback)
  }
}
