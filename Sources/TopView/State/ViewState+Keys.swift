// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot

extension ViewState {
  /// Longer filters and jumps are not taken.
  private static let inputMax = 80
  /// Characters of a row that are copied.
  private static let copiedMax = 1_000

  /// Takes a key; what it cannot do itself comes back as a wish.
  package mutating func handle(_ key: Key, _ sight: Sight) -> Wish? {
    message = nil
    switch key {
    case .control("c"): return .quit
    case .control("z"): return .suspend
    case .control("l"): return .redraw
    default: break
    }
    defer { settle(sight) }
    if let prompt { return write(key, in: prompt) }
    switch mode {
    case .filter:
      writeFilter(key)
      return nil
    case .jump(let text):
      writeJump(key, text, sight)
      return nil
    case .help:
      mode = .table
      return nil
    case .detail(let shown): return detailKey(key, shown, sight)
    case .table: return tableKey(key, sight)
    }
  }

  private mutating func writeFilter(_ key: Key) {
    switch key {
    case .enter: mode = .table
    case .escape:
      filter = ""
      mode = .table
    case .backspace:
      if filter.isEmpty { mode = .table } else { filter.removeLast() }
    case .control("u"): filter = ""
    case .character(let character) where filter.count < Self.inputMax: filter.append(character)
    default: break
    }
  }

  private mutating func writeJump(_ key: Key, _ text: String, _ sight: Sight) {
    switch key {
    case .enter:
      mode = .table
      jump(to: text, sight)
    case .escape: mode = .table
    case .backspace: mode = text.isEmpty ? .table : .jump(String(text.dropLast()))
    case .control("u"): mode = .jump("")
    case .tab:
      if let whole = JumpTargets(frozen ?? sight.snapshot).completion(of: text) {
        mode = .jump(whole)
      }
    case .character(let character) where text.count < Self.inputMax:
      mode = .jump(text + String(character))
    default: break
    }
  }

  private mutating func jump(to text: String, _ sight: Sight) {
    guard let target = JumpTargets(frozen ?? sight.snapshot).target(of: text) else {
      if !text.isEmpty { message = "nothing is called \"\(text)\"" }
      return
    }
    show(target.tab)
    guard let key = target.key else { return }
    // What is looked for must not be hidden.
    filter = ""
    isProblemsOnly = false
    isTree = false
    selected[tab] = key
    trail = []
    mode = .detail(key)
    detailScroll = 0
  }

  private mutating func show(_ tab: Tab) {
    self.tab = tab
    mode = .table
    trail = []
  }

  private mutating func detailKey(_ key: Key, _ shown: String, _ sight: Sight) -> Wish? {
    switch key {
    case .escape, .left, .backspace, .character("q"), .character("h"):
      detailScroll = 0
      mode = trail.popLast().map { .detail($0) } ?? .table
    case .down, .character("j"): scrollDetail(by: 1, sight)
    case .up, .character("k"): scrollDetail(by: -1, sight)
    case .pageDown: scrollDetail(by: max(1, sight.rows - 8), sight)
    case .pageUp: scrollDetail(by: -max(1, sight.rows - 8), sight)
    case .home, .character("g"): detailScroll = 0
    case .end, .character("G"): scrollDetail(by: 10_000, sight)
    default: return commonKey(key, sight)
    }
    return nil
  }

  private mutating func scrollDetail(by lines: Int, _ sight: Sight) {
    let screen = TopScreen(state: self, sight: sight)
    let most = max(0, screen.detailLines.count - screen.bodyHeight)
    detailScroll = max(0, min(most, detailScroll + lines))
  }

  private mutating func tableKey(_ key: Key, _ sight: Sight) -> Wish? {
    let page = max(1, TopScreen(state: self, sight: sight).tableHeight - 1)
    switch key {
    case .character("q"): return .quit
    case .escape:
      if !filter.isEmpty { filter = "" } else { isProblemsOnly = false }
    case .down, .character("j"): move(by: 1, sight)
    case .up, .character("k"): move(by: -1, sight)
    case .pageDown: move(by: page, sight)
    case .pageUp: move(by: -page, sight)
    case .home, .character("g"): move(by: -1_000_000, sight)
    case .end, .character("G"): move(by: 1_000_000, sight)
    case .enter: open()
    case .right, .character("l"): if !fold(open: true, sight) { open() }
    case .left, .character("h"): _ = fold(open: false, sight)
    case .character("/"): mode = .filter
    case .character("s"): sort(by: 1, sight)
    case .character(">"): sort(by: 1, sight)
    case .character("<"): sort(by: -1, sight)
    case .character("r"): reverse()
    case .character("p"): isProblemsOnly.toggle()
    case .character("t"):
      if hasTree { isTree.toggle() } else { message = "this view has no tree" }
    default: return commonKey(key, sight)
    }
    return nil
  }

