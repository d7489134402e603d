// SPDX-License-Identifier: MIT
package import Configuration
package import MetricModel
package import Net
package import Topology

/// Turns one target's answers into samples.
///
/// A collector value belongs to one target and is asked by one task at a time. It adds no labels
/// of the target's, no `up` and no duration: ``Ingest`` does.
package protocol Collector: Sendable {
  /// The collector's name in lower case: the label `job` of its series.
  static var name: String { get }

  /// Every metric the collector may emit.
  static var metrics: [MetricDefinition] { get }

  /// Its targets name their series themselves; no unless it says so.
  static var isScraper: Bool { get }

  /// Reads the collector's own keys from the declared sections and makes a target for each thing
  /// to poll; faults are reported to the sections.
  static func targets(in declared: DeclaredSections, using services: CollectorServices) -> [Target]

  /// Asks the target once.
  ///
  /// - Parameter poll: When the poll began, and the time it may take.
  /// - Returns: What was found.
  /// - Throws: ``CollectionError`` when there was no usable answer: the target then counts as
  ///   failing.
  func collect(_ poll: Poll) async throws(CollectionError) -> Collection
}

extension Collector {
  package static var isScraper: Bool { false }
}

/// One round of one collector on one target.
package struct Poll: Sendable {
  /// When it began: the timestamp of its samples.
  package let time: Timestamp
  /// The time it may take.
  package let timeout: Duration
  /// To be called when the peer closes a connection the collector keeps open, or tells a change.
  ///
  /// The target is then asked again at once. Nil when the settings switch this off.
  package let connectionClosed: (@Sendable () -> Void)?
  /// Something that stands on the target, or on which it stands, failed: what the target can tell
  /// about that is wanted now.
  package let isAsked: Bool
  /// To be called by a collector that listens, when it has heard what must not wait for a slot; on
  /// any thread, and also after the poll.
  ///
  /// The target is then polled as if it was asked, and rules look at once.
  package let newsArrived: @Sendable () -> Void

  /// Describes a poll.
  package init(
    time: Timestamp,
    timeout: Duration,
    connectionClosed: (@Sendable () -> Void)? = nil,
    isAsked: Bool = false,
    newsArrived: @escaping @Sendable () -> Void = {}
  ) {
    self.time = time
    self.timeout = timeout
    self.connectionClosed = connectionClosed
    self.isAsked = isAsked
    self.newsArrived = newsArrived
  }
}

/// What one poll found.
package struct Collection: Sendable {
  /// The samples, in no order, no series twice.
  package var samples: [CollectedSample]
  /// What the peer named itself, in a poll of a collector that is a scraper.
  package var scraped: ScrapedSamples?
  /// Why the target counts as failing although there are samples; it is settled like a poll that
  /// threw, then published with these samples.
  package var failure: CollectionError?
  /// The value of `up`: a probe that found its target broken was answered all the same.
  package var isUp: Bool

  /// Makes the result of a poll that found a working target.
  package init(samples: [CollectedSample]) {
    self.samples = samples
    isUp = true
  }

  /// Makes the result of a scrape.
  package init(scraped: ScrapedSamples) {
    self.init(samples: [])
    self.scraped = scraped
  }

  /// Makes the result of a poll that found a failing target.
  package init(samples: [CollectedSample], failure: CollectionError, isUp: Bool) {
    self.samples = samples
    self.failure = failure
    self.isUp = isUp
  }
}

/// Why one poll of one target produced no usable answer.
package enum CollectionError: Error, Equatable, Sendable {
  /// No answer before the deadline; `after` is the time waited.
  case timedOut(after: Duration)
  /// The peer could not be reached or broke off. `kind` is one short word for a label.
  case unreachable(kind: String, reason: String)
  /// The peer answered with a status that is not what was expected.
  case unexpectedStatus(Int)
  /// The reply broke its contract. `path` says where, such as `line 3`.
  case malformedReply(path: String, reason: String)
  /// The reply is larger than the settings allow; the reason names the limit.
  case overLimit(reason: String)
  /// The poll was given up because the daemon stops or the target was removed.
  case cancelled

  /// One short word for the label `reason`.
  package var kind: String {
    switch self {
    case .timedOut: "timeout"
    case .unreachable(let kind, _): kind
    case .unexpectedStatus: "status"
    case .malformedReply: "malformed"
    case .overLimit: "limit"
    case .cancelled: "cancelled"
    }
  }
}

extension CollectionError {
  /// What a failed request means for a poll.
  package init(_ error: HTTPClientError) {
    switch error {
    case .timedOut(_, let after, _): self = .timedOut(after: after)
    case .cancelled, .clientClosed: self = .cancelled
    default: self = .unreachable(kind: error.kind, reason: error.description)
    }
  }
}

extension CollectionError: CustomStringConvertible {
  /// One sentence without a full stop.
  package var description: String {
    switch self {
    case .timedOut(let after): "no answer within \(QuantityText.text(of: after))"
    case .unreachable(_, let reason): reason
    case .unexpectedStatus(let status): "answered with HTTP status \(status)"
    case .malformedReply(let path, let reason): "\(path): \(reason)"
    case .overLimit(let reason): reason
    case .cancelled: "the poll was given up"
    }
  }
}

/// One endpoint a collector polls.
package struct Target: Sendable {
  /// Identifies the target among all: collector, tier and instance.
  package let key: String
  /// Targets with the same one and the same interval are polled in the same moment.
  package let slotKey: String
  /// What every series of the target carries: `cluster` is added by ``Ingest``.
  package let labels: LabelSet
  /// The part of the cluster whose state it tells; nil when it tells of none.
  package let subject: Component?
  /// Who asks.
  package let collector: any Collector
  /// How often, how long, and how failures are settled.
  package let poll: PollSettings

  /// Makes a target of the collector's job.
  ///
  /// - Parameters:
  ///   - instance: The member's or entry's name.
  ///   - tier: The tier's name, if it belongs to one.
  ///   - node: The node the member is declared on, if any.
  ///   - subject: The part of the cluster whose state it tells; the member when there is a tier.
  ///   - slotKey: What it shares with the targets it is to be polled together with.
  ///   - collector: Who asks.
  ///   - poll: How often.
  package init(
    instance: String,
    tier: String? = nil,
    node: String? = nil,
    about subject: Component? = nil,
    slotKey: String? = nil,
    collector: any Collector,
    poll: PollSettings
  ) {
    let job = type(of: collector).name
    key = [job, tier ?? "", instance].joined(separator: "/")
    self.slotKey = slotKey ?? key
    labels = LabelSet([
      "job": job, "instance": instance, "tier": tier ?? "", "node": node ?? "",
    ])
    self.subject = subject ?? tier.map { _ in .member(instance) }
    self.collector = collector
    self.poll = poll
  }

  /// Makes a target that belongs to no tier and has a job of its own.
  ///
  /// - Parameters:
  ///   - labels: Those of its series, `job` and `instance` among them.
  ///   - collector: Who asks.
  ///   - poll: How often.
  package init(labels: LabelSet, collector: any Collector, poll: PollSettings) {
    let names = [type(of: collector).name, labels["job"] ?? "", labels["instance"] ?? ""]
    key = names.joined(separator: "/")
    slotKey = key
    self.labels = labels
    subject = nil
    self.collector = collector
    self.poll = poll
  }
}
