// SPDX-License-Identifier: MIT
import MetricModel

extension Evaluation {
  func call(
    _ call: FunctionCall,
    at position: SourcePosition,
    on grid: EvaluationGrid
  ) throws(QueryError) -> Evaluated {
    throw .unsupported(function: call.function.rawValue)
  }
}
