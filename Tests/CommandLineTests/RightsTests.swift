// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Net
import TestSupport
import Testing

/// The program without the right to open raw sockets, as it runs unless somebody gives it that.
@Suite(.timeLimit(.minutes(1))) struct RightsTests {
  /// How a process is started without CAP_NET_RAW; nil when this one has to and cannot.
  private static let withoutRight: [String]? = {
    guard getuid() == 0 else { return [] }
    guard access("/usr/bin/setpriv", X_OK) == 0 else {
      print("skipped: setpriv is missing")
      return nil
    }
    return ["/usr/bin/setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"]
  }()

  private static let sections = """
    architecture:
      tiers:
        - name: load-balancer
          members:
            - {name: nginx1, address: 127.0.0.11, vrrp_priority: 101}
            - {name: nginx2, address: 127.0.0.12, vrrp_priority: 100}
          vrrp:
            instance: VI_1
            router_id: 55
            address: 127.0.0.20
            interface: lo
            sources: [advertisements, probe]
    """

  @Test(.enabled(if: withoutRight != nil))
  func `without the right to raw sockets those witnesses are off, say so and prove nothing`()
    async throws
  {
    let folder = try TemporaryFolder()
    let config = try folder.write(
      "hvsmon.yml",
      """
      storage: {path: \(folder.file("s.sqlite"))}
      http: {listen: "127.0.0.1:0"}
      poll: {interval: 1s, timeout: 1s}
      \(Self.sections)
      """
    )
    let words =
      (Self.withoutRight ?? []) + [ChildProcess.builtExecutable("hvsmon"), "serve"]
      + ["--config", config]
    let serve = try ChildProcess(words[0], Array(words.dropFirst()))
    let isTold = await eventually(within: .seconds(20)) {
      serve.errorOutput.contains("VRRP advertisements cannot be read; give hvsmon CAP_NET_RAW")
    }
    #expect(isTold, "\(serve.errorOutput)")
    let port = try #require(serve.errorOutput.firstMatch(of: /msg=started .*port=([0-9]+)/)).output
      .1
    let client = HTTPClient(userAgent: "test")
    func shows(_ parts: String...) async throws -> Bool {
      let metrics = try await client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics")).text
      return metrics.split(separator: "\n").contains { line in
        parts.allSatisfy { line.contains($0) }
      }
    }
    for witness in ["advertisements", "probe"] {
      let isOff = try await eventually(within: .seconds(15)) {
        try await shows(
          "hvsmon_vrrp_witness_up{",
          "witness=\"\(witness)\"",
          "reason=\"not_permitted\"",
          "} 0"
        )
      }
      #expect(isOff, "\(witness)")
    }
    // Silence that is its own is no missing master.
    #expect(try await shows("hvsmon_vrrp_verdict{", "state=\"unknown\"", "} 1"))
    #expect(try await shows("hvsmon_vrrp_verdict{", "state=\"none\"", "} 0"))
    #expect(try await !shows("hvsmon_vrrp_master{"))
    #expect(try await !shows("hvsmon_vrrp_masters{"))
    // Said once, not at each try.
    #expect(serve.errorOutput.ranges(of: "cannot be read; give hvsmon").count == 1)
    #expect(try await serve.terminate() == .code(0))
    await client.close()
  }
}
