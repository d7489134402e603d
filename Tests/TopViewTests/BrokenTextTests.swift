// SPDX-License-Identifier: MIT
import Snapshot
import Testing

@testable import TopView

/// Text that tries to break the frame.
@Suite struct BrokenTextTests {
  private static let names = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}x", "a\nb\rc\td", "\u{9b}31mred", "日本語のノード",
    "e\u{301}\u{302}\u{303}\u{304}",
    "שלום עולם", "\u{202e}gnp.exe\u{202c}", "👩‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "👍🏽❤️", "a\u{200b}\u{feff}b",
    "\u{e000}\u{fffff}",
    String(repeating: "w", count: 200), String(repeating: "漢", count: 120), "", " ", "\u{0}",
    "\u{1100}\u{1161}\u{11a8}", "z\u{0300}\u{0300}\u{0300}\u{0300}\u{0300}\u{0300}",
  ]

  /// The snapshot with every text replaced.
  private func snapshot(named name: String) -> ClusterSnapshot {
    var snapshot = Scene.snapshot
    snapshot.cluster = name
    snapshot.verdict?.words = name
    snapshot.verdict?.situation = name
    for index in snapshot.nodes.indices {
      snapshot.nodes[index].name = "\(name)\(index)"
      snapshot.nodes[index].evidence = name
    }
    for index in snapshot.guests.indices {
      snapshot.guests[index].name = name
      snapshot.guests[index].node = name
      snapshot.guests[index].condition.note = name
    }
    for index in snapshot.alerts.indices {
      snapshot.alerts[index].name = name
      snapshot.alerts[index].summary = name
    }
    for index in snapshot.changes.indices { snapshot.changes[index].words = name }
    for index in snapshot.tiers.indices { snapshot.tiers[index].name = name }
    snapshot.floatingAddresses[0].holders = [name]
    return snapshot
  }

  /// Every row is whole: its cells add up, and nothing in it moves a cursor.
  private func expectWhole(_ frame: Frame, _ name: String) {
    for row in 0..<frame.rows {
      var column = 0
      while column < frame.columns {
        let cell = frame[row, column]
        #expect(cell.width == 1 || cell.width == 2, "\(name.debugDescription) row \(row)")
        guard cell.width > 0 else { return }
        let isClean = cell.text.unicodeScalars.allSatisfy { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
            false
          default: true
          }
        }
        #expect(isClean, "\(name.debugDescription) row \(row)")
        if cell.width == 2 {
          #expect(column + 1 < frame.columns)
          #expect(frame[row, column + 1].width == 0)
        }
        column += cell.width
      }
      #expect(column == frame.columns)
    }
  }

  @Test(arguments: names)
  func `no name breaks any view`(_ name: String) {
    let snapshot = snapshot(named: name)
    for columns in [40, 64, 80, 133] {
      let sight = Scene.sight(snapshot, columns: columns)
      for tab in Tab.allCases {
        let number = Character(String(tab.rawValue + 1))
        expectWhole(Scene.frame(sight, .character(number)), name)
        expectWhole(Scene.frame(sight, .character(number), .enter), name)
      }
      expectWhole(Scene.frame(sight, .character("t")), name)
    }
  }

  @Test func `every size from one cell on can be drawn`() {
    for rows in [1, 2, 3, 4, 5, 9, 10, 11, 15, 16, 17, 24, 80] {
      for columns in [1, 2, 3, 7, 20, 39, 40, 41, 63, 64, 65, 79, 80, 300] {
        let sight = Scene.sight(rows: rows, columns: columns)
        for keys: [Key] in [[], [.enter], [.character("?")], [.character("/")], [.character("7")]] {
          var state = ViewState()
          state.settle(sight)
          for key in keys { _ = state.handle(key, sight) }
          let frame = TopScreen.frame(state, sight)
          #expect(frame.rows == rows && frame.columns == columns)
          expectWhole(frame, "\(rows)x\(columns)")
        }
      }
    }
  }

  @Test func `an escape sequence shows as harmless text`() {
    let line = CleanText.line("\u{1b}[31mred\u{7}\u{202e}x")
    #expect(line == "·[31mred·x")
    #expect(CleanText.width(of: "日本") == 4)
    #expect(CleanText.width(of: "e\u{301}") == 1)
    #expect(CleanText.line("🇩🇪") == "DE")
  }

  @Test func `a wide character that does not fit is left out whole`() {
    var frame = Frame(rows: 1, columns: 5)
    frame.put("a漢字b", row: 0, column: 0)
    #expect(frame.lines == ["a漢…"])
    frame.put("x", row: 0, column: 1)
    #expect(frame.lines == ["ax …"])
  }
}
