// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Net
import Polling
import Synchronization
import TestSupport
import Testing

@testable import Daemon

@Suite struct DeadMansSwitchTests {
  private static let bounds = ChainProgress.Bounds(
    pollInterval: .seconds(10),
    pollTimeout: .seconds(5),
    ruleInterval: .seconds(60)
  )

  private func time(_ seconds: Double) -> Timestamp { Timestamp(unixSeconds: seconds) }

  private func stalled(polled: Double?, evaluated: Double?, at now: Double) -> ChainProgress.Stage?
  {
    ChainProgress(polledAt: polled.map(time), evaluatedAt: evaluated.map(time))
      .stalled(bounds: Self.bounds, startedAt: time(0), now: time(now))
  }

  @Test func `a stage stands still when it did not move within its bound`() {
    #expect(Self.bounds.poll == .seconds(35) && Self.bounds.rules == .seconds(120))
    #expect(stalled(polled: nil, evaluated: nil, at: 35) == nil)
    #expect(stalled(polled: nil, evaluated: nil, at: 36) == .poll)
    #expect(stalled(polled: 1_000, evaluated: 900, at: 1_020) == nil)
    #expect(stalled(polled: 1_000, evaluated: 900, at: 1_021) == .rules)
    #expect(stalled(polled: 900, evaluated: 1_000, at: 1_000) == .poll)
    // A clock that was set back stalls nothing.
    #expect(stalled(polled: 1_000, evaluated: 1_000, at: 500) == nil)
    let quick = ChainProgress.Bounds(
      pollInterval: .seconds(1),
      pollTimeout: .seconds(1),
      ruleInterval: nil
    )
    #expect(quick.poll == .seconds(30) && quick.rules == nil)
  }

  /// What the switch sees, as a test says.
  private final class Chain: Sendable {
    struct State {
      var progress = ChainProgress()
      var writeFailure: String?
      var pingFailure: String?
      var pings = 0
    }

    let state = Mutex(State())
    let clock = ManualClock()
    let sink = MemorySink()

    var deadMansSwitch: DeadMansSwitch {
      DeadMansSwitch(
        DeadMansSwitch.Surroundings(
          progress: { [self] in state.withLock { $0.progress } },
          write: { [self] in state.withLock { $0.writeFailure } },
          ping: { [self] _ in
            state.withLock { state in
              state.pings += 1
              return state.pingFailure
            }
          },
          clock: clock,
          logger: Logger(area: "watchdog", sink: sink)
        )
      )
    }
  }

  /// A clock that stands where a test puts it.
  private final class ManualClock: PollClock {
    let source = ManualTimeSource(Timestamp(unixSeconds: 1_000))
    var now: Timestamp { source.now }
    func sleep(until instant: Timestamp) async { await source.sleep(until: instant) }
  }

  private static let settings: DeadMansSwitchSettings? = {
    let tree = SettingsTree(
      parsing: Array("{url: \"http://127.0.0.1:1/key\", interval: 1m}".utf8),
      file: "a.yml"
    )
    return DeadMansSwitchSettings(tree.root)
  }()

  @Test func `each stalled stage stops the ping, and it goes on when all move`() async throws {
    let settings = try #require(Self.settings)
    let chain = Chain()
    let watch = chain.deadMansSwitch
    await watch.adopt(nil, bounds: Self.bounds)
    func beat(_ change: (inout Chain.State) -> Void) async -> DeadMansSwitch.State {
      chain.state.withLock { change(&$0) }
      await watch.beat(settings)
      return await watch.state
    }
    let moving = ChainProgress(polledAt: time(1_000), evaluatedAt: time(1_000))
    #expect(await beat { $0.progress = moving } == .pinged)
    chain.clock.source.advance(by: .seconds(60))
    #expect(await beat { $0.progress.evaluatedAt = time(1_060) } == .stalled(.poll))
    let still = ChainProgress(polledAt: time(1_060), evaluatedAt: time(900))
    #expect(await beat { $0.progress = still } == .stalled(.rules))
    #expect(
      await beat {
        $0.progress.evaluatedAt = time(1_060)
        $0.writeFailure = "disk full"
      } == .stalled(.queue)
    )
    #expect(chain.state.withLock { $0.pings } == 1)
    #expect(
      await beat {
        $0.writeFailure = nil
        $0.pingFailure = "status 500"
      } == .failed
    )
    #expect(await beat { $0.pingFailure = nil } == .pinged)
    #expect(chain.state.withLock { $0.pings } == 3)
    #expect(chain.sink.lines.count { $0.contains("is not pinged") } == 3)
    #expect(chain.sink.lines.contains { $0.contains("is pinged again") })
    #expect(chain.sink.lines.allSatisfy { !$0.contains("/key") })
  }

  @Test func `a running monitor pings while it works, and its series say when`() async throws {
    let harness = try MonitorHarness()
    let peer = try RawServer(
      .readHeader,
      .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      .again
    )
    defer { peer.stop() }
    try harness.writeSettings(
      """
      notifications:
        alertmanagers: []
        dead_mans_switch: {url: "\(peer.url("/key-4711"))", interval: 1s}
      """,
      rules: "groups: [{name: a, rules: [{alert: A, expr: 'vector(0) > 1'}]}]\n"
    )
    let monitor = try await Monitor.start(harness.plan)
    let isTold = try await harness.waits(
      for: "hvsmon_dead_mans_switch_last_ping_timestamp_seconds",
      on: monitor
    )
    #expect(isTold)
    let metrics = try await harness.metrics(of: monitor)
    #expect(metrics.contains("hvsmon_dead_mans_switch_stalled{cluster=\"test\""))
    await monitor.stop(grace: .seconds(1))
    #expect(harness.sink.lines.allSatisfy { !$0.contains("key-4711") })
  }
}
