// SPDX-License-Identifier: MIT
import Testing
import Topology

@Suite struct ComponentTests {
  @Test func `what others stand on comes first`() {
    let mixed: [Component] = [
      .entry("site"), .member("nginx1"), .node("b"), .guest(9), .tier("app"), .cluster, .guest(7),
      .node("a"),
    ]
    let ordered: [Component] = [
      .cluster, .node("a"), .node("b"), .guest(7), .guest(9), .member("nginx1"), .tier("app"),
      .entry("site"),
    ]
    #expect(mixed.sorted() == ordered)
  }
}
