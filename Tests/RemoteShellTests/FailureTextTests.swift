// SPDX-License-Identifier: MIT
import FoundationEssentials
import TestSupport
import Testing

@testable import RemoteShell

@Suite struct FailureTextTests {
  /// One recorded failure: `[class] rc=N t=N :: stderr`.
  private struct Recording {
    let name: String
    let status: Int
    let output: [UInt8]
  }

  private func recordings() throws -> [Recording] {
    guard let shared = SharedFolder.path else { return [] }
    let file = URL(fileURLWithPath: shared + "/fixtures/ssh/failure-texts.txt")
    return String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("[") }.compactMap { line in
        guard let bracket = line.firstIndex(of: "]"), let equals = line.firstIndex(of: "=") else {
          return nil
        }
        let digits = line[line.index(after: equals)...].prefix { $0.isNumber }
        let parts = line.split(separator: "::", maxSplits: 1)
        let text = (parts.count > 1 ? parts[1] : "").map { $0 == "|" ? "\n" : $0 }
        return Recording(
          name: String(line[line.index(after: line.startIndex)..<bracket]),
          status: Int(digits) ?? -1,
          output: Array(String(text).utf8)
        )
      }
  }

  @Test func `each recorded failure has its class`() throws {
    let expected: [String: RemoteShellError] = [
      "remote-exit-3": .commandFailed(status: 3),
      "remote-exit-255": .connectionLost,
      "remote-killed": .connectionLost,
      "cmd-not-found": .commandFailed(status: 127),
      "hostkey-changed": .hostKeyChanged,
      "hostkey-unknown": .hostKeyUnknown,
      "auth-denied": .authenticationRefused,
      "no-identity": .keyFileUnusable(.missing),
      "refused": .refused,
      "no-route-arp": .timedOut(during: .connecting, after: nil),
      "no-route-arp-long": .unreachable,
      "blackhole-route": .unreachable,
      "unreachable-route": .unreachable,
      "timeout-dropped": .timedOut(during: .connecting, after: nil),
      "dns": .nameNotResolved,
      "not-ssh-http-port": .notSSH,
      "kex-mismatch": .noCommonAlgorithm,
      "sshd-frozen": .bannerTimeout,
      "key-perms": .keyFileUnusable(.readableByOthers),
    ]
    let recordings = try recordings()
    guard !recordings.isEmpty else {
      print("skipped: shared/fixtures/ssh is missing")
      return
    }
    for recording in recordings where recording.name != "ok" {
      let error = FailureText.error(
        in: recording.output,
        end: .code(recording.status),
        wasOpen: false
      )
      #expect(error == expected[recording.name], "\(recording.name)")
    }
    #expect(Set(expected.keys).isSubset(of: recordings.map(\.name)))
  }

  @Test func `a broken session is a lost connection`() {
    let texts = [
      "mux_client_request_session: read from master failed: Broken pipe\n",
      "Timeout, server 192.168.30.100 not responding.\r\n",
      "Connection to 192.168.30.100 closed by remote host.\r\n",
      "client_loop: send disconnect: Connection reset\n", "",
    ]
    for text in texts {
      let error = FailureText.error(in: Array(text.utf8), end: .code(255), wasOpen: true)
      #expect(error == .connectionLost)
    }
  }

  @Test func `a banner before the reason does not hide it`() {
    let text =
      "Authorised use only\nConnection refused to strangers\n@@@\n"
      + "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
    let error = FailureText.error(in: Array(text.utf8), end: .code(255), wasOpen: false)
    #expect(error == .hostKeyChanged)
    #expect(error.isAlarm)
    #expect(!RemoteShellError.hostKeyUnknown.isAlarm)
  }

  @Test func `a text that nobody knows is shown by its last line without control characters`() {
    let text = "first\n\u{1b}[31msecond\u{7} \(String(repeating: "x", count: 400))\r\n\n"
    let error = FailureText.error(in: Array(text.utf8), end: .code(255), wasOpen: false)
    guard case .other(let line) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(line.hasPrefix("[31msecond xxx"))
    #expect(line.utf8.count == 200)
  }

  @Test func `every failure has a sentence and one word`() {
    let all: [RemoteShellError] = [
      .hostKeyChanged, .hostKeyUnknown, .authenticationRefused, .keyFileUnusable(.unreadable),
      .refused, .timedOut(during: .answering, after: .seconds(4)), .unreachable, .nameNotResolved,
      .bannerTimeout, .notSSH, .noCommonAlgorithm, .connectionLost, .programMissing("ssh"),
      .outputTooLarge(.output, limitBytes: 4), .commandFailed(status: 1), .factsVersion("2"),
      .requestRefused, .malformedAnswer(reason: "x"), .truncated, .queueFull(limit: 1), .cancelled,
    ]
    for error in all {
      #expect(!error.description.hasSuffix("."))
      #expect(error.kind.allSatisfy { $0.isLowercase || $0 == "_" })
    }
  }
}
