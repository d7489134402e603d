// SPDX-License-Identifier: MIT
import MetricModel
import Snapshot
import Testing

@testable import TopView

/// What keys do.
@Suite struct KeyTests {
  private func pressed(_ keys: [Key], _ sight: Sight = Scene.sight()) -> ViewState {
    var state = ViewState()
    state.settle(sight)
    for key in keys { _ = state.handle(key, sight) }
    return state
  }

  private func typed(_ text: String) -> [Key] { text.map { .character($0) } }

  private func names(_ state: ViewState, _ sight: Sight = Scene.sight()) -> [String] {
    state.listing(sight).table.rows.map { $0.entries[0].text }
  }

  @Test func `numbers and Tab choose the view`() {
    for tab in Tab.allCases {
      #expect(pressed([.character(Character(String(tab.rawValue + 1)))]).tab == tab)
    }
    #expect(pressed([.tab]).tab == .guests)
    #expect(pressed([.backTab]).tab == .events)
    #expect(pressed([.character("9")]).tab == .nodes)
  }

  @Test func `q quits from a table only and goes back elsewhere`() {
    var state = ViewState()
    let sight = Scene.sight()
    state.settle(sight)
    #expect(state.handle(.enter, sight) == nil)
    #expect(state.mode == .detail("node/pve2"))
    #expect(state.handle(.character("q"), sight) == nil)
    #expect(state.mode == .table)
    #expect(state.handle(.character("?"), sight) == nil)
    #expect(state.handle(.character("q"), sight) == nil)
    #expect(state.handle(.character("q"), sight) == .quit)
    #expect(state.handle(.control("c"), sight) == .quit)
    #expect(state.handle(.control("z"), sight) == .suspend)
    #expect(state.handle(.control("l"), sight) == .redraw)
    #expect(state.handle(.character("R"), sight) == .refresh)
  }

  @Test func `the worst comes first`() {
    #expect(names(pressed([])) == ["pve2", "pve1", "pve3"])
    #expect(names(pressed([.character("6")])).first == "mongo3")
  }

  @Test(arguments: [
    ("nginx", 3), ("st:down", 3), ("node:pve3", 3), ("tier:database !mongo1", 2), ("cpu>5", 3),
    ("cpu<5", 3), ("~wb3", 1), ("!st:ok", 3), ("nothing", 0), ("node:pve1 nginx", 1), ("mem>", 0),
  ])
  func `a filter picks rows`(_ filter: String, _ count: Int) {
    let state = pressed([.character("2"), .character("/")] + typed(filter) + [.enter])
    #expect(state.mode == .table)
    #expect(names(state).count == count)
    let cleared = pressed([.character("2"), .character("/")] + typed(filter) + [.enter, .escape])
    #expect(names(cleared).count == 9)
  }

  @Test func `a filter takes the letters that are keys elsewhere`() {
    let state = pressed([.character("/")] + typed("q p?1"))
    #expect(state.filter == "q p?1")
    #expect(state.tab == .nodes)
    #expect(pressed([.character("/")] + typed("ab") + [.backspace]).filter == "a")
    #expect(pressed([.character("/")] + typed("ab") + [.control("u")]).filter == "")
  }

  @Test func `problems only leaves out what is well`() {
    #expect(names(pressed([.character("p")])) == ["pve2"])
    #expect(names(pressed([.character("p"), .character("p")])).count == 3)
  }

  @Test func `columns are chosen one by one and turned around`() {
    let byCPU = pressed([.character("2"), .character("s"), .character("s"), .character("s")])
    #expect(byCPU.sortings[.guests]?.column == 2)
    let byName = pressed([.character("2"), .character("s")])
    #expect(names(byName).first == "mongo1")
    let reversed = pressed([.character("2"), .character("s"), .character("r")])
    #expect(names(reversed).first == "webapp3")
    let back = pressed([.character("2"), .character("s"), .character("<")])
    #expect(back.sortings[.guests] == nil)
  }

