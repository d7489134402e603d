// SPDX-License-Identifier: MIT
import MetricModel
import Net

extension ProxmoxFace {
  func guestReply(
    _ node: ClusterPlan.Node,
    _ kind: ClusterPlan.Guest.Kind,
    _ parts: [String],
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> Reply {
    guard let first = parts.first else { return Reply(guestList(on: node, kind)) }
    let path = "nodes/\(node.name)/\(kind.rawValue)/\(first)"
    guard let vmID = Int(first) else { throw .badParameter("vmid", "type check failed") }
    guard rights.seesGuests else { throw .forbidden("/vms/\(vmID)", "VM.Audit") }
    guard let guest = world.plan.guest(vmID), guest.kind == kind,
      world.node(of: guest, at: now) == node.name
    else { throw .failed("Configuration file '\(path).conf' does not exist") }
    switch Array(parts.dropFirst()) {
    case ["status", "current"]:
      let ha: ReplyTree =
        world.plan.managedGuests.contains(vmID)
        ? ["managed": 1, "state": .text(availability(of: guest))] : ["managed": 0]
      return Reply(guestStatus(guest, running: runningBackups).adding(["ha": ha]))
    case ["config"]: return Reply(guestConfig(guest))
    case ["interfaces"] where kind == .container: return Reply(interfaces(of: guest))
    case ["rrddata"]: return Reply(guestHistory(guest))
    default: throw .unknownPath("/\(path)/" + parts.dropFirst().joined(separator: "/"))
    }
  }

  private func guestList(on node: ClusterPlan.Node, _ kind: ClusterPlan.Guest.Kind) -> ReplyTree {
    guard rights.seesGuests else { return [] }
    let running = runningBackups
    return .list(
      world.plan.guests
        .filter { $0.kind == kind && world.node(of: $0, at: now) == node.name }
        .map { guestStatus($0, running: running) }
    )
  }

  /// The runs that are not over yet: they lock guests.
  var runningBackups: [BackupRun] {
    world.backupRuns(at: now, nights: 1).filter { $0.end > now.wholeSeconds }
  }

  private func guestStatus(_ guest: ClusterPlan.Guest, running: [BackupRun]) -> ReplyTree {
    let figures = world.figures(of: guest, at: now)
    let isContainer = guest.kind == .container
    var status: ReplyTree = [
      "vmid": .integer(guest.vmID), "type": .text(guest.kind.rawValue), "name": .text(guest.name),
      "status": .text(figures.isRunning ? "running" : "stopped"), "cpus": .integer(guest.cpus),
      "maxmem": .integer(guest.memoryBytes), "tags": .text(guest.tags.joined(separator: ";")),
      "cpu": .number(figures.cpuRatio), "mem": .integer(figures.memoryBytes),
      "disk": .integer(isContainer ? figures.diskBytes : 0), "maxdisk": .integer(guest.diskBytes),
      "netin": .integer(figures.netInBytes), "netout": .integer(figures.netOutBytes),
      "diskread": .integer(figures.diskReadBytes),
      "diskwrite": .integer(figures.diskWrittenBytes), "uptime": .integer(figures.uptime),
    ]
    if isContainer {
      status = status.adding([
        "maxswap": 536_870_912, "swap": .integer(figures.swapBytes),
      ])
    }
    if world.isBeingBackedUp(guest.vmID, runs: running, at: now) {
      status = status.adding(["lock": "backup"])
    }
    guard figures.isRunning else { return status }
    return status.adding([
      "pid": .integer(2_000 + Int(world.noise.bits("pid/\(guest.vmID)") % 30_000)),
      "pressurecpusome": .text(Self.hundredths(figures.cpuPressure)), "pressurecpufull": "0.00",
      "pressureiosome": .text(Self.hundredths(figures.ioPressure)), "pressureiofull": "0.00",
      "pressurememorysome": "0.00", "pressurememoryfull": "0.00",
    ])
  }

  private func guestConfig(_ guest: ClusterPlan.Guest) -> ReplyTree {
    let disk = "local-lvm:vm-\(guest.vmID)-disk-0,size=\(guest.diskBytes >> 30)G"
    let common: ReplyTree = [
      "cores": .integer(guest.cpus), "onboot": 1,
      "tags": .text(guest.tags.joined(separator: ";")),
      "digest": .text(String(repeating: "51a7ed00", count: 5)),
      "startup": .text("order=\(guest.role == .database ? 1 : 2),up=10"),
    ]
    guard guest.kind == .container else {
      return common.adding([
        "name": .text(guest.name), "memory": .text(String(guest.memoryBytes >> 20)),
        "ostype": "l26", "scsi0": .text(disk),
        "net0": .text("virtio=\(Self.hardwareAddress(guest)),bridge=vmbr0"),
      ])
    }
    var config = common.adding([
      "arch": "amd64", "hostname": .text(guest.name), "memory": .integer(guest.memoryBytes >> 20),
      "swap": 512, "ostype": "debian", "unprivileged": 1, "features": "nesting=1",
      "net0": .text(
        "name=eth0,bridge=vmbr0,hwaddr=\(Self.hardwareAddress(guest)),ip=\(guest.address)/24,"
          + "type=veth"
      ), "rootfs": .text(disk),
    ])
    if let bytes = guest.dataDiskBytes {
      config = config.adding([
        "mp0": .text(
          "local-lvm:vm-\(guest.vmID)-disk-1,mp=/var/lib/mongodb,backup=1,size=\(bytes >> 30)G"
        )
      ])
    }
    return config
  }

  /// GET .../interfaces: null while the container is stopped.
  ///
  /// `inet` is the last address only.
  private func interfaces(of guest: ClusterPlan.Guest) -> ReplyTree {
    guard world.isRunning(guest, at: now) else { return .null }
    func address(_ text: String, _ prefix: Int, _ family: String = "inet") -> ReplyTree {
      [
        "ip-address-type": .text(family), "ip-address": .text(text), "prefix": .integer(prefix),
      ]
    }
    func interface(_ name: String, _ hardware: String, _ four: String, _ all: [ReplyTree])
      -> ReplyTree
    {
      [
        "name": .text(name), "hwaddr": .text(hardware), "hardware-address": .text(hardware),
        "inet": .text(four), "inet6": .text(name == "lo" ? "::1/128" : "fe80::1/64"),
        "ip-addresses": .list(all),
      ]
    }
    let holds = world.addressHolders(at: now).contains { $0.vmID == guest.vmID }
    let floating = world.plan.virtualAddress
    return [
      interface(
        "lo",
        "00:00:00:00:00:00",
        "127.0.0.1/8",
        [address("127.0.0.1", 8), address("::1", 128, "inet6")]
      ),
      interface(
        "eth0",
        Self.hardwareAddress(guest).lowercased(),
        holds ? "\(floating)/32" : "\(guest.address)/24",
        [address(guest.address, 24)] + (holds ? [address(floating, 32)] : [])
          + [address("fe80::1", 64, "inet6")]
      ),
    ]
  }

  private func guestHistory(_ guest: ClusterPlan.Guest) -> ReplyTree {
    .list(
      historyTimes.map { time in
        let instant = Timestamp(wholeSeconds: time)
        let point: ReplyTree = ["time": .integer(time)]
        guard isMeasured(world.node(of: guest, at: instant), at: instant) else { return point }
        let figures = world.figures(of: guest, at: instant)
        guard figures.isRunning else { return point }
        let seconds = Double(max(1, figures.uptime))
        return point.adding([
          "cpu": .number(figures.cpuRatio), "maxcpu": .number(Double(guest.cpus)),
          "mem": .number(Double(figures.memoryBytes)), "maxmem": .number(Double(guest.memoryBytes)),
          "disk": .number(Double(figures.diskBytes)), "maxdisk": .number(Double(guest.diskBytes)),
          "netin": .number(Double(figures.netInBytes) / seconds),
          "netout": .number(Double(figures.netOutBytes) / seconds),
          "diskread": .number(Double(figures.diskReadBytes) / seconds),
          "diskwrite": .number(Double(figures.diskWrittenBytes) / seconds),
          "pressurecpusome": .number(figures.cpuPressure), "pressurecpufull": 0,
          "pressureiosome": .number(figures.ioPressure), "pressureiofull": 0,
          "pressurememorysome": 0, "pressurememoryfull": 0,
        ])
      }
    )
  }

  static func hardwareAddress(_ guest: ClusterPlan.Guest) -> String {
    let digits = String(guest.vmID, radix: 16, uppercase: true)
    let four = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return "BC:24:11:00:\(four.prefix(2)):\(four.suffix(2))"
  }
}
