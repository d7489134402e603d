// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL
import TestSupport
import Testing

@testable import HTTPAPI

@Suite struct TopologyEndpointTests {
  private func route(
    _ name: String,
    topology: [UInt8]? = nil,
    stopVerdict: @escaping @Sendable (String) -> ClusterPorts.StopAnswer = { _ in .notYet }
  ) throws -> HTTPRoute {
    let ports = APIPorts.standIn(
      cluster: ClusterPorts(
        topology: { topology },
        stopVerdict: stopVerdict,
        snapshot: { _ in Array(#"{"schema_version":1}"#.utf8) }
      )
    )
    return try #require(
      APIRoutes.routes(over: ports).first { $0.path == .exact("/api/hvsmon/v1/\(name)") }
    )
  }

  private func ask(
    _ route: HTTPRoute,
    components: [String] = []
  ) async -> (status: Int, tree: JSONTree?) {
    let request = ServerRequest(
      path: "/api/hvsmon/v1/safe-to-stop",
      query: components.map { ServerRequest.Parameter(name: "component", value: $0) }
    )
    let response = await route.handler(request)
    return (response.status, try? JSONReader.read(response.body))
  }

  @Test func `the topology is handed on as it is`() async throws {
    let route = try route("topology", topology: Array(#"{"cluster":"hvs"}"#.utf8))
    #expect(route.role == .read && route.methods == ["GET"])
    let (status, tree) = await ask(route)
    #expect(status == 200)
    #expect(tree?["cluster"]?.string == "hvs")
  }

  @Test func `a snapshot is handed on as it is`() async throws {
    let route = try route("snapshot")
    #expect(route.role == .read && route.methods == ["GET"])
    let (status, tree) = await ask(route)
    #expect(status == 200)
    #expect(tree?["schema_version"]?.int == 1)
  }

  @Test func `before the first look both say so`() async throws {
    for name in ["topology", "safe-to-stop"] {
      let (status, tree) = await ask(try route(name), components: ["pve1"])
      #expect(status == 503)
      #expect(tree?["error"]?.string?.contains("not been looked at yet") == true)
    }
  }

  @Test func `a verdict is asked for by name and handed on`() async throws {
    let route = try route("safe-to-stop") { name in
      name == "pve1" ? .verdict(Array(#"{"safe_to_stop":"no"}"#.utf8)) : .noSuchComponent
    }
    #expect(route.role == .read && route.methods == ["GET"])
    let good = await ask(route, components: ["pve1"])
    #expect(good.status == 200)
    #expect(good.tree?["safe_to_stop"]?.string == "no")
    let none = await ask(route, components: ["pve\"9"])
    #expect(none.status == 404)
    #expect(none.tree?["error"]?.string?.contains("pve\"9") == true)
  }

  @Test func `a missing, empty, repeated, endless or ambiguous name is refused`() async throws {
    let route = try route("safe-to-stop") { _ in .ambiguous(["lxc/200", "lxc/201"]) }
    for names in [[], [""], ["a", "b"], [String(repeating: "x", count: 2_000)]] {
      let (status, tree) = await ask(route, components: names)
      #expect(status == 400)
      #expect(tree?["error"]?.string?.contains("component") == true)
    }
    let twin = await ask(route, components: ["twin"])
    #expect(twin.status == 400)
    #expect(twin.tree?["error"]?.string?.contains("lxc/200, lxc/201") == true)
  }
}
