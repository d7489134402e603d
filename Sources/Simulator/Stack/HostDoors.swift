// SPDX-License-Identifier: MIT
package import MetricModel
import Synchronization

/// The ways besides HTTP by which a world is heard: ssh and advertisements, once they are wanted.
package final class HostDoors: Sendable {
  private struct State {
    var shell: ShellDoor?
    var sender: AdvertisementSender?
  }

  private let state = Mutex(State())

  deinit {
    let open = state.withLock { $0 }
    open.shell?.abandon()
    open.sender?.abandon()
  }

  /// Opens nothing yet.
  package init() {}

  /// The connections by ssh that there are.
  package var sessionCount: Int { state.withLock { $0.shell?.sessionCount ?? 0 } }

  /// Lets the hosts of a world be reached by ssh.
  ///
  /// - Parameters:
  ///   - folder: Where the program is written that stands for ssh, with two pipes beside it.
  ///   - world: The world as it is now; called on another thread.
  ///   - clock: Tells the time in the world.
  /// - Returns: The program's path.
  /// - Throws: ``SimulatorError/shell(path:reason:)``.
  package func open(
    in folder: String,
    world: @escaping @Sendable () -> SimulatedWorld,
    clock: any TimeSource
  ) throws(SimulatorError) -> String {
    let opened = try ShellDoor(in: folder, world: world, clock: clock)
    state.withLock { $0.shell = opened }
    return opened.program
  }

  func advertise(
    routerID: UInt8,
    world: @escaping @Sendable () -> SimulatedWorld,
    clock: any TimeSource
  ) -> Bool {
    guard let sender = AdvertisementSender(routerID: routerID, world: world, clock: clock) else {
      return false
    }
    state.withLock { $0.sender = sender }
    return true
  }

  /// Closes what is open; returns when nobody answers any more.
  package func close() async {
    let open = state.withLock { state in
      defer { state = State() }
      return state
    }
    await open.shell?.stop()
    await open.sender?.stop()
  }
}
