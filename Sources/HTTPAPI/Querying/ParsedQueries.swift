// SPDX-License-Identifier: MIT
import PromQL
import Synchronization

/// Expressions of the queries that were asked lately: dashboards ask the same ones again and again.
final class ParsedQueries: Sendable {
  private struct State {
    /// By their bytes: texts that look alike may select different series.
    var expressions: [[UInt8]: Expression] = [:]
    var bytes = 0
  }

  /// Longer texts are parsed each time.
  private static let textMax = 4_096
  /// The texts that are kept together; then all are forgotten, as they come again soon.
  private static let bytesMax = 64 << 10
  private let state = Mutex(State())

  /// The expression of a query.
  func expression(_ text: String) throws(PromQLParseError) -> Expression {
    let key = Array(text.utf8)
    if let known = state.withLock({ $0.expressions[key] }) { return known }
    let expression = try PromQLParser.parse(text)
    guard key.count <= Self.textMax else { return expression }
    state.withLock { state in
      if state.bytes + key.count > Self.bytesMax {
        state.expressions.removeAll()
        state.bytes = 0
      }
      if state.expressions.updateValue(expression, forKey: key) == nil { state.bytes += key.count }
    }
    return expression
  }
}
