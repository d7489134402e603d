// SPDX-License-Identifier: MIT
import Snapshot

extension TopScreen {
  /// A column with its place in a row.
  private struct Slot {
    let index: Int
    let start: Int
    let width: Int
  }

  func drawTable(from top: Int, upTo end: Int, on frame: inout Frame) {
    let listing = listing ?? state.listing(sight)
    var top = top
    for line in listing.table.preface.prefix(3) where top < end - 2 {
      frame.put(line.text, row: top, column: 0, style: line.style)
      top += 1
    }
    let slots = slots(listing.table)
    drawHeading(listing, slots, row: top, on: &frame)
    let scroll = state.scrolls[state.tab] ?? 0
    let room = max(0, end - top - 1)
    let rows = listing.table.rows.dropFirst(scroll).prefix(room)
    for (offset, row) in rows.enumerated() {
      draw(row, listing.table, slots, row: top + 1 + offset, on: &frame)
    }
    guard rows.isEmpty, room > 0 else { return }
    frame.put(emptyWords(listing), row: top + 1, column: 1, style: .quiet)
  }

  private func emptyWords(_ listing: Listing) -> String {
    guard snapshot != nil else { return verdictWords }
    if listing.total > 0 {
      return state.filter.isEmpty
        ? "no problems here: p shows all \(listing.total)"
        : "the filter picks none of \(listing.total): Esc clears it"
    }
    return listing.table.emptyWords
  }

  private func drawHeading(_ listing: Listing, _ slots: [Slot], row: Int, on frame: inout Frame) {
    frame.put(String(repeating: " ", count: sight.columns), row: row, column: 0)
    let sorting = state.isTree && state.hasTree ? nil : state.sortings[state.tab]
    for slot in slots {
      let column = listing.table.columns[slot.index]
      var title = column.title
      if sorting?.column == slot.index {
        title += sorting?.isDescending == true ? glyphs.falling : glyphs.rising
      }
      if column.isNumber {
        // Against a narrow column the mark wins a cell from the gap.
        let width = max(slot.width, min(CleanText.width(of: title), slot.width + 1))
        frame.put(title, row: row, endingAt: slot.start + slot.width, width: width, style: .heading)
      } else {
        frame.put(title, row: row, column: slot.start, width: slot.width, style: .heading)
      }
    }
  }

  private func draw(
    _ row: Row,
    _ table: Table,
    _ slots: [Slot],
    row line: Int,
    on frame: inout Frame
  ) {
    let isSelected = !isPlain && row.key == state.selected[state.tab]
    for slot in slots where row.entries.indices.contains(slot.index) {
      let entry = row.entries[slot.index]
      var style = entry.style
      if isStale { style = Style(dim: true) }
      if slot.index == 0 {
        let text = row.lead + entry.text
        if row.level >= .unknown { style.isBold = true }
        frame.put(text, row: line, column: slot.start, width: slot.width, style: style)
      } else if table.columns[slot.index].isNumber {
        let end = slot.start + slot.width
        frame.put(entry.text, row: line, endingAt: end, width: slot.width, style: style)
      } else {
        let bars = entry.bars.map { glyphs.bars($0.values, width: slot.width, top: $0.top) }
        var text = bars ?? entry.text
        // The column of states: what was known does not pass for what is.
        if isStale, slot.index == 1 { text = glyphs.stale + text.dropFirst() }
        frame.put(text, row: line, column: slot.start, width: slot.width, style: style)
      }
    }
    if isSelected {
      frame.restyle(row: line) { $0 = Style($0.ink, bold: $0.isBold, reverse: true) }
    }
  }

  /// Gives each column its place: what does not fit hides, the least important first.
  private func slots(_ table: Table) -> [Slot] {
    let widths = table.columns.indices.map { least($0, table) }
    var shown = Set(table.columns.indices)
    func needed() -> Int { shown.reduce(0) { $0 + widths[$1] + 1 } }
    while needed() > sight.columns + 1 {
      let hidable = shown.filter { table.columns[$0].priority < 9 }
      guard
        let next = hidable.min(by: {
          (table.columns[$0].priority, -$0) < (table.columns[$1].priority, -$1)
        })
      else { break }
      shown.remove(next)
    }
    let spare = max(0, sight.columns + 1 - needed())
    var slots: [Slot] = []
    var start = 0
    for index in shown.sorted() {
      var width = widths[index]
      if case .rest = table.columns[index].width { width += spare }
      width = min(width, max(0, sight.columns - start))
      slots.append(Slot(index: index, start: start, width: width))
      start += width + 1
    }
    return slots
  }

  /// The cells a column needs; of thousands of rows the first hundreds tell it.
  private func least(_ index: Int, _ table: Table) -> Int {
    let column = table.columns[index]
    switch column.width {
    case .fixed(let width): return width
    case .rest(let width): return width
    case .fitting(let width, let most):
      // The widths of all rows, not of those in sight: scrolling must not move columns.
      var widest = max(width, CleanText.width(of: column.title))
      for row in table.rows where row.entries.indices.contains(index) {
        let lead = index == 0 ? CleanText.width(of: row.lead) : 0
        widest = max(widest, lead + CleanText.width(of: row.entries[index].text))
        if widest >= most { return most }
      }
      return widest
    }
  }
}
