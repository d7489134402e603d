// SPDX-License-Identifier: MIT
import Net
import Synchronization
import TestSupport

/// Debian's nginx on a loopback port, with a status page.
final class RealNginx: Sendable {
  let port: UInt16
  private let folder: TemporaryFolder
  private let process = Mutex<ChildProcess?>(nil)

  init() throws {
    port = FreePort.next()
    folder = try TemporaryFolder()
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: " ")
    _ = try folder.write(
      "nginx.conf",
      """
      daemon off; pid \(folder.file("pid")); error_log \(folder.file("error.log"));
      worker_processes 1; user root;
      events {}
      http {
        access_log off; \(paths)
        server { listen 127.0.0.1:\(port); location = /nginx_status { stub_status; } }
      }
      """
    )
  }

  var statusURL: String { "http://127.0.0.1:\(port)/nginx_status" }

  /// Starts nginx and returns when it answers.
  func start(_ client: HTTPClient) async throws {
    let arguments = ["-c", folder.file("nginx.conf"), "-e", folder.file("error.log")]
    let started = try ChildProcess(Peers.nginx, arguments)
    process.withLock { $0 = started }
    let isUp = await eventually {
      do throws(HTTPClientError) {
        return try await client.send(HTTPRequest(url: statusURL, reusesConnection: false))
          .status == 200
      } catch {
        return false
      }
    }
    guard isUp else { throw NotStarted(log: started.errorOutput) }
  }

  /// Ends nginx and returns when its processes are gone.
  func stop(_ signal: ChildProcess.Signal = .terminate) async throws {
    let running = process.withLock { process in
      defer { process = nil }
      return process
    }
    _ = try await running?.terminate(signal)
  }

  struct NotStarted: Error {
    let log: String
  }
}