  @Test func `what nobody knows is sorted last in both directions`() {
    var keys: [Key] = [.character("2")]
    keys += .init(repeating: .character("s"), count: 6)
    let down = pressed(keys)
    #expect(names(down).suffix(3).allSatisfy { $0.hasSuffix("2") })
    let up = pressed(keys + [.character("r")])
    #expect(names(up).suffix(3).allSatisfy { $0.hasSuffix("2") })
    #expect(names(up).first?.hasSuffix("1") == true)
  }

  @Test func `rows do not jump while the selection moves nor within five seconds`() {
    var snapshot = Scene.snapshot
    var state = ViewState()
    state.settle(Scene.sight(snapshot))
    #expect(names(state).first == "pve2")
    snapshot.nodes[1].condition = Condition(.ok, .working)
    snapshot.nodes[2].condition = Condition(.critical, .failed)
    state.settle(Scene.sight(snapshot, later: 4))
    #expect(names(state, Scene.sight(snapshot)).first == "pve2")
    _ = state.handle(.down, Scene.sight(snapshot, later: 4.5))
    state.settle(Scene.sight(snapshot, later: 6))
    #expect(names(state, Scene.sight(snapshot)).first == "pve2")
    state.settle(Scene.sight(snapshot, later: 7))
    #expect(names(state, Scene.sight(snapshot)).first == "pve3")
  }

  @Test func `the selected thing stays selected when the order changes`() {
    var snapshot = Scene.snapshot
    var state = pressed([.down])
    #expect(state.selected[.nodes] == "node/pve1")
    snapshot.nodes[0].condition = Condition(.critical, .failed)
    state.settle(Scene.sight(snapshot, later: 60))
    #expect(state.selected[.nodes] == "node/pve1")
    snapshot.nodes.removeFirst()
    state.settle(Scene.sight(snapshot, later: 120))
    #expect(state.selected[.nodes] != nil)
    snapshot.nodes = []
    state.settle(Scene.sight(snapshot, later: 180))
    #expect(state.selected[.nodes] == nil)
  }

  @Test func `the selection stays in sight among hundreds`() {
    var snapshot = Scene.snapshot
    snapshot.guests = (0..<500).map { index in
      var row = GuestRow()
      (row.id, row.name) = ("lxc/\(index)", "guest\(index)")
      row.condition = Condition(.ok, .working)
      return row
    }
    let sight = Scene.sight(snapshot)
    for keys: [Key] in [[.end], [.pageDown, .pageDown], [.end, .pageUp, .up], [.end, .home]] {
      let state = pressed([.character("2")] + keys, sight)
      let frame = TopScreen.frame(state, sight)
      let selected = state.selected[.guests]?.dropFirst(10) ?? ""
      #expect(frame.lines.contains { $0.hasPrefix("guest\(selected) ") })
    }
  }

  @Test func `a frozen view keeps what it showed`() {
    var state = pressed([.character(" ")])
    var newer = Scene.snapshot
    newer.nodes = []
    let later = Scene.sight(newer, later: 30)
    state.settle(later)
    let frame = TopScreen.frame(state, later)
    #expect(frame.lines[0].contains("FROZEN at "))
    #expect(frame.lines.contains { $0.hasPrefix("pve2") })
    _ = state.handle(.character(" "), later)
    #expect(!TopScreen.frame(state, later).lines[0].contains("FROZEN"))
    #expect(state.frozen == nil)
  }

  @Test(
    arguments: [
      ("alerts", Tab.alerts, nil), ("db", .databases, nil), ("mongo2", .databases, "member/mongo2"),
      ("node pve3", .nodes, "node/pve3"), ("lxc/104", .guests, "guest/lxc/104"),
      ("guest nginx1", .guests, "guest/lxc/100"), ("weba", .apps, "member/webapp1"),
    ] as [(String, Tab, String?)]
  )
  func `a jump finds views and things`(_ text: String, _ tab: Tab, _ key: String?) {
    let state = pressed([.character(":")] + typed(text) + [.enter])
    #expect(state.tab == tab)
    #expect(state.mode == key.map { .detail($0) } ?? .table)
  }

