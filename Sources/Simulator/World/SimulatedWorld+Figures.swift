// SPDX-License-Identifier: MIT
import MetricModel

/// What a node measures of itself.
struct NodeFigures {
  let uptime: Int64
  let cpuRatio: Double
  let waitRatio: Double
  let loads: [Double]
  let usedMemoryBytes: Int64
  let usedSwapBytes: Int64
  let usedRootBytes: Int64
  let netInBytesPerSecond: Double
  let netOutBytesPerSecond: Double
  /// Percent of time, as the kernel's `avg10`.
  let cpuPressure: Double
  let ioPressure: Double

  static let rootBytes: Int64 = 100_861_726_720
  static let swapBytes: Int64 = 8_589_930_496
}

/// What a node measures of a guest; everything is zero while the guest is stopped.
struct GuestFigures {
  var isRunning = false
  var uptime: Int64 = 0
  var cpuRatio = 0.0
  var memoryBytes: Int64 = 0
  var swapBytes: Int64 = 0
  var diskBytes: Int64 = 0
  var netInBytes: Int64 = 0
  var netOutBytes: Int64 = 0
  var diskReadBytes: Int64 = 0
  var diskWrittenBytes: Int64 = 0
  var cpuPressure = 0.0
  var ioPressure = 0.0
}

extension SimulatedWorld {
  /// Figures change once in ten seconds.
  private func step(_ instant: Timestamp) -> Int64 { instant.wholeSeconds / Broadcasts.interval }

  func figures(of node: ClusterPlan.Node, at instant: Timestamp) -> NodeFigures {
    let step = step(instant)
    let key = "node/\(node.name)"
    let load = noise.value(in: 0.2...1.4, key + "/load", step / 6)
    let memory =
      noise.value(in: 0.38...0.5, key + "/memory") + noise.unit(key + "/memory", step) / 99
    return NodeFigures(
      uptime: max(0, instant.wholeSeconds - bootedAt(node: node.name, at: instant).wholeSeconds),
      cpuRatio: noise.value(in: 0.03...0.16, key + "/cpu", step),
      waitRatio: noise.value(in: 0...0.004, key + "/wait", step),
      loads: [load, load * 0.8 + 0.1, load * 0.6 + 0.2],
      usedMemoryBytes: Int64(Double(node.memoryBytes) * memory),
      usedSwapBytes: 1 << 20,
      usedRootBytes: Int64(
        Double(NodeFigures.rootBytes) * noise.value(in: 0.09...0.13, key + "/root")
      ),
      netInBytesPerSecond: noise.value(in: 30_000...120_000, key + "/in", step),
      netOutBytesPerSecond: noise.value(in: 30_000...190_000, key + "/out", step),
      cpuPressure: noise.value(in: 0...1.2, key + "/pressure", step),
      ioPressure: noise.value(in: 0...0.3, key + "/io", step)
    )
  }

  func figures(of guest: ClusterPlan.Guest, at instant: Timestamp) -> GuestFigures {
    guard isRunning(guest, at: instant) else { return GuestFigures() }
    let step = step(instant)
    let key = "guest/\(guest.vmID)"
    let uptime = max(0, instant.wholeSeconds - startedAt(guest, at: instant).wholeSeconds)
    let memory =
      switch guest.role {
      case .loadBalancer: 0.1
      case .app: 0.42
      case .database: 0.6
      case .other: 0.35
      }
    // A counter is a rate times the time since the start, so it never falls but at a start.
    func counter(_ name: String, _ bytesPerSecond: ClosedRange<Double>) -> Int64 {
      Int64(noise.value(in: bytesPerSecond, key + name) * Double(uptime))
    }
    return GuestFigures(
      isRunning: true,
      uptime: uptime,
      cpuRatio: noise.value(in: 0.01...0.09, key + "/cpu", step),
      memoryBytes: Int64(
        Double(guest.memoryBytes) * (memory + noise.unit(key + "/memory", step) / 50)
      ),
      swapBytes: Int64(noise.value(in: 0...4_000_000, key + "/swap")),
      diskBytes: usedDiskBytes(guest),
      netInBytes: counter("/in", 8_000...45_000),
      netOutBytes: counter("/out", 8_000...45_000),
      diskReadBytes: counter("/read", 800...22_000),
      diskWrittenBytes: counter("/write", 20_000...100_000),
      cpuPressure: noise.value(in: 0...0.4, key + "/pressure", step),
      ioPressure: noise.value(in: 0...0.2, key + "/io", step)
    )
  }

  /// The used part of a guest's root disk.
  func usedDiskBytes(_ guest: ClusterPlan.Guest) -> Int64 {
    Int64(Double(guest.diskBytes) * noise.value(in: 0.2...0.45, "guest/\(guest.vmID)/disk"))
  }

  /// The used part of a storage on a node; a shared one is the same everywhere.
  func usedBytes(of storage: ClusterPlan.Storage, on node: String) -> Int64 {
    let place = storage.isShared ? storage.name : "\(node)/\(storage.name)"
    return Int64(
      Double(storage.bytes) * storage.usedRatio * noise.value(in: 0.9...1.1, "storage/\(place)")
    )
  }
}
