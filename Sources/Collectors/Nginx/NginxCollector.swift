// SPDX-License-Identifier: MIT
import Architecture
package import Configuration
package import MetricModel
import Net
package import Polling
import Synchronization

/// Asks one nginx for its stub status.
package final class NginxCollector: Collector {
  package static let name = "nginx"
  package static var metrics: [MetricDefinition] { NginxMetrics.all }

  /// What is remembered from poll to poll.
  private struct Memory {
    var last: StubStatusReply?
    var restarts = 0
  }

  private let url: String
  private let trust: TLSTrust
  private let http: HTTPClient
  private let memory = Mutex(Memory())

  init(url: String, trust: TLSTrust, http: HTTPClient) {
    self.url = url
    self.trust = trust
    self.http = http
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    declared.tiers.flatMap { tier, tierSection -> [Target] in
      guard let section = tierSection.section("nginx") else { return [] }
      let pattern = section.memberURL("status", "the URL of stub_status")
      let trust = section.tlsTrust()
      let polls = declared.polls(of: tierSection, in: section)
      return zip(tier.members, polls).map { member, poll in
        let collector = NginxCollector(
          url: pattern.fillingAddress(member.address),
          trust: trust,
          http: services.http
        )
        return Target(
          instance: member.name,
          tier: tier.name,
          node: member.node,
          collector: collector,
          poll: poll
        )
      }
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let restarts = memory.withLock { $0.restarts }
    do throws(CollectionError) {
      let reply = try await ask(poll)
      return Collection(samples: samples(of: reply, restarts: noteReply(reply)))
    } catch .cancelled {
      throw .cancelled
    } catch {
      let known = [
        CollectedSample(NginxMetrics.up, 0),
        CollectedSample(NginxMetrics.restarts, Double(restarts)),
      ]
      return Collection(samples: known, failure: error, isUp: false)
    }
  }

  private func ask(_ poll: Poll) async throws(CollectionError) -> StubStatusReply {
    let request = HTTPRequest(
      url: url,
      timeout: poll.timeout,
      maxBodyBytes: StubStatusReply.bytesMax,
      trust: trust,
      onIdleClose: poll.connectionClosed
    )
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await http.send(request)
    } catch {
      throw CollectionError(error)
    }
    guard response.status == 200 else { throw .unexpectedStatus(response.status) }
    return try StubStatusReply(parsing: response.body)
  }

  /// Remembers a reply and returns how many restarts were seen so far.
  private func noteReply(_ reply: StubStatusReply) -> Int {
    memory.withLock { memory in
      // The counters live in the master's memory: a reload keeps them, a restart begins at zero.
      if let last = memory.last,
        reply.accepted < last.accepted || reply.requests < last.requests
      {
        memory.restarts += 1
      }
      memory.last = reply
      return memory.restarts
    }
  }

  private func samples(of reply: StubStatusReply, restarts: Int) -> [CollectedSample] {
    [
      CollectedSample(NginxMetrics.up, 1),
      CollectedSample(NginxMetrics.active, Double(reply.active)),
      CollectedSample(NginxMetrics.accepted, Double(reply.accepted)),
      CollectedSample(NginxMetrics.handled, Double(reply.handled)),
      CollectedSample(NginxMetrics.reading, Double(reply.reading)),
      CollectedSample(NginxMetrics.writing, Double(reply.writing)),
      CollectedSample(NginxMetrics.waiting, Double(reply.waiting)),
      CollectedSample(NginxMetrics.requests, Double(reply.requests)),
      CollectedSample(NginxMetrics.restarts, Double(restarts)),
    ]
  }
}
