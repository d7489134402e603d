// SPDX-License-Identifier: MIT
import FoundationEssentials
import Snapshot
import Testing

@testable import TopView

/// Frames as they are meant to look: a function of the snapshot, the size and the view's state.
///
/// `HVSMON_GOLDEN=write` writes them anew, to be looked at.
@Suite struct GoldenFrameTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Golden"

  /// Compares frames with those of a file, each below its title.
  private func expect(_ parts: [(title: String, lines: [String])], are name: String) throws {
    let text = parts.map { part in
      "== \(part.title)\n" + part.lines.map { $0 + "\n" }.joined()
    }.joined()
    let path = "\(Self.folder)/\(name).txt"
    if ProcessInfo.processInfo.environment["HVSMON_GOLDEN"] == "write" {
      try Data(text.utf8).write(to: URL(filePath: path))
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    guard golden != text else { return }
    let pairs = zip(golden.split(separator: "\n"), text.split(separator: "\n"))
    let first = pairs.first { $0 != $1 }
    Issue.record("\(name) looks different: \(first?.0 ?? "") became \(first?.1 ?? "")")
  }

  private func frame(_ sight: Sight, _ keys: Key...) -> [String] {
    var state = ViewState()
    state.settle(sight)
    for key in keys { _ = state.handle(key, sight) }
    return TopScreen.frame(state, sight).lines
  }

  private func number(of tab: Tab) -> Key { .character(Character(String(tab.rawValue + 1))) }

  @Test(arguments: [(80, 24), (120, 30), (200, 40)])
  func `each view looks as it is meant to`(_ columns: Int, _ rows: Int) throws {
    let sight = Scene.sight(rows: rows, columns: columns)
    var parts = Tab.allCases.map { ("\($0)", frame(sight, number(of: $0))) }
    parts += [
      ("detail of a node", frame(sight, .enter)),
      ("detail of a guest", frame(sight, .character("2"), .end, .enter)),
      ("tree of nodes", frame(sight, .character("t"))),
      ("tree of tiers", frame(sight, .character("5"), .character("t"))),
      ("help", frame(sight, .character("?"))),
      ("a filter is written", frame(sight, .character("/"), .character("p"), .character("3"))),
    ]
    try expect(parts, are: "views-\(columns)")
  }

  @Test func `what is wrong is seen at once`() throws {
    try expect(
      [
        ("all is well", frame(Scene.sight(Scene.healthy))),
        ("two masters", frame(Scene.sight(Scene.splitBrain), .character("3"))),
        ("an election", frame(Scene.sight(Scene.election), .character("5"))),
        ("the floating IP in a tree", frame(Scene.sight(Scene.splitBrain), .character("t"))),
        ("before the first answer", frame(Scene.sight(nil))),
      ],
      are: "states-80"
    )
  }

  @Test func `without Unicode the frame is ASCII`() throws {
    let look = Look(isASCII: true)
    let parts = [
      ("nodes", frame(Scene.sight(look: look))),
      ("tree", frame(Scene.sight(look: look), .character("t"))),
      ("the Linux console", frame(Scene.sight(look: Look(hasPlainSigns: true)))),
    ]
    for (_, lines) in parts {
      #expect(lines.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } })
    }
    try expect(parts, are: "ascii-80")
  }

  @Test func `small terminals show the problems`() throws {
    try expect(
      [(16, 64), (15, 80), (14, 60), (10, 40), (9, 40), (5, 38), (3, 20), (2, 9), (1, 1)]
        .map { rows, columns in
          ("\(columns)x\(rows)", frame(Scene.sight(rows: rows, columns: columns)))
        } + [("40x10, all is well", frame(Scene.sight(Scene.healthy, rows: 10, columns: 40)))],
      are: "small"
    )
  }

  @Test func `a pipe gets every row and nothing that is only there for keys`() throws {
    var guests = ViewState()
    guests.tab = .guests
    try expect(
      [
        ("nodes", TopScreen.plainLines(ViewState(), Scene.sight(columns: 120))),
        ("guests", TopScreen.plainLines(guests, Scene.sight(columns: 80))),
      ],
      are: "plain"
    )
  }

  @Test func `a silent daemon is told and nothing passes for well`() throws {
    let link = Link(place: "x", trouble: "refused", lostFor: .seconds(75))
    let silent = frame(Scene.sight(Scene.healthy, later: 75, link: link))
    #expect(silent[0].contains("NO ANSWER for 1m"))
    #expect(silent[1].hasPrefix("Not known any more"))
    #expect(!silent[0].contains("OK"))
    let empty = frame(Scene.sight(nil, link: link))
    #expect(empty.contains { $0.contains("refused") })
    let old = frame(Scene.sight(Scene.healthy, later: 45))
    #expect(old[0].contains("STALE"))
    try expect(
      [("silent", silent), ("never answered", empty), ("old data", old)],
      are: "silent-80"
    )
  }

  /// One letter for each cell: the ink's first, a capital when bold, `#` when reversed, `,` when dim.
  private func styles(_ frame: Frame) -> [String] {
    (0..<frame.rows).map { row in
      let text = (0..<frame.columns).map { column -> String in
        let style = frame[row, column].style
        if style.isReverse { return style.ink == .plain ? "#" : "@" }
        let letter = style.ink == .plain ? "." : String("\(style.ink)".prefix(1))
        if style.isBold { return style.ink == .plain ? "B" : letter.uppercased() }
        return style.isDim ? "," : letter
      }.joined()
      return String(text.reversed().drop { $0 == "." }.reversed())
    }
  }

  @Test func `colour goes to what is wrong`() throws {
    var parts: [(String, [String])] = []
    for (title, snapshot) in [
      ("a node is down", Scene.snapshot), ("two masters", Scene.splitBrain),
      ("all is well", Scene.healthy),
    ] {
      let frame = Scene.frame(Scene.sight(snapshot), .character("3"))
      parts += [(title, frame.lines), ("\(title), its styles", styles(frame))]
    }
    try expect(parts, are: "styles-80")
  }

  @Test func `without colours words and signs tell each level apart`() {
    for isASCII in [false, true] {
      let glyphs = Glyphs(isASCII: isASCII)
      #expect(Set(Level.allCases.map { glyphs.sign($0) }).count == Level.allCases.count)
    }
    #expect(Set(Level.allCases.map(\.word)).count == Level.allCases.count)
  }

  @Test func `the same snapshot, size and state make the same frame`() {
    let sight = Scene.sight()
    #expect(Scene.frame(sight, .character("2")) == Scene.frame(sight, .character("2")))
  }
}
