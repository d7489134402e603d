// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

/// The rows of a view as they are shown: picked and ordered.
struct Listing {
  var table: Table
  /// Rows of the table, whether they are picked or not.
  let total: Int

  /// The place of a row; nil when it is not shown.
  func index(of key: String?) -> Int? {
    key.flatMap { key in table.rows.firstIndex { $0.key == key } }
  }
}

extension ViewState {
  /// The rows of the present view, in the order that was settled last.
  func listing(_ sight: Sight) -> Listing {
    guard let snapshot = frozen ?? sight.snapshot else {
      return Listing(table: Table(columns: [Tables.name], rows: [], emptyWords: ""), total: 0)
    }
    let filter = RowFilter(filter)
    let tables = Tables(
      snapshot: snapshot,
      now: sight.now,
      glyphs: sight.look.glyphs,
      hasFacets: !filter.isEmpty
    )
    var table = isTree && hasTree ? tables.tree(for: tab, folding) : tables.table(of: tab)
    let total = table.rows.count
    if isProblemsOnly { table.rows.removeAll { !$0.level.isProblem } }
    if !filter.isEmpty { table.rows = table.rows.filter { filter.picks($0, in: table) } }
    if orderedFor == orderKind, !isTree || !hasTree, !isInOrder(table.rows) {
      let places = Dictionary(
        order.enumerated().map { ($0.element, $0.offset) }
      ) { first, _ in first }
      let known = table.rows.enumerated().map { offset, row in
        (row, places[row.key] ?? (order.count + offset))
      }
      table.rows = known.sorted { $0.1 < $1.1 }.map(\.0)
    }
    return Listing(table: table, total: total)
  }

  /// Most often nothing has moved, and nothing need be sorted.
  private func isInOrder(_ rows: [Row]) -> Bool {
    rows.count <= order.count && zip(rows, order).allSatisfy { $0.key == $1 }
  }

  /// Alerts and events are lists.
  var hasTree: Bool { tab != .alerts && tab != .events }

  var orderKind: OrderKind {
    OrderKind(tab: tab, sorting: sortings[tab], isTree: isTree)
  }

  /// Brings the order of rows, the selection and the scrolling in line with what there is to see.
  ///
  /// Rows do not jump: the order is found anew every five seconds at most, and not while the
  /// selection moves; what is new meanwhile comes last.
  package mutating func settle(_ sight: Sight) { _ = settledListing(sight) }

  /// Settles, and hands out the rows that are shown from then on.
  mutating func settledListing(_ sight: Sight) -> Listing {
    let isDue = needsOrder(at: sight.now)
    if isDue { orderedFor = nil }
    var listing = listing(sight)
    if isDue {
      let rows = ordered(listing.table)
      order = rows.map(\.key)
      orderedFor = orderKind
      orderedAt = sight.now
      if !isTree || !hasTree { listing.table.rows = rows }
    }
    let height = TopScreen(state: self, sight: sight).tableHeight
    let place = listing.index(of: selected[tab])
    if place == nil {
      // The selected row is gone: the one in its place follows it.
      let old = min(scrolls[tab] ?? 0, max(0, listing.table.rows.count - 1))
      selected[tab] = listing.table.rows.isEmpty ? nil : listing.table.rows[old].key
    }
    let index = listing.index(of: selected[tab]) ?? 0
    var scroll = min(scrolls[tab] ?? 0, max(0, listing.table.rows.count - height))
    if index < scroll { scroll = index }
    if index >= scroll + height { scroll = index - height + 1 }
    scrolls[tab] = max(0, scroll)
    return listing
  }

  private func needsOrder(at now: Timestamp) -> Bool {
    guard orderedFor == orderKind, let orderedAt else { return true }
    // A clock that was set back must not stop this.
    if now < orderedAt { return true }
    if let movedAt, now >= movedAt, now - movedAt < Self.moveRest { return false }
    return now - orderedAt >= Self.orderMin
  }

  private func ordered(_ table: Table) -> [Row] {
    let rows = Array(table.rows.enumerated())
    guard let sorting = sortings[tab] else {
      guard tab != .events else { return table.rows }
      return rows.sorted {
        $0.element.level != $1.element.level
          ? $0.element.level > $1.element.level : $0.offset < $1.offset
      }
      .map(\.element)
    }
    return rows.sorted { left, right in
      let order = Self.compare(left.element, right.element, sorting)
      return order == 0 ? left.offset < right.offset : order < 0
    }
    .map(\.element)
  }

  private static func compare(_ left: Row, _ right: Row, _ sorting: Sorting) -> Int {
    guard left.entries.indices.contains(sorting.column),
      right.entries.indices.contains(sorting.column)
    else { return 0 }
    let (first, second) = (left.entries[sorting.column], right.entries[sorting.column])
    let sign = sorting.isDescending ? -1 : 1
    // The column of states.
    if sorting.column == 1 {
      return left.level == right.level ? 0 : sign * (left.level < right.level ? -1 : 1)
    }
    switch (first.number, second.number) {
    case (let one?, let two?): return one == two ? 0 : sign * (one < two ? -1 : 1)
    // What nobody knows comes last in both directions.
    case (nil, _?): return 1
    case (_?, nil): return -1
    case (nil, nil):
      return first.text == second.text ? 0 : sign * (first.text < second.text ? -1 : 1)
    }
  }
}
