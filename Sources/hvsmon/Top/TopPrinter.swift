// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Polling
import Snapshot
import TopView

/// Prints views as text, or snapshots as JSON, for scripts and terminals that cannot be drawn on.
struct TopPrinter {
  let question: SnapshotQuestion
  let wish: TopCommand.Wish
  let traits: TerminalTraits

  /// Prints once, or until nobody reads any more.
  func run() async -> Int32 {
    let clock = SystemClock()
    var isFirst = true
    while true {
      do throws(SnapshotQuestion.Refusal) {
        let lines = try await lines()
        guard print((isFirst || wish.isJSON ? lines : [""] + lines)) else { return 0 }
      } catch {
        Terminal.complain("\(error.words).")
        if wish.period == nil { return 2 }
      }
      guard let period = wish.period, !wish.isOnce else { return 0 }
      isFirst = false
      await clock.sleep(until: clock.now + period)
    }
  }

  private func lines() async throws(SnapshotQuestion.Refusal) -> [String] {
    if wish.isJSON {
      let json = try await question.json()
      return [String(decoding: json, as: UTF8.self)]
    }
    let snapshot = try await question.snapshot()
    let sight = Sight(
      snapshot: snapshot,
      now: snapshot.time ?? SystemClock().now,
      link: Link(place: question.daemon.url),
      rows: 40,
      columns: traits.printedColumns,
      look: Look(isASCII: traits.isASCII)
    )
    return TopScreen.plainLines(wish.state, sight)
  }

  /// Prints lines with one call; false when nobody reads them any more.
  private func print(_ lines: [String]) -> Bool {
    var rest = Array((lines.joined(separator: "\n") + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      rest = rest.dropFirst(written)
    }
    return true
  }
}
