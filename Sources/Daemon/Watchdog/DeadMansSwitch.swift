// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Polling

/// The section `notifications.dead_mans_switch`.
struct DeadMansSwitchSettings: Equatable, Sendable {
  /// What is asked for at each interval; it is a key by itself.
  let url: Secret
  let interval: Duration
  let timeout: Duration

  /// Reads the section; nil when it is off or has a fault.
  init?(_ section: SettingsSection?) {
    guard let section else { return nil }
    interval = section.span("interval", default: .seconds(60), in: .seconds(1)...(.seconds(86_400)))
    timeout = section.span("timeout", default: .seconds(10), in: .seconds(1)...(.seconds(60)))
    guard let url = section.secret("url") else { return nil }
    guard HTTPURLText.isValid(url.reveal()) else {
      section.report("url", "must be a URL that begins with http:// or https://")
      return nil
    }
    self.url = url
  }
}

/// Pings a service that raises an alarm when the pings stop, as long as the whole way from a fault
/// to a message works: polls are settled, rules are evaluated, and what is to be sent can be stored.
actor DeadMansSwitch {
  /// What the switch looks at.
  struct Surroundings: Sendable {
    /// How far polls and rules came.
    let progress: @Sendable () async -> ChainProgress
    /// Stores something and returns when that is safe; why it is not.
    let write: @Sendable () async -> String?
    /// Sends one ping; why it did not arrive.
    let ping: @Sendable (DeadMansSwitchSettings) async -> String?
    let clock: any PollClock
    let logger: Logger
  }

  /// What became of the last interval.
  enum State: Equatable {
    /// The settings have no switch.
    case off
    /// None has passed yet.
    case waiting
    case pinged
    /// A stage stands still: no ping was sent.
    case stalled(ChainProgress.Stage)
    /// The ping did not arrive.
    case failed
  }

  private let surroundings: Surroundings
  private let startedAt: Timestamp
  private var settings: DeadMansSwitchSettings?
  private var bounds = ChainProgress.Bounds(
    pollInterval: .seconds(10),
    pollTimeout: .seconds(5),
    ruleInterval: nil
  )
  private(set) var state = State.off
  private(set) var pingedAt: Timestamp?
  private var task: Task<Void, Never>?

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
    startedAt = surroundings.clock.now
  }

  /// Goes on with these settings; nil sends no ping.
  func adopt(_ settings: DeadMansSwitchSettings?, bounds: ChainProgress.Bounds) async {
    self.bounds = bounds
    guard settings != self.settings else { return }
    await stop()
    self.settings = settings
    state = settings == nil ? .off : .waiting
    guard let settings else { return }
    // Cancelled and awaited by `stop()`.
    task = Task { await run(settings) }
  }

  /// Sends no more pings.
  func stop() async {
    let running = task
    task = nil
    running?.cancel()
    await running?.value
  }

  private func run(_ settings: DeadMansSwitchSettings) async {
    let clock = surroundings.clock
    while !Task.isCancelled {
      await clock.sleep(until: clock.now + settings.interval)
      guard !Task.isCancelled else { return }
      await beat(settings)
    }
  }

  /// Looks at the chain once, and pings when all of it moves.
  func beat(_ settings: DeadMansSwitchSettings) async {
    let progress = await surroundings.progress()
    let now = surroundings.clock.now
    if let stage = progress.stalled(bounds: bounds, startedAt: startedAt, now: now) {
      become(.stalled(stage), "no \(stage.rawValue) for too long")
      return
    }
    if let reason = await surroundings.write() {
      become(.stalled(.queue), reason)
      return
    }
    if let reason = await surroundings.ping(settings) {
      become(.failed, reason)
      return
    }
    pingedAt = surroundings.clock.now
    become(.pinged, "")
  }

  private func become(_ next: State, _ reason: String) {
    defer { state = next }
    guard next != state else { return }
    switch next {
    case .stalled(let stage):
      surroundings.logger.error(
        "the dead man's switch is not pinged: hvsmon does not work as a whole",
        LogField("stage", stage.rawValue),
        LogField("reason", reason)
      )
    case .failed:
      surroundings.logger.warning(
        "the ping of the dead man's switch did not arrive",
        LogField("reason", reason)
      )
    case .pinged where state != .waiting:
      surroundings.logger.info("the dead man's switch is pinged again")
    case .off, .waiting, .pinged: break
    }
  }

  /// What there is to tell; nothing when the switch is off.
  func samples() -> [CollectedSample] {
    guard state != .off else { return [] }
    var samples = ChainProgress.Stage.allCases.map { stage in
      CollectedSample(
        WatchdogMetrics.stalled,
        state == .stalled(stage) ? 1 : 0,
        ["stage": stage.rawValue]
      )
    }
    if let pingedAt {
      samples.append(CollectedSample(WatchdogMetrics.pinged, pingedAt.unixSeconds))
    }
    return samples
  }
}

/// What hvsmon tells of the watch over itself.
enum WatchdogMetrics {
  static let stalled = MetricDefinition(
    "hvsmon_dead_mans_switch_stalled",
    .gauge,
    labels: ["stage"],
    help: "1 while the dead man's switch is not pinged as that stage stands still: poll, rules or "
      + "queue."
  )
  static let pinged = MetricDefinition(
    "hvsmon_dead_mans_switch_last_ping_timestamp_seconds",
    .gauge,
    unit: "seconds",
    help: "When the dead man's switch was pinged last, in Unix seconds."
  )
  static let delay = MetricDefinition(
    "hvsmon_notification_delay_seconds",
    .gauge,
    unit: "seconds",
    labels: ["receiver", "integration"],
    help: "The longest time from an alert's begin to fire until the service took the first message "
      + "about it, within the last hour; what groups wait is part of it."
  )
  static let oldestWaiting = MetricDefinition(
    "hvsmon_notification_oldest_waiting_seconds",
    .gauge,
    unit: "seconds",
    help: "For how long the oldest message waits for delivery; 0 when none waits."
  )

  static let all = [stalled, pinged, delay, oldestWaiting]
}
