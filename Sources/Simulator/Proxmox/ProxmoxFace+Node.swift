// SPDX-License-Identifier: MIT
import MetricModel
import Net

extension ProxmoxFace {
  /// GET /nodes/{node}/status.
  func nodeStatus(_ node: ClusterPlan.Node) -> ReplyTree {
    let figures = world.figures(of: node, at: now)
    let available = node.memoryBytes - figures.usedMemoryBytes
    let kernel = "6.17.9-1-pve"
    let build = "#1 SMP PREEMPT_DYNAMIC simulated"
    return [
      "uptime": .integer(figures.uptime),
      "idle": 0,
      "loadavg": .list(figures.loads.map { .text(Self.hundredths($0)) }),
      "kversion": .text("Linux \(kernel) \(build)"),
      "current-kernel": [
        "sysname": "Linux", "release": .text(kernel), "version": .text(build), "machine": "x86_64",
      ],
      "boot-info": ["mode": "efi", "secureboot": 0],
      "cpuinfo": [
        "model": "Simulated CPU", "sockets": 1, "cores": .integer(node.cpus / 2),
        "cpus": .integer(node.cpus), "mhz": "3400.000", "hvm": "1", "user_hz": 100,
        "flags": "fpu sse2",
      ],
      "cpu": .number(figures.cpuRatio),
      "wait": .number(figures.waitRatio),
      "memory": [
        "total": .integer(node.memoryBytes), "used": .integer(figures.usedMemoryBytes),
        "available": .integer(available), "free": .integer(available / 3),
      ],
      "ksm": ["shared": 0],
      "swap": [
        "total": .integer(NodeFigures.swapBytes), "used": .integer(figures.usedSwapBytes),
        "free": .integer(NodeFigures.swapBytes - figures.usedSwapBytes),
      ],
      "pveversion": "pve-manager/9.2.11/51a7ed0000000001",
      "rootfs": [
        "total": .integer(NodeFigures.rootBytes), "used": .integer(figures.usedRootBytes),
        "free": .integer(NodeFigures.rootBytes - figures.usedRootBytes),
        // A twentieth is kept for root.
        "avail": .integer(NodeFigures.rootBytes / 20 * 19 - figures.usedRootBytes),
      ],
    ]
  }

  /// GET /nodes/{node}/time.
  func nodeTime() -> ReplyTree {
    let seconds = now.wholeSeconds
    return [
      "timezone": "Europe/Berlin", "time": .integer(seconds),
      "localtime": .integer(seconds + BerlinCalendar.offsetSeconds(atUnixSeconds: seconds)),
    ]
  }

  /// GET /nodes/{node}/rrddata for the last hour, a point a minute, oldest first; what was not
  /// measured is left out of its point.
  func nodeHistory(_ node: ClusterPlan.Node) -> ReplyTree {
    .list(
      historyTimes.map { time in
        let instant = Timestamp(wholeSeconds: time)
        let point: ReplyTree = ["time": .integer(time)]
        guard isMeasured(node.name, at: instant) else { return point }
        let figures = world.figures(of: node, at: instant)
        let memory = Double(node.memoryBytes)
        return point.adding([
          "cpu": .number(figures.cpuRatio), "iowait": .number(figures.waitRatio),
          "loadavg": .number(figures.loads[0]), "maxcpu": .number(Double(node.cpus)),
          "memtotal": .number(memory), "memused": .number(Double(figures.usedMemoryBytes)),
          "memavailable": .number(memory - Double(figures.usedMemoryBytes)), "arcsize": 0,
          "swaptotal": .number(Double(NodeFigures.swapBytes)),
          "swapused": .number(Double(figures.usedSwapBytes)),
          "roottotal": .number(Double(NodeFigures.rootBytes)),
          "rootused": .number(Double(figures.usedRootBytes)),
          "netin": .number(figures.netInBytesPerSecond),
          "netout": .number(figures.netOutBytesPerSecond),
          "pressurecpusome": .number(figures.cpuPressure),
          "pressureiosome": .number(figures.ioPressure),
          "pressureiofull": .number(figures.ioPressure / 2), "pressurememorysome": 0,
          "pressurememoryfull": 0,
        ])
      }
    )
  }

  /// The full minutes of the last hour.
  var historyTimes: [Int64] {
    let newest = now.wholeSeconds / 60 * 60
    return (0..<60).map { newest - 60 * (59 - Int64($0)) }
  }

  func isMeasured(_ node: String, at instant: Timestamp) -> Bool {
    world.isUp(node: node, at: instant) && !world.has(.statisticsHung(node), at: instant)
  }

