// SPDX-License-Identifier: MIT
import Glibc

/// All connections by ssh of one process: at most one a destination, kept while somebody holds it.
package final class SSHConnections: Sendable {
  private let thread: ShellThread

  /// Makes the place where connections are kept; none is made before a question.
  ///
  /// Nil when the system has no descriptors left.
  package convenience init?(limits: ShellLimits = ShellLimits()) {
    self.init(limits: limits, script: PackageResources.facts_sh)
  }

  /// Does the same with another script for accounts that are not locked.
  init?(limits: ShellLimits, script: [UInt8]) {
    // Only what ssh needs: no agent, no helper that asks for passwords.
    let names: [String] = ["PATH", "HOME"]
    let kept = names.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
    let plan = ChannelPlan(limits: limits, script: script, environment: kept + ["LC_ALL=C"])
    guard let thread = ShellThread(plan) else { return nil }
    self.thread = thread
  }

  deinit { thread.abandon() }

  /// A hold on the connection to `destination`, which is shared by all who hold it and ends with the
  /// last hold.
  package func host(_ destination: SSHDestination) -> RemoteHost {
    RemoteHost(destination, thread)
  }

  /// Fails all questions, ends all processes, and returns when they are gone.
  package func stop() async { await thread.stop() }
}

/// A hold on the connection to one host.
package final class RemoteHost: Sendable {
  /// What is asked.
  package let destination: SSHDestination
  private let thread: ShellThread
  private let holder: UInt64

  init(_ destination: SSHDestination, _ thread: ShellThread) {
    self.destination = destination
    self.thread = thread
    holder = thread.nextID()
    thread.post(.hold(destination, holder))
  }

  deinit { thread.post(.release(destination, holder)) }

  /// Asks the host for sections, in one round trip; makes the connection if there is none.
  ///
  /// Questions to one host are answered one after the other.
  ///
  /// - Parameters:
  ///   - commands: 1 to 16.
  ///   - timeout: For everything: waiting, connecting and answering.
  ///   - onClose: Called at most once, when the connection breaks later while nobody asked for it;
  ///     replaces the one of the last question.
  /// - Returns: One section for each command.
  /// - Throws: ``RemoteShellError``; `cancelled` as soon as the task is cancelled.
  package func ask(
    _ commands: [RemoteCommand],
    timeout: Duration,
    onClose: (@Sendable () -> Void)? = nil
  ) async throws(RemoteShellError) -> RemoteAnswer {
    precondition((1...16).contains(commands.count), "a question has 1 to 16 sections")
    let id = thread.nextID()
    let deadline = ShellThread.uptime + timeout
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        thread.post(
          .ask(
            AskedQuestion(
              id: id,
              destination: destination,
              commands: commands,
              deadline: deadline,
              timeout: timeout,
              holder: holder,
              onClose: onClose,
              continuation: continuation
            )
          )
        )
      }
    } onCancel: {
      thread.post(.cancel(destination, id))
    }
    return try result.get()
  }
}
