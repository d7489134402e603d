// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
import Net
package import Polling
import Topology

/// Sends requests through the floating address as one client, and tells whether all of them reach
/// the same server: what `ip_hash` is for.
///
/// From one place only one address can be tried, and its whole /24 goes to one server: the servers
/// themselves are covered by the tier's own probes.
package final class NginxStickyCollector: Collector {
  package static let name = "nginx_sticky"
  package static var metrics: [MetricDefinition] { NginxStickyMetrics.all }

  /// Requests of users go the same way, and a rate limit counts these along.
  private static let intervalStandard = Duration.seconds(60)
  private static let bodyBytesMax = 16 << 20

  private let url: String
  private let header: String
  private let count: Int
  private let trust: TLSTrust
  private let http: HTTPClient
  private let book: NginxTierBook

  private init(
    _ section: SettingsSection,
    _ http: HTTPClient,
    _ book: NginxTierBook
  ) {
    url = section.requiredHTTPURL("url", "a page that users reach by the floating address")
    header = section.text("header") ?? "X-Upstream"
    count = section.integer("requests", default: 3, in: 2...10)
    trust = section.tlsTrust()
    self.http = http
    self.book = book
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    declared.tiers.compactMap { tier, tierSection -> Target? in
      guard let section = tierSection.section("nginx")?.section("sticky") else { return nil }
      let book = NginxTierBook.shared(by: tier.name, services)
      var poll = declared.poll
      poll.interval = max(poll.interval, intervalStandard)
      return Target(
        instance: "",
        tier: tier.name,
        about: .tier(tier.name),
        collector: NginxStickyCollector(section, services.http, book),
        poll: poll.overridden(by: section)
      )
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let clock = ContinuousClock()
    let end = clock.now + poll.timeout
    var servers: [String] = []
    var peer: InternetAddress?
    for _ in 0..<count {
      let left = clock.now.duration(to: end)
      guard left > .zero else { throw .timedOut(after: poll.timeout) }
      let request = HTTPRequest(
        url: url,
        timeout: left,
        maxBodyBytes: Self.bodyBytesMax,
        trust: trust,
        // Each connection may meet another worker, or another load balancer.
        reusesConnection: false
      )
      let response: HTTPResponse
      do throws(HTTPClientError) {
        response = try await http.send(request)
      } catch {
        throw CollectionError(error)
      }
      servers.append(try server(in: response))
      peer = response.remoteAddress.flatMap { InternetAddress($0) }
    }
    return Collection(samples: samples(Set(servers), peer))
  }

  /// The server that answered: the last of those that nginx tried.
  private func server(in response: HTTPResponse) throws(CollectionError) -> String {
    guard let tried = response.headers[header] else {
      throw .malformedReply(
        path: "header \(header)",
        reason: "is missing, which also a refused request lacks (status \(response.status)): "
          + "`add_header \(header) $upstream_addr always;` belongs beside proxy_pass"
      )
    }
    let last = tried.split { $0 == "," || $0 == " " }.last.map(String.init) ?? ""
    // Where no server is left, the name of the upstream stands here.
    guard last.contains(":"), last.utf8.count <= 100 else {
      throw .unreachable(kind: "no_server", reason: "no server of the upstream was reached")
    }
    return last
  }

  private func samples(_ servers: Set<String>, _ peer: InternetAddress?) -> [CollectedSample] {
    typealias Metrics = NginxStickyMetrics
    var samples = [CollectedSample(Metrics.sticky, servers.count == 1 ? 1 : 0)]
    samples += servers.map { CollectedSample(Metrics.server, 1, ["server": $0]) }
    if let own = peer.flatMap(OwnAddress.towards) {
      let hashed = book.servers(of: own)
      if !hashed.isEmpty {
        samples.append(CollectedSample(Metrics.asHashed, servers.isSubset(of: hashed) ? 1 : 0))
      }
    }
    return samples
  }
}
