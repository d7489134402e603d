// SPDX-License-Identifier: MIT

/// The answer of the query API.
struct QueryReply: Decodable {
  let data: QueryData?
  let error: String?
  let warnings: [String]?
  let infos: [String]?
}

/// A result of any type.
struct QueryData: Decodable {
  /// One series and its values, oldest first.
  struct Series {
    let name: String
    let values: [Point]
  }

  struct Point: Decodable {
    let time: Double
    let value: String

    init(from decoder: any Decoder) throws {
      var items = try decoder.unkeyedContainer()
      time = try items.decode(Double.self)
      value = try items.decode(String.self)
    }
  }

  enum Result {
    case single(Point)
    case vector([(name: String, value: Point)])
    case matrix([Series])
  }

  let result: Result

  private enum Key: String, CodingKey {
    case resultType
    case result
  }

  private struct VectorItem: Decodable {
    let metric: [String: String]
    let value: Point
  }

  private struct MatrixItem: Decodable {
    let metric: [String: String]
    let values: [Point]
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    switch try container.decode(String.self, forKey: .resultType) {
    case "vector":
      result = .vector(
        try container.decode([VectorItem].self, forKey: .result)
          .map { (Self.text($0.metric), $0.value) }
      )
    case "matrix":
      result = .matrix(
        try container.decode([MatrixItem].self, forKey: .result)
          .map { Series(name: Self.text($0.metric), values: $0.values) }
      )
    default: result = .single(try container.decode(Point.self, forKey: .result))
    }
  }

  /// One line a value.
  var lines: [String] {
    switch result {
    case .single(let point): [point.value]
    case .vector(let items): items.map { "\($0.name) \($0.value.value)" }
    case .matrix(let series):
      series.flatMap { one in one.values.map { "\(one.name) \($0.value) @\($0.time)" } }
    }
  }

  private static func text(_ labels: [String: String]) -> String {
    let pairs = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\"\($0.value)\"" }
    return "\(labels["__name__"] ?? ""){\(pairs.joined(separator: ", "))}"
  }
}