  /// GET /nodes/{node}/services: a fixed list; what a node does not have is not found.
  func services(on node: ClusterPlan.Node) -> ReplyTree {
    let present = [
      "chrony", "corosync", "cron", "ksmtuned", "lxcfs", "postfix", "proxmox-firewall",
      "pve-cluster", "pve-firewall", "pve-ha-crm", "pve-ha-lrm", "pve-lxc-syscalld", "pvedaemon",
      "pvefw-logger", "pveproxy", "pvescheduler", "pvestatd", "qmeventd", "spiceproxy", "sshd",
      "systemd-journald",
    ]
    let absent = ["syslog", "systemd-timesyncd"]
    func row(_ name: String, _ state: String, _ active: String, _ unit: String) -> ReplyTree {
      [
        "service": .text(name), "name": .text(name), "desc": .text("\(name) of the simulation"),
        "state": .text(state), "active-state": .text(active), "unit-state": .text(unit),
      ]
    }
    let rows = present.map { name in
      world.has(.serviceFailed(node: node.name, service: name), at: now)
        ? row(name, "failed", "failed", "enabled") : row(name, "running", "active", "enabled")
    }
    return .list(rows + absent.map { row($0, "dead", "inactive", "not-found") })
  }

  /// GET /nodes/{node}/certificates/info.
  func certificateList(of node: ClusterPlan.Node) -> ReplyTree {
    let authority = "/O=Simulated Cluster Manager CA/CN=Simulated Virtual Environment"
    var rows: [ReplyTree] = [
      [
        "filename": "pve-root-ca.pem", "subject": .text(authority), "issuer": .text(authority),
        "notbefore": .integer(certificates.authority.validUnixSeconds.lowerBound),
        "notafter": .integer(certificates.authority.validUnixSeconds.upperBound), "san": [],
        "fingerprint": .text(certificates.authority.sha256Fingerprint),
        "public-key-type": "id-ecPublicKey", "public-key-bits": 256,
        "pem": .text(certificates.authority.pem),
      ]
    ]
    if let own = certificates.nodes[node.name]?.certificate {
      rows.append([
        "filename": "pve-ssl.pem",
        "subject": .text("/O=Simulated Virtual Environment/CN=\(node.name).example.internal"),
        "issuer": .text(authority), "notbefore": .integer(own.validUnixSeconds.lowerBound),
        "notafter": .integer(own.validUnixSeconds.upperBound),
        "san": .list(
          ["127.0.0.1", "::1", "localhost", node.address, node.name].map { .text($0) }
        ), "fingerprint": .text(own.sha256Fingerprint), "public-key-type": "id-ecPublicKey",
        "public-key-bits": 256, "pem": .text(own.pem),
      ])
    }
    return .list(rows)
  }

  /// GET /nodes/{node}/subscription: a cluster without a contract.
  func subscription() -> ReplyTree {
    let reply: ReplyTree = [
      "status": "notfound", "message": "no subscription key is set",
      "url": "https://www.proxmox.com/",
    ]
    return rights.seesSystem ? reply.adding(["serverid": "51A7ED"]) : reply
  }

  /// GET /nodes/{node}/disks/list.
  func disks(of node: ClusterPlan.Node) -> ReplyTree {
    [
      [
        "devpath": "/dev/nvme0n1",
        "by_id_link": .text("/dev/disk/by-id/nvme-SIMULATED_\(node.number)"), "type": "nvme",
        "vendor": "unknown", "model": "SIMULATED SSD",
        "serial": .text("SIM\(node.number)A"), "wwn": .text("eui.51a7ed\(node.number)"),
        "size": 500_107_862_016, "gpt": 1, "rpm": 0, "health": "PASSED", "wearout": 96,
        "used": "LVM", "osdid": -1, "osdid-list": .null,
      ],
      [
        "devpath": "/dev/sda",
        "by_id_link": .text("/dev/disk/by-id/ata-SIMULATED_\(node.number)"), "type": "hdd",
        "vendor": "ATA     ", "model": "SIMULATED HDD", "serial": .text("SIM\(node.number)B"),
        "wwn": .text("0x51a7ed\(node.number)"), "size": 2_000_398_934_016, "gpt": 1,
        "rpm": 7_200, "health": "PASSED", "wearout": "N/A", "used": "ext4", "osdid": -1,
        "osdid-list": .null,
      ],
    ]
  }

  /// A number with two digits behind the point.
  static func hundredths(_ number: Double) -> String {
    let whole = Int64((number * 100).rounded())
    let rest = whole % 100
    return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
