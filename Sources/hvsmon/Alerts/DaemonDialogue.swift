// SPDX-License-Identifier: MIT
import MetricModel
import Net

/// Questions to the daemon whose answers are JSON; what goes wrong is told to the user.
struct DaemonDialogue {
  /// Why there is no answer, as the exit status.
  struct NoAnswer: Error {
    let status: Int32
  }

  /// What came back.
  struct Answer {
    let tree: JSONTree
    let text: String
  }

  private let daemon: DaemonConnection

  init(_ daemon: DaemonConnection) {
    self.daemon = daemon
  }

  /// Asks; anything but success is told and thrown.
  ///
  /// - Throws: Status 1 when the daemon refused, 2 when it could not be asked.
  func ask(
    _ path: String,
    _ parameters: [(String, String)] = [],
    method: String = "GET",
    json: [UInt8]? = nil,
    timeout: Duration = .seconds(30)
  ) async throws(NoAnswer) -> Answer {
    let query = parameters.map { "\($0.0)=\(URLText.encoded($0.1))" }.joined(separator: "&")
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await daemon.ask(
        query.isEmpty ? path : "\(path)?\(query)",
        method: method,
        json: json,
        timeout: timeout
      )
    } catch {
      Terminal.complain("\(error). Is the daemon running? --url names another address.")
      throw NoAnswer(status: 2)
    }
    if let refusal = daemon.loginRefusal(in: response) {
      Terminal.complain(refusal)
      throw NoAnswer(status: 2)
    }
    guard let tree = Self.tree(response) else {
      Terminal.complain("the answer (HTTP status \(response.status)) is not that of hvsmon")
      throw NoAnswer(status: 2)
    }
    guard response.status == 200 else {
      let reason = tree["error"]?.string ?? tree["message"]?.string ?? tree.string
      Terminal.complain(reason ?? "HTTP status \(response.status)")
      throw NoAnswer(status: 1)
    }
    return Answer(tree: tree, text: response.text)
  }

  private static func tree(_ response: HTTPResponse) -> JSONTree? {
    // Alertmanager's API answers some changes with nothing.
    if response.status == 200, response.body.isEmpty { return .object([]) }
    do throws(JSONError) {
      return try JSONReader.read(response.body)
    } catch {
      return nil
    }
  }
}
