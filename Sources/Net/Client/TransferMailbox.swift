// SPDX-License-Identifier: MIT
import CCurl
import Synchronization

/// How one exchange ended.
typealias Outcome = Result<HTTPResponse, HTTPClientError>

/// One exchange as the caller's task and the loop's thread both know it.
final class Ticket: Sendable {
  let checked: CheckedRequest
  /// Set by the caller before it posts ``TransferMailbox/Command/cancel(_:)``, so that the order in
  /// which start and cancel arrive does not matter.
  let isCancelled = Atomic(false)

  init(_ checked: CheckedRequest) {
    self.checked = checked
  }
}

/// The one place where other threads meet the loop's thread.
final class TransferMailbox: Sendable {
  /// How many exchanges may run or wait at once.
  static let exchangeLimit = 4_096

  enum Command {
    case start(Ticket, CheckedContinuation<Outcome, Never>)
    case cancel(Ticket)
  }

  /// Everything the loop has to do now.
  struct Delivery {
    var commands: [Command] = []
    var isClosing = false
  }

  private struct State {
    var commands: [Command] = []
    var exchanges = 0
    var isClosing = false
    /// The multi handle is going away, so that nobody may wake it.
    var isDeaf = false
    /// The thread has let go of everything.
    var hasEnded = false
    var endWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  let multi: MultiHandle

  init(multi: MultiHandle) {
    self.multi = multi
  }

  /// Hands an exchange to the loop, or ends it at once.
  func start(_ ticket: Ticket, _ continuation: CheckedContinuation<Outcome, Never>) {
    let refusal: HTTPClientError? = state.withLock { state in
      if state.isClosing { return .clientClosed }
      if state.exchanges >= Self.exchangeLimit {
        return .tooManyExchanges(limit: Self.exchangeLimit)
      }
      state.exchanges += 1
      state.commands.append(.start(ticket, continuation))
      multi.wake()
      return nil
    }
    if let refusal { continuation.resume(returning: .failure(refusal)) }
  }

  /// Asks the loop to end an exchange; without effect when it is over.
  func cancel(_ ticket: Ticket) {
    ticket.isCancelled.store(true, ordering: .releasing)
    state.withLock { state in
      guard !state.isDeaf else { return }
      state.commands.append(.cancel(ticket))
      multi.wake()
    }
  }

  /// Refuses further exchanges and asks the loop to end.
  func close() {
    state.withLock { state in
      guard !state.isClosing else { return }
      state.isClosing = true
      multi.wake()
    }
  }

  /// Returns when the loop's thread has let go of everything.
  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: The loop's side

  func take() -> Delivery {
    state.withLock { state in
      defer { state.commands.removeAll(keepingCapacity: true) }
      return Delivery(commands: state.commands, isClosing: state.isClosing)
    }
  }

  func exchangeEnded() {
    state.withLock { $0.exchanges -= 1 }
  }

  /// Says that the multi handle is about to go; nobody wakes it from here on.
  func stopWaking() {
    state.withLock { $0.isDeaf = true }
  }

  /// Says that the thread has let go of everything.
  func end() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}

/// A libcurl multi handle.
///
/// `@unchecked`: other threads only call ``wake()``, the one function that libcurl allows them, and
/// only under the mailbox's lock while the handle lives.
struct MultiHandle: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer

  func wake() {
    curl_multi_wakeup(pointer)
  }
}
