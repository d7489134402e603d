// SPDX-License-Identifier: MIT
import FoundationEssentials
import Net

/// The way from a command to the running daemon.
struct DaemonConnection {
  /// Where a daemon listens unless its settings say otherwise.
  static let standardURL = "http://127.0.0.1:9820"

  /// The address, without a stroke at its end.
  let url: String
  private let token: String?
  private let tokenFile: String?

  /// Takes `--url` and `--token-file` from the command line.
  init(_ arguments: inout Arguments) throws(UsageError) {
    let given = try arguments.value("--url") ?? Self.standardURL
    url = given.hasSuffix("/") ? String(given.dropLast()) : given
    tokenFile = try arguments.value("--token-file")
    token = try tokenFile.map { file throws(UsageError) in
      try Self.token(in: file)
    }
  }

  /// Asks for a path below the address.
  func ask(
    _ path: String,
    method: String = "GET",
    form: String? = nil,
    json: [UInt8]? = nil,
    timeout: Duration = .seconds(30)
  ) async throws(HTTPClientError) -> HTTPResponse {
    let client = HTTPClient(userAgent: "hvsmon")
    do throws(HTTPClientError) {
      let response = try await ask(
        path,
        method: method,
        form: form,
        json: json,
        through: client,
        timeout: timeout
      )
      await client.close()
      return response
    } catch {
      await client.close()
      throw error
    }
  }

  /// Asks for a path below the address through a client that stays.
  func ask(
    _ path: String,
    method: String = "GET",
    form: String? = nil,
    json: [UInt8]? = nil,
    through client: HTTPClient,
    timeout: Duration
  ) async throws(HTTPClientError) -> HTTPResponse {
    var headers: HTTPHeaders = [:]
    if form != nil { headers.add("Content-Type", "application/x-www-form-urlencoded") }
    if json != nil { headers.add("Content-Type", "application/json") }
    if let token { headers.add("Authorization", "Bearer \(token)") }
    let request = HTTPRequest(
      method: method,
      url: url + path,
      headers: headers,
      body: form.map { Array($0.utf8) } ?? json ?? [],
      timeout: timeout
    )
    return try await client.send(request)
  }

  /// What to do about a login that was refused; nil for every other answer.
  func loginRefusal(in response: HTTPResponse) -> String? {
    guard [401, 403].contains(response.status) else { return nil }
    let hint = tokenFile.map { "the token in \($0) is not one that may do this" }
    return "login refused: \(hint ?? "give --token-file")"
  }

  private static func token(in file: String) throws(UsageError) -> String {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw UsageError(description: "cannot read the token file \(file)")
    }
    return text.filter { !$0.isNewline }
  }
}