  @Test func `a jump to nothing says so and is completed as far as names agree`() {
    #expect(pressed([.character(":")] + typed("xyz") + [.enter]).message?.contains("xyz") == true)
    #expect(pressed([.character(":")] + typed("webap") + [.tab]).mode == .jump("webapp"))
    #expect(pressed([.character(":")] + typed("xyz") + [.tab]).mode == .jump("xyz"))
  }

  @Test func `a tree folds what is well and unfolds what is not`() {
    let folded = pressed([.character("t")])
    let names = folded.listing(Scene.sight()).table.rows.map(\.key)
    #expect(names.filter { $0.hasPrefix("node/") }.count == 3)
    #expect(names.filter { $0.hasPrefix("guest/") }.count == 3)
    let opened = pressed([.character("t"), .home, .right])
    #expect(opened.listing(Scene.sight()).table.rows.count == 9)
    let closed = pressed([.character("t"), .home, .right, .left])
    #expect(closed.listing(Scene.sight()).table.rows.count == 6)
  }

  @Test func `the pace and the colours go round`() {
    #expect(pressed([.character("+")]).interval == .seconds(2))
    #expect(pressed([.character("+"), .character("-"), .character("-")]).interval == .seconds(1))
    #expect(pressed([.character("c")]).colours == .sixteen)
    #expect(pressed([.character("c"), .character("c"), .character("c")]).colours == .auto)
  }

  @Test func `y copies the line of the selected row`() {
    var state = ViewState()
    var snapshot = Scene.snapshot
    snapshot.nodes[1].name = "pve2\u{1b}]0;x\u{7}"
    let sight = Scene.sight(snapshot)
    state.settle(sight)
    guard case .copy(let line)? = state.handle(.character("y"), sight) else {
      Issue.record("nothing is copied")
      return
    }
    #expect(line.hasPrefix("pve2·]0;x·  ■ DOWN"))
  }

  @Test func `an open detail wants the past that the snapshot does not hold`() {
    var sight = Scene.sight()
    #expect(pressed([.enter]).historyWish(sight) == nil)
    let state = pressed([.down, .enter, .character("w")])
    let wish = state.historyWish(sight)
    #expect(wish?.lookback == .hour)
    #expect(wish?.queries.first == "max(pve_cpu_usage_ratio{id=\"node/pve1\"})")
    #expect(pressed([.character("w")]).historyWish(sight) == nil)
    #expect(TopScreen.frame(state, sight).lines.contains { $0.contains("asking for the past") })
    guard let wish, let query = wish.queries.first else { return }
    let half: [Double?] = .init(repeating: nil, count: 30) + .init(repeating: 0.5, count: 30)
    sight.history = History(wish, values: [query: half])
    let line = TopScreen.frame(state, sight).lines.first { $0.contains("50% to 50% in 1h") }
    #expect(line?.contains("▅▅▅") == true)
  }

  @Test func `a name with quotes stays one text of a query`() {
    var snapshot = Scene.snapshot
    snapshot.guests[0].id = "lxc/1\"} or x{a=\"\\"
    snapshot.guests = [snapshot.guests[0]]
    let sight = Scene.sight(snapshot)
    let state = pressed([.character("2"), .enter, .character("w")], sight)
    let query = state.historyWish(sight)?.queries.first
    #expect(query == #"max(pve_cpu_usage_ratio{id="lxc/1\"} or x{a=\"\\"})"#)
  }

  @Test func `any keys in any order leave a frame that is whole`() {
    var random = SystemRandomNumberGenerator()
    let keys: [Key] =
      [
        .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .escape, .tab, .backTab,
        .backspace, .help, .control("l"), .control("u"),
      ] + "12345678q?/:sr<>ptc+-eRwyam jkhlgGx".map { .character($0) }
    var state = ViewState()
    for _ in 0..<2_000 {
      let sight = Scene.sight(
        Bool.random(using: &random) ? Scene.snapshot : nil,
        rows: .random(in: 1...50),
        columns: .random(in: 1...150)
      )
      _ = state.handle(keys.randomElement(using: &random) ?? .up, sight)
      let frame = TopScreen.frame(state, sight)
      #expect(frame.rows == sight.rows && frame.columns == sight.columns)
    }
  }
}
