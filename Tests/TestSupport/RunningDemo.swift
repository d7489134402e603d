// SPDX-License-Identifier: MIT

/// `hvsmon demo` as a process of its own.
package final class RunningDemo: Sendable {
  /// The demo ended, or never said where it listens.
  package struct NotThere: Error {
    /// What it wrote to its standard error.
    package let errorOutput: String
  }

  /// Its address, without a stroke at the end.
  package let url: String
  private let process: ChildProcess

  /// Starts a demo with more words of its command line, and waits until it watches.
  package convenience init(_ words: String..., listen: String = "127.0.0.1:0") async throws {
    try await self.init(words, listen: listen)
  }

  /// Starts a demo with more words of its command line, and waits until it watches.
  package init(_ words: [String], listen: String = "127.0.0.1:0") async throws {
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
    guard let found else { throw NotThere(errorOutput: process.errorOutput) }
    url = found
  }

  /// The port of its address.
  package var port: UInt16 { url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

  /// Everything it wrote so far.
  package var output: String { process.output }

  /// Ends it as Ctrl-C would.
  package func stop() async throws {
    process.send(.interrupt)
    _ = try await process.waitForExit(timeout: .seconds(30))
  }
}
