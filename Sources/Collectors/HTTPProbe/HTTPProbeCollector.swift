// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
import Net
package import Polling
import Topology

/// Asks one URL as a user's browser would, over a new connection each time so that every phase is
/// measured.
package final class HTTPProbeCollector: Collector {
  package static let name = "probe"
  package static var metrics: [MetricDefinition] { HTTPProbeMetrics.all }

  /// A page larger than this fails the probe.
  static let bodyBytesMax = 16 << 20
  /// More redirects than this fail the probe.
  static let redirectsMax = 5

  private let url: String
  private let expectedStatuses: Set<Int>
  private let trust: TLSTrust
  private let http: HTTPClient

  init(url: String, expectedStatuses: Set<Int>, trust: TLSTrust, http: HTTPClient) {
    self.url = url
    self.expectedStatuses = expectedStatuses
    self.trust = trust
    self.http = http
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    let members = declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("http") else { return [] }
      let pattern = section.memberURL("url", "what is probed")
      let statuses = section.statuses("expect_status")
      let trust = section.tlsTrust()
      let polls = declared.polls(of: tierSection, in: section)
      return zip(tier.members, polls).map { member, poll in
        Target(
          instance: member.name,
          tier: tier.name,
          node: member.node,
          collector: HTTPProbeCollector(
            url: pattern.fillingAddress(member.address),
            expectedStatuses: statuses,
            trust: trust,
            http: services.http
          ),
          poll: poll
        )
      }
    }
    let entries = declared.entries.map { entry, section in
      Target(
        instance: entry.name,
        about: .entry(entry.name),
        collector: HTTPProbeCollector(
          url: entry.url,
          expectedStatuses: entry.expectedStatuses,
          trust: section.tlsTrust(),
          http: services.http
        ),
        poll: declared.poll.overridden(by: section)
      )
    }
    return members + entries
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let request = HTTPRequest(
      url: url,
      timeout: poll.timeout,
      maxBodyBytes: Self.bodyBytesMax,
      trust: trust,
      maxRedirects: Self.redirectsMax,
      reusesConnection: false
    )
    do throws(HTTPClientError) {
      let response = try await http.send(request)
      guard expectedStatuses.contains(response.status) else {
        return Collection(
          samples: samples(of: response, isSuccess: false),
          failure: .unexpectedStatus(response.status),
          isUp: true
        )
      }
      return Collection(samples: samples(of: response, isSuccess: true))
    } catch {
      let failure = CollectionError(error)
      guard failure != .cancelled else { throw failure }
      return Collection(samples: samples(of: error), failure: failure, isUp: true)
    }
  }

  private func samples(of response: HTTPResponse, isSuccess: Bool) -> [CollectedSample] {
    let timings = response.timings
    let phases: [(name: String, span: Duration?)] = [
      ("resolve", timings.nameLookup), ("connect", timings.connect), ("tls", timings.tls),
      ("processing", timings.firstByte), ("transfer", timings.transfer),
    ]
    var samples = [
      CollectedSample(HTTPProbeMetrics.success, isSuccess ? 1 : 0),
      CollectedSample(HTTPProbeMetrics.duration, timings.total.inSeconds),
      CollectedSample(HTTPProbeMetrics.nameLookup, (timings.nameLookup ?? .zero).inSeconds),
      CollectedSample(HTTPProbeMetrics.status, Double(response.status)),
      CollectedSample(HTTPProbeMetrics.redirects, Double(response.redirects)),
      CollectedSample(HTTPProbeMetrics.contentLength, Double(response.body.count)),
      CollectedSample(HTTPProbeMetrics.isTLS, response.certificate == nil ? 0 : 1),
    ]
    samples += phases.map { name, span in
      CollectedSample(HTTPProbeMetrics.phase, (span ?? .zero).inSeconds, ["phase": name])
    }
    if let certificate = response.certificate {
      samples.append(expiry(of: certificate))
    }
    return samples
  }

  private func samples(of error: HTTPClientError) -> [CollectedSample] {
    var samples = [
      CollectedSample(HTTPProbeMetrics.success, 0),
      CollectedSample(HTTPProbeMetrics.status, 0),
    ]
    // An expired certificate fails the handshake, and its date is then the fact that matters.
    if case .tls(_, _, let certificate?) = error { samples.append(expiry(of: certificate)) }
    return samples
  }

  private func expiry(of certificate: ServerCertificate) -> CollectedSample {
    CollectedSample(HTTPProbeMetrics.certificateExpiry, Double(certificate.notAfter))
  }
}
