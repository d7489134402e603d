// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Polling
import RemoteShell
import TestSupport
import Testing

@testable import Collectors

/// This machine's own facts, through a real ssh and a real sshd.
@Suite(.timeLimit(.minutes(1)), .enabled(if: RealSSHD.program != nil))
struct RealHostTests {
  @Test func `collectors of one host share its connection`() async throws {
    let sshd = try await RealSSHD()
    try await sshd.start()
    let http = HTTPClient(userAgent: "test")
    let settings = """
      ssh:
        user: \(RealSSHD.user)
        identity_file: \(sshd.folder.file("identity"))
        known_hosts_file: \(sshd.folder.file("known_hosts"))
        port: \(sshd.port)
      architecture:
        tiers:
          - name: app
            members: [{name: here, address: 127.0.0.1}]
            nginx: {status: "http://{address}/s", expect: {upstream: app}}
            pm2: {processes: [{name: no-such-process-here}]}
      """
    let services = CollectorServices(http: http)
    let collectors: [any Collector.Type] = [NginxHostCollector.self, PM2Collector.self]
    let targets = collectors.flatMap { collector in
      DeclaredTargets(collector, settings, services: services).targets
    }
    try #require(targets.count == 2)
    #expect(Set(targets.map(\.slotKey)) == ["ssh/127.0.0.1"])
    let poll = Poll(time: .epoch, timeout: .seconds(10))
    async let nginx = targets[0].collector.collect(poll)
    async let pm2 = targets[1].collector.collect(poll)
    let (ofNginx, ofPM2) = try await (nginx, pm2)
    #expect(ofNginx.isUp && ofPM2.isUp)
    #expect(ofNginx.value("hvsmon_nginx_workers") != nil)
    #expect(ofPM2.value("hvsmon_pm2_up") == 0)
    #expect(ofPM2.value("hvsmon_pm2_instances_online", ["process": "no-such-process-here"]) == 0)
    #expect(sshd.logins == 1)
    await services.stop()
    await http.close()
    try await sshd.stop()
  }
}
