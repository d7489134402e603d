// SPDX-License-Identifier: MIT
import Collectors
import Configuration
import MetricModel
import Net
import Polling
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct TargetsTests {
  private let http = HTTPClient(userAgent: "test")

  @Test func `every member of a tier is a target with its labels and pace`() {
    let found = DeclaredTargets(
      NginxCollector.self,
      """
      poll: {interval: 10s}
      architecture:
        tiers:
          - name: web
            nginx: {status: "http://{address}/s", interval: 5s, timeout: 2s}
            members:
              - {name: a, address: 192.0.2.1, node: n1}
              - {name: b, address: "fd00::1", interval: 1s}
          - {name: app, members: [{name: c, address: 192.0.2.3}]}
      """,
      http: http
    )
    #expect(found.faults == [])
    #expect(found.targets.map(\.key) == ["nginx/web/a", "nginx/web/b"])
    #expect(
      found.targets[0].labels
        == LabelSet(["job": "nginx", "instance": "a", "tier": "web", "node": "n1"])
    )
    #expect(found.targets.map(\.poll.interval) == [.seconds(5), .seconds(1)])
    #expect(found.targets.map(\.poll.timeout) == [.seconds(2), .seconds(1)])
  }

  @Test func `missing and faulty keys are told with their place`() {
    func faults(_ section: String, _ collector: any Collector.Type) -> [String] {
      let text = """
        architecture:
          tiers:
            - {name: web, members: [{name: a, address: h}], \(section)}
        """
      return DeclaredTargets(collector, text, http: http).faults
    }
    let nginx = NginxCollector.self
    let key = "architecture.tiers[0].nginx"
    #expect(
      faults("nginx: {}", nginx)
        == ["f:3:60: \(key).status: is required here: the URL of stub_status"]
    )
    #expect(
      faults("nginx: {status: h}", nginx)
        == ["f:3:69: \(key).status: must be a URL that begins with http:// or https://"]
    )
    #expect(
      faults(#"nginx: {status: "http://{adress}/"}"#, nginx) == [
        "f:3:69: \(key).status: knows no placeholder but {address}, which stands for each member's "
          + "address"
      ]
    )
    #expect(
      faults(#"nginx: {status: "http://h/", fingerprint: AB}"#, nginx) == [
        "f:3:95: \(key).fingerprint: must be the SHA-256 of the certificate: 64 hexadecimal digits"
      ]
    )
    #expect(
      faults(#"nginx: {status: "http://h/", ca_file: /c, fingerprint: AB}"#, nginx).count == 1
    )
    #expect(
      faults("http: {}", HTTPProbeCollector.self)
        == ["f:3:59: architecture.tiers[0].http.url: is required here: what is probed"]
    )
    #expect(faults("nginx: {status: \"http://h/\", stats: 1}", nginx).count == 1)
  }

  @Test func `an IPv6 address stands in brackets in the URL`() async throws {
    let server = try RawServer(.readHeader, .wait)
    let found = DeclaredTargets(
      HTTPProbeCollector.self,
      """
      architecture:
        tiers:
          - name: web
            http: {url: "http://{address}:\(server.port)/"}
            members: [{name: a, address: "::1"}]
      """,
      http: http
    )
    // Nobody listens on ::1 at that port; a URL without brackets could not even be sent.
    let kind = try await found.poll().failure?.kind
    #expect(kind == "refused" || kind == "connection_failed")
    server.stop()
  }

  @Test func `entries are probed as they stand`() {
    let found = DeclaredTargets(
      HTTPProbeCollector.self,
      """
      architecture:
        tiers:
          - {name: app, http: {url: "http://{address}:3000/"}, members: [{name: a, address: h}]}
        entry:
          - {name: site, url: "http://192.0.2.200/", interval: 3s, timeout: 1s}
      """,
      http: http
    )
    #expect(found.faults == [])
    #expect(found.targets.map(\.key) == ["probe/app/a", "probe//site"])
    #expect(found.targets[1].labels == LabelSet(["job": "probe", "instance": "site"]))
    #expect(found.targets[1].poll.interval == .seconds(3))
  }
}
