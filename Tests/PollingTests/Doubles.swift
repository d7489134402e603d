// SPDX-License-Identifier: MIT
import Configuration
import Logging
import MetricModel
import Polling
import Synchronization
import TestSupport

extension ManualTimeSource: PollClock {}

/// A collector that answers what it is told to, in turn; the last answer repeats.
final class ScriptedCollector: Collector {
  static let name = "scripted"
  static let value = MetricDefinition("scripted_value", .gauge, labels: ["part"], help: "A value.")
  static let metrics = [value]

  enum Answer: Sendable {
    case working
    case failing(CollectionError)
    /// Samples all the same, with this `up`.
    case broken(CollectionError, isUp: Bool)
    /// Waits until the task is cancelled.
    case waitsForCancellation
    /// Waits for ``ScriptedCollector/release()``, whatever happens.
    case ignoresCancellation
  }

  private struct State {
    var answers: [Answer]
    var polls: [Poll] = []
    var running = 0
    var runningMax = 0
    var held: [CheckedContinuation<Void, Never>] = []
    var wasCancelled = false
  }

  private let state: Mutex<State>

  init(_ answers: Answer...) {
    state = Mutex(State(answers: answers))
  }

  static func targets(in _: DeclaredSections, using _: CollectorServices) -> [Target] { [] }

  var polls: [Poll] { state.withLock { $0.polls } }
  var runningMax: Int { state.withLock { $0.runningMax } }
  var wasCancelled: Bool { state.withLock { $0.wasCancelled } }
  var running: Int { state.withLock { $0.running } }

  /// Lets every held call return.
  func release() {
    let held = state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for each in held { each.resume() }
  }

  func collect(_ poll: Poll) async throws(CollectionError) -> Collection {
    let answer = state.withLock { state in
      state.polls.append(poll)
      state.running += 1
      state.runningMax = max(state.runningMax, state.running)
      return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
    }
    defer { state.withLock { $0.running -= 1 } }
    let samples = [CollectedSample(Self.value, 1)]
    switch answer {
    case .working: return Collection(samples: samples)
    case .failing(let error): throw error
    case .broken(let error, let isUp):
      return Collection(samples: samples, failure: error, isUp: isUp)
    case .waitsForCancellation:
      let never = ManualTimeSource()
      await never.sleep(until: .distantFuture)
      throw .cancelled
    case .ignoresCancellation:
      await withTaskCancellationHandler {
        await withCheckedContinuation { held in state.withLock { $0.held.append(held) } }
      } onCancel: {
        state.withLock { $0.wasCancelled = true }
      }
      return Collection(samples: samples)
    }
  }
}

/// Keeps what the scheduler hands on.
final class RecordingRecorder: PollRecording {
  private struct State {
    var records: [PollRecord] = []
    var forgotten: [(keys: [String], time: Timestamp)] = []
    var doubts: [(key: String, time: Timestamp)] = []
  }

  private let state = Mutex(State())

  var records: [PollRecord] { state.withLock { $0.records } }
  var forgotten: [(keys: [String], time: Timestamp)] { state.withLock { $0.forgotten } }

  var doubts: [(key: String, time: Timestamp)] { state.withLock { $0.doubts } }

  func doubt(_ target: Target, at time: Timestamp) {
    state.withLock { $0.doubts.append((target.key, time)) }
  }

  func record(_ record: PollRecord) { state.withLock { $0.records.append(record) } }

  func forget(targets keys: [String], at time: Timestamp) {
    state.withLock { $0.forgotten.append((keys, time)) }
  }
}

extension PollSettings {
  /// Every 10 s, 4 s each, confirmed after 1 s, down at the second failure.
  static func plain(failures: Int = 2, interval: Duration = .seconds(10)) -> PollSettings {
    var settings = PollSettings()
    settings.interval = interval
    settings.timeout = .seconds(4)
    settings.confirmInterval = .seconds(1)
    settings.confirmFailures = failures
    return settings
  }
}

extension Logger {
  static let silent = Logger(area: "test", threshold: .error, sink: MemorySink())
}
