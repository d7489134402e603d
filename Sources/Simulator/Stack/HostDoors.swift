// SPDX-License-Identifier: MIT
import MetricModel
import Synchronization

/// The ways besides HTTP by which a cluster is heard: ssh and advertisements, once they are wanted.
final class HostDoors: Sendable {
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

  var sessionCount: Int { state.withLock { $0.shell?.sessionCount ?? 0 } }

  func open(
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

  func close() async {
    let open = state.withLock { state in
      defer { state = State() }
      return state
    }
    await open.shell?.stop()
    await open.sender?.stop()
  }
}
