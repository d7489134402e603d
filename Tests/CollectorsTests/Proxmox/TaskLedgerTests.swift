// SPDX-License-Identifier: MIT
import MetricModel
import Polling
import Testing

@testable import Collectors

@Suite struct TaskLedgerTests {
  private let metric = "hvsmon_pve_tasks_finished_total"

  private func task(
    _ upid: String,
    node: String = "n1",
    type: String = "vzdump",
    status: String? = "OK"
  ) -> JSONTree {
    let ended: [JSONTree.Member] =
      status.map {
        [.init("endtime", .integer(1)), .init("status", .text($0))]
      } ?? []
    return .object(
      [
        .init("upid", .text(upid)), .init("node", .text(node)), .init("type", .text(type)),
      ] + ended
    )
  }

  @Test func `what had ended before is not counted, what ends then is, once`() {
    let ledger = TaskLedger()
    let first = ledger.note(.list([task("a"), task("b", status: "job errors")]))
    first.expectSound()
    // A kind of task is known with zero, so that the first failure is an increase.
    #expect(first.value(metric, ["node": "n1", "type": "vzdump", "result": "error"]) == 0)
    #expect(first.value(metric, ["result": "ok"]) == 0)
    let running = task("c", status: nil)
    #expect(ledger.note(.list([running, task("a")])).value(metric, ["result": "error"]) == 0)
    for _ in 0..<3 {
      let ended = ledger.note(.list([task("c", status: "job errors"), task("d"), task("a")]))
      #expect(ended.value(metric, ["node": "n1", "type": "vzdump", "result": "error"]) == 1)
      #expect(ended.value(metric, ["result": "ok"]) == 1)
    }
  }

  @Test func `nodes, types and results are told apart`() {
    let ledger = TaskLedger()
    #expect(ledger.note(.list([])).isEmpty)
    let found = ledger.note(
      .list([
        task("a", status: "WARNINGS: 1"), task("b", node: "n2", status: "unexpected status"),
        task("c", type: "vzstart", status: "startup for container '1' failed"), .null,
        .object([.init("node", .text("n1"))]),
      ])
    )
    found.expectSound()
    #expect(found.value(metric, ["node": "n1", "type": "vzdump", "result": "warning"]) == 1)
    #expect(found.value(metric, ["node": "n2", "type": "vzdump", "result": "unknown"]) == 1)
    #expect(found.value(metric, ["node": "n1", "type": "vzstart", "result": "error"]) == 1)
  }

  @Test func `a task that was not listed for a while is not counted again`() {
    let ledger = TaskLedger()
    _ = ledger.note(.list([]))
    _ = ledger.note(.list([task("a")]))
    for _ in 0..<10 { _ = ledger.note(.list([])) }
    #expect(ledger.note(.list([task("a")])).value(metric, ["result": "ok"]) == 1)
  }

  @Test func `the oldest are forgotten beyond the limit, and types beyond theirs are not counted`()
  {
    let ledger = TaskLedger()
    _ = ledger.note(.list([]))
    let many = (0..<TaskLedger.tasksMax + 10).map { task("t\($0)") }
    let counted = Double(many.count)
    #expect(ledger.note(.list(many)).value(metric, ["result": "ok"]) == counted)
    let types = (0..<TaskLedger.countersMax + 10).map { task("u\($0)", type: "t\($0)") }
    #expect(ledger.note(.list(types)).count(metric) == 2 * TaskLedger.countersMax)
  }
}
