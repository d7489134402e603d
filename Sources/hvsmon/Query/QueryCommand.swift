// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net

/// `hvsmon query`.
enum QueryCommand: Command {
  static let name = "query"
  static let summary = "evaluate a PromQL expression"
  static let help = """
    hvsmon query EXPRESSION [--url URL] [--time TIME] [--token-file FILE] [--json]

    Asks the running daemon and prints one line per series. TIME is in Unix seconds or RFC 3339.
    URL is \(DaemonConnection.standardURL) unless given.

    Exit status: 0 good, 1 the expression was refused, 2 the daemon cannot be reached.

    Example: hvsmon query 'sum by (tier) (up)'
    """

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let daemon = try DaemonConnection(&arguments)
    let time = try arguments.value("--time")
    let isJSON = arguments.flag("--json")
    let words = try arguments.rest(atMost: 1)
    guard let expression = words.first else {
      throw UsageError(description: "an expression is missing")
    }
    var form = "query=\(URLText.encoded(expression))"
    if let time { form += "&time=\(URLText.encoded(time))" }
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await daemon.ask(
        "/api/v1/query",
        method: "POST",
        form: form,
        timeout: .seconds(130)
      )
    } catch {
      Terminal.complain("\(error). Is the daemon running? --url names another address.")
      return 2
    }
    if isJSON {
      Terminal.print(response.text)
      return response.status == 200 ? 0 : 1
    }
    return report(response)
  }

  private static func report(_ response: HTTPResponse) -> Int32 {
    guard
      let reply = try? JSONDecoder().decode(QueryReply.self, from: Data(response.body))
    else {
      Terminal.complain("the answer (HTTP status \(response.status)) is not that of a query API")
      return 2
    }
    for warning in (reply.warnings ?? []) + (reply.infos ?? []) { Terminal.complain(warning) }
    guard let data = reply.data else {
      Terminal.complain(reply.error ?? "the query failed")
      return 1
    }
    for line in data.lines { Terminal.print(line) }
    return 0
  }
}

/// The answer of the query API.
private struct QueryReply: Decodable {
  let data: QueryData?
  let error: String?
  let warnings: [String]?
  let infos: [String]?
}

/// A result of any type as lines of text.
private struct QueryData: Decodable {
  let lines: [String]

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

  private struct Point: Decodable {
    let time: Double
    let value: String

    init(from decoder: any Decoder) throws {
      var items = try decoder.unkeyedContainer()
      time = try items.decode(Double.self)
      value = try items.decode(String.self)
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    switch try container.decode(String.self, forKey: .resultType) {
    case "vector":
      lines = try container.decode([VectorItem].self, forKey: .result).map {
        "\(Self.text($0.metric)) \($0.value.value)"
      }
    case "matrix":
      lines = try container.decode([MatrixItem].self, forKey: .result).flatMap { item in
        item.values.map { "\(Self.text(item.metric)) \($0.value) @\($0.time)" }
      }
    default:
      lines = [try container.decode(Point.self, forKey: .result).value]
    }
  }

  private static func text(_ labels: [String: String]) -> String {
    let pairs = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\"\($0.value)\"" }
    return "\(labels["__name__"] ?? ""){\(pairs.joined(separator: ", "))}"
  }
}