  /// Keys that mean the same wherever one is.
  private mutating func commonKey(_ key: Key, _ sight: Sight) -> Wish? {
    switch key {
    case .help, .character("?"): mode = .help
    case .character(":"): mode = .jump("")
    case .tab: turn(by: 1)
    case .backTab: turn(by: -1)
    case .character(" "):
      frozen = frozen == nil ? sight.snapshot : nil
      if frozen == nil, sight.snapshot == nil { message = "there is nothing to freeze yet" }
    case .character("+"): pace = min(Self.paces.count - 1, pace + 1)
    case .character("-"): pace = max(0, pace - 1)
    case .character("c"):
      let all = Colours.allCases
      colours = all[((all.firstIndex(of: colours) ?? 0) + 1) % all.count]
    case .character("R"): return .refresh
    case .character("w"):
      lookback = lookback.next
      message = "graphs of details go back \(lookback.words)"
    case .character("y"): return copy(sight)
    case .character("a"): ask(for: .acknowledge, sight)
    case .character("m"): ask(for: .silence, sight)
    case .character("e"): show(.events)
    case .character(let character):
      guard let number = character.wholeNumberValue, let tab = Tab(rawValue: number - 1) else {
        break
      }
      show(tab)
    default: break
    }
    return nil
  }

  /// The line of the selected row.
  private mutating func copy(_ sight: Sight) -> Wish? {
    guard let key = selected[tab],
      let row = listing(sight).table.rows.first(where: { $0.key == key })
    else { return nil }
    message = "copied, where the terminal allows it"
    let words = row.entries.map(\.text).filter { !$0.isEmpty }.joined(separator: "  ")
    return .copy(CleanText.line(String(words.prefix(Self.copiedMax))))
  }

  private mutating func turn(by step: Int) {
    let count = Tab.allCases.count
    show(Tab.allCases[(tab.rawValue + step + count) % count])
  }

  private mutating func move(by step: Int, _ sight: Sight) {
    let rows = listing(sight).table.rows
    guard !rows.isEmpty else { return }
    let index = rows.firstIndex { $0.key == selected[tab] } ?? 0
    selected[tab] = rows[max(0, min(rows.count - 1, index + step))].key
    movedAt = sight.now
  }

  private mutating func open() {
    guard let key = selected[tab] else { return }
    mode = .detail(key)
    detailScroll = 0
  }

  /// Opens or closes the branch that is selected; false when there is none to do it to.
  private mutating func fold(open: Bool, _ sight: Sight) -> Bool {
    guard isTree, hasTree, let key = selected[tab],
      let row = listing(sight).table.rows.first(where: { $0.key == key }), row.depth == 0
    else { return false }
    let isOpen = row.lead.hasPrefix(sight.look.glyphs.unfolded)
    guard isOpen != open, row.lead != "  " else { return false }
    // Whichever of the two is asked about this branch has the answer.
    if open {
      folding.opened.insert(key)
      folding.closed.remove(key)
    } else {
      folding.opened.remove(key)
      folding.closed.insert(key)
    }
    return true
  }

  /// Goes through the columns; before the first and behind the last is the order of urgency.
  private mutating func sort(by step: Int, _ sight: Sight) {
    let columns = listing(sight).table.columns
    let places = columns.indices.filter { !columns[$0].title.isEmpty }
    let now =
      sortings[tab].flatMap { places.firstIndex(of: $0.column) } ?? (step > 0 ? -1 : places.count)
    let next = now + step
    guard places.indices.contains(next) else {
      sortings[tab] = nil
      message = "sorted by urgency"
      return
    }
    let column = columns[places[next]]
    // The greatest number, or the worst state, is what is looked for.
    sortings[tab] = Sorting(
      column: places[next],
      isDescending: column.isNumber || places[next] == 1
    )
    message = "sorted by \(column.title.lowercased())"
  }

  private mutating func reverse() {
    guard let sorting = sortings[tab] else {
      message = "choose a column with s first"
      return
    }
    sortings[tab]?.isDescending = !sorting.isDescending
  }
}
