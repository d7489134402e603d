// SPDX-License-Identifier: MIT
package import Configuration
import Logging
package import MetricModel
import Net
package import Polling
import Synchronization

/// Scrapes one Prometheus or OpenMetrics endpoint: the door for whatever has no collector.
package final class ExpositionCollector: Collector {
  package static let name = "exposition"
  package static let isScraper = true
  /// None: the peers name their series themselves.
  package static var metrics: [MetricDefinition] { [] }

  /// As many as Prometheus follows.
  private static let redirectsMax = 10

  private struct State {
    var reader: ScrapeReader?
    var hasToldOfType = false
  }

  private let url: String
  private let settings: ExpositionSettings
  private let shaping: SeriesShaping
  private let http: HTTPClient
  private let logger: Logger
  private let state = Mutex(State())

  init(
    _ endpoint: ExpositionSettings.Endpoint,
    _ settings: ExpositionSettings,
    labels: LabelSet,
    using services: CollectorServices
  ) {
    url = endpoint.url
    self.settings = settings
    shaping = SeriesShaping(
      target: labels,
      honorsLabels: settings.honorsLabels,
      rules: settings.rules,
      limits: settings.limits
    )
    http = services.http
    logger = services.logger
  }

  package static func targets(
    in declared: DeclaredSections,
    using services: CollectorServices
  ) -> [Target] {
    var jobs = Set(allCollectors.map { $0.name }).union(["hvsmon"])
    return declared.root.sections("exposition").flatMap { section -> [Target] in
      let settings = ExpositionSettings(reading: section, besides: jobs)
      jobs.insert(settings.name)
      let poll = declared.poll.overridden(by: section)
      return settings.endpoints.map { endpoint in
        let labels = settings.labels.merging(
          LabelSet(["job": settings.name, "instance": endpoint.instance])
        )
        return Target(
          labels: labels,
          collector: ExpositionCollector(endpoint, settings, labels: labels, using: services),
          poll: poll
        )
      }
    }
  }

  package func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await http.send(request(poll))
    } catch {
      throw CollectionError(error)
    }
    guard response.status == 200 else { throw .unexpectedStatus(response.status) }
    let (format, isNamed) = ScrapeNegotiation.format(of: response.headers["Content-Type"])
    if !isNamed { tellOfType() }
    let outcome = state.withLock { state -> Result<ScrapedSamples, CollectionError> in
      var reader = state.reader.take()
      if reader?.format != format { reader = nil }
      var open =
        reader
        ?? ScrapeReader(format, shaping: shaping, honorsTimes: settings.honorsTimes)
      defer { state.reader = open }
      do throws(CollectionError) {
        return .success(try open.read(response.body))
      } catch {
        return .failure(error)
      }
    }
    return Collection(scraped: try outcome.get())
  }

  private func request(_ poll: Poll) -> HTTPRequest {
    var headers: HTTPHeaders = [
      "Accept": ScrapeNegotiation.accept,
      "X-Prometheus-Scrape-Timeout-Seconds": ScrapeNegotiation.seconds(poll.timeout),
    ]
    if let authorization = settings.authorization {
      headers["Authorization"] = authorization.reveal()
    }
    return HTTPRequest(
      url: url,
      headers: headers,
      timeout: poll.timeout,
      maxBodyBytes: settings.limits.bodyBytes,
      trust: settings.trust,
      maxRedirects: Self.redirectsMax,
      onIdleClose: poll.connectionClosed
    )
  }

  private func tellOfType() {
    let isFirst = state.withLock { state in
      defer { state.hasToldOfType = true }
      return !state.hasToldOfType
    }
    guard isFirst else { return }
    logger.warning(
      "a scraped page names no known content type and is read as text 0.0.4",
      LogField("job", settings.name),
      LogField("instance", shaping.target["instance"] ?? "")
    )
  }
}
