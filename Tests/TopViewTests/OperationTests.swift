// SPDX-License-Identifier: MIT
import Testing

@testable import TopView

/// Acknowledging and silencing.
@Suite struct OperationTests {
  private func wish(_ keys: [Key]) -> (wish: Wish?, state: ViewState) {
    let sight = Scene.sight()
    var state = ViewState()
    var wish: Wish?
    state.settle(sight)
    for key in keys { wish = state.handle(key, sight) }
    return (wish, state)
  }

  private func typed(_ text: String) -> [Key] { text.map { .character($0) } }

  @Test func `an acknowledgement names all labels of the alert and says why`() {
    let keys: [Key] = [.character("7"), .character("a")]
    let (wish, state) = wish(keys + typed("new fan at 10, q") + [.enter])
    #expect(
      wish
        == .operate(
          .acknowledge(alert: "NodeDown{node=\"pve2\"}", comment: "new fan at 10, q")
        )
    )
    #expect(state.prompt == nil && state.mode == .table)
  }

  @Test func `a silence has a span, a reason and the labels of the alert`() {
    let (wish, _) = wish([.character("7"), .character("m")] + typed("at the vendor") + [.enter])
    guard case .operate(.silence(let labels, let span, let comment))? = wish else {
      Issue.record("nothing was wished")
      return
    }
    #expect(labels.map { "\($0.name)=\($0.value)" } == ["alertname=NodeDown", "node=pve2"])
    #expect(span == .seconds(7_200) && comment == "at the vendor")
  }

  @Test(arguments: ["", "2h", "2h ", "vendor", "0m x", "8d x", "99999999999999999999h x", "2w x"])
  func `a silence without an end or a reason is not sent`(_ text: String) {
    let (wish, state) = wish(
      [.character("7"), .character("m"), .control("u")] + typed(text) + [.enter]
    )
    #expect(wish == nil && state.prompt != nil && state.message != nil)
    let frame = TopScreen.frame(state, Scene.sight())
    #expect(frame.lines.last?.contains("silence NodeDown") == true)
  }

  @Test func `the detail of an alert can be acknowledged, and nothing else`() {
    #expect(wish([.character("7"), .enter, .character("a")]).state.prompt != nil)
    let (_, state) = wish([.character("1"), .character("a")])
    #expect(state.prompt == nil && state.message?.contains("7 lists them") == true)
    #expect(wish([.character("7"), .character("m"), .escape]).state.prompt == nil)
  }

  @Test func `what is written stays in sight however narrow the terminal is`() {
    var state = ViewState()
    let keys: [Key] =
      [.character("7"), .character("a")] + typed(String(repeating: "漢字x", count: 60))
    let sight = Scene.sight()
    state.settle(sight)
    for key in keys { _ = state.handle(key, sight) }
    for columns in [64, 80, 200] {
      let line = TopScreen.frame(state, Scene.sight(columns: columns)).lines.last ?? ""
      #expect(line.contains("漢字x"))
    }
    for columns in 1...12 { _ = TopScreen.frame(state, Scene.sight(columns: columns)) }
  }

  @Test func `an answer of the daemon is shown until the next key`() {
    var state = ViewState()
    state.say("acknowledged")
    let sight = Scene.sight()
    #expect(TopScreen.frame(state, sight).lines.last?.contains("acknowledged") == true)
    _ = state.handle(.down, sight)
    #expect(TopScreen.frame(state, sight).lines.last?.contains("acknowledged") == false)
  }
}
