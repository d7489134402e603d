// SPDX-License-Identifier: MIT
import TestSupport
import Testing

/// `hvsmon demo` as a process of its own, once it watches.
struct RunningDemo {
  let process: ChildProcess
  /// Where it answers, without a slash at the end.
  let url: String

  init(_ words: [String], listen: String = "127.0.0.1:0") async throws {
    process = try ChildProcess(
      ChildProcess.builtExecutable("hvsmon"),
      ["demo", "--listen", listen, "--for", "10m"] + words
    )
    var found: String?
    for await line in process.outputLines {
      guard let place = line.split(separator: " ").last, place.hasSuffix("/metrics") else {
        continue
      }
      found = String(place.dropLast("/metrics".count))
      break
    }
    url = try #require(found)
  }

  func stop() async throws {
    process.send(.interrupt)
    try await process.waitForExit(timeout: .seconds(30))
  }
}
