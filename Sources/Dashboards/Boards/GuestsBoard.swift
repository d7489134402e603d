// SPDX-License-Identifier: MIT

extension Dashboard {
  /// Containers and virtual machines.
  static let guests = Dashboard(
    "guests",
    title: "Guests",
    question: "Which guest is down, short of something or about to fill up?",
    choices: [.node, .guest],
    sections: [
      Section(panels: guestList),
      Section("What they are short of", panels: guestShortages),
      Section("What they move", panels: guestTraffic),
      Section("Guest", isFolded: true, repeated: .guest, panels: oneGuest),
    ]
  )

  /// Gives series of Proxmox' ids the names of the guests that are chosen.
  private static let named =
    " * on (cluster, id) group_left (name, node) max by (cluster, id, name, node) "
    + "(pve_guest_info{@cluster,@node,@guest})"
  private static let kinds = "id=~\"(lxc|qemu)/.*\""

  private static func column(_ expression: String) -> String {
    "max by (cluster, name, node) (\(expression)\(named))"
  }

  private static let guestList: [Panel] = [
    Panel(
      "Guests",
      .table,
      .none,
      what: "Each guest with where it runs and what it uses.",
      bad: "DOWN, or a gauge that is full.",
      remedy: "Choose it above and open its graphs below.",
      queries: [
        Query(
          "max by (cluster, name, node) (hvsmon_guest_up{@cluster,@node,@guest})",
          "state",
          words: .runs
        ),
        Query(column("pve_cpu_usage_ratio{@cluster,\(kinds)}"), "processor", unit: .ratio),
        Query(
          column("pve_memory_usage_bytes{@cluster,\(kinds)} / pve_memory_size_bytes"),
          "memory",
          unit: .ratio,
          limits: [Limit("GuestMemoryHigh", .warning, .above(0.9))]
        ),
        Query(
          column("pve_disk_usage_bytes{@cluster,id=~\"lxc/.*\"} / (pve_disk_size_bytes > 0)"),
          "disk",
          unit: .ratio,
          limits: [
            Limit("GuestDiskFilling", .warning, .above(0.85)),
            Limit("GuestDiskFull", .page, .above(0.95)),
          ]
        ),
        Query(column("pve_uptime_seconds{@cluster,\(kinds)}"), "up for", unit: .seconds),
        Query(
          column("pve_onboot_status{@cluster,\(kinds)}"),
          "started at boot",
          words: .yes
        ),
      ],
      width: 24
    ),
    Panel(
      "State",
      .states,
      .none,
      what: "Whether each guest runs.",
      bad: "DOWN without anybody having stopped it.",
      remedy: "The task list of its node says who stopped it; `pct start` or `qm start`.",
      queries: [
        Query("max by (cluster, name) (hvsmon_guest_up{@cluster,@node,@guest})", "{{name}}")
      ],
      limits: [Limit("GuestDown", .warning, .isZero)],
      words: .runs,
      width: 24
    ),
  ]

  private static let guestShortages: [Panel] = [
    Panel(
      "Processor",
      .graph,
      .ratio,
      what: "The share of its processors that a guest uses; the ten that use most.",
      bad: "Full for long.",
      remedy: "`top` in the guest; give it more cores, or find what turns.",
      queries: [
        Query("topk(10, \(column("pve_cpu_usage_ratio{@cluster,\(kinds)}")))", "{{name}}")
      ]
    ),
    Panel(
      "Memory",
      .graph,
      .ratio,
      what: "The share of its memory that a guest uses; the ten that use most.",
      bad: "Above the line the kernel soon ends something in it.",
      remedy: "Find what grows, or give it more.",
      queries: [
        Query(
          "topk(10, \(column("pve_memory_usage_bytes{@cluster,\(kinds)} / pve_memory_size_bytes")))",
          "{{name}}"
        )
      ],
      limits: [Limit("GuestMemoryHigh", .warning, .above(0.9))]
    ),
    Panel(
      "Swap",
      .graph,
      .ratio,
      what: "The share of its swap that a container uses; the ten that use most.",
      bad: "Above the line: it is slow now and out of memory soon.",
      remedy: "As for memory.",
      queries: [
        Query(
          "topk(10, \(column("hvsmon_pve_guest_swap_usage_bytes{@cluster} / (hvsmon_pve_guest_swap_size_bytes > 0)")))",
          "{{name}}"
        )
      ],
      limits: [Limit("GuestSwapHigh", .warning, .above(0.8))]
    ),
    Panel(
      "Disk",
      .graph,
      .ratio,
      what:
        "How full the root disk of a container is; the ten fullest. Proxmox cannot see into VMs.",
      bad: "Above the lines: when it is full, databases stop and logs end.",
      remedy: "`du -xh / | sort -h | tail` in it, or `pct resize`.",
      queries: [
        Query(
          "topk(10, \(column("pve_disk_usage_bytes{@cluster,id=~\"lxc/.*\"} / (pve_disk_size_bytes > 0)")))",
          "{{name}}"
        )
      ],
      limits: [
        Limit("GuestDiskFilling", .warning, .above(0.85)),
        Limit("GuestDiskFull", .page, .above(0.95)),
      ]
    ),
    Panel(
      "Waits for the processor",
      .graph,
      .ratio,
      what: "The share of time in which something in the guest waited for a processor.",
      bad: "Above the line: it has too few cores, or the node is full.",
      remedy: "Compare with the node's load in Proxmox.",
      queries: [
        Query(
          "topk(10, \(column(pressure("cpu", "some"))))",
          "{{name}}"
        )
      ],
      limits: [Limit("GuestLacksProcessor", .warning, .above(0.3))]
    ),
    Panel(
      "Stalled by the disk",
      .graph,
      .ratio,
      what: "The share of time in which everything in the guest waited for its disk.",
      bad: "Above the line while no backup runs.",
      remedy: "See who writes: `iotop` in it and on its node.",
      queries: [Query("topk(10, \(column(pressure("io", "full"))))", "{{name}}")],
      limits: [Limit("GuestWaitsForDisk", .warning, .above(0.2))]
    ),
  ]

  private static func pressure(_ resource: String, _ kind: String) -> String {
    "hvsmon_pve_pressure_ratio{@cluster,\(kinds),resource=\"\(resource)\",kind=\"\(kind)\"}"
  }

  private static func traffic(_ metric: String) -> String {
    "topk(10, \(column("rate(\(metric){@cluster,\(kinds)}[$__rate_interval])")))"
  }

  private static let guestTraffic: [Panel] = [
    Panel(
      "Received",
      .graph,
      .bytesPerSecond,
      what: "What guests receive from the network; the ten with most.",
      bad: "The speed of the wire, or nothing where users should be.",
      remedy: "Compare with the requests in Edge.",
      queries: [Query(traffic("pve_network_receive_bytes_total"), "{{name}}")],
      width: 6
    ),
    Panel(
      "Sent",
      .graph,
      .bytesPerSecond,
      what: "What guests send to the network; the ten with most.",
      bad: "The speed of the wire.",
      remedy: "Backups, replication or a download: see which guest and when.",
      queries: [Query(traffic("pve_network_transmit_bytes_total"), "{{name}}")],
      width: 6
    ),
    Panel(
      "Read from disk",
      .graph,
      .bytesPerSecond,
      what: "What guests read from their disks; the ten with most.",
      bad: "As much as the disk can for long.",
      remedy: "A database whose cache is too small, or a backup.",
      queries: [Query(traffic("pve_disk_read_bytes_total"), "{{name}}")],
      width: 6
    ),
    Panel(
      "Written to disk",
      .graph,
      .bytesPerSecond,
      what: "What guests write to their disks; the ten with most.",
      bad: "As much as the disk can for long: it also wears it out.",
      remedy: "Logs, swap or a database that is filled.",
      queries: [Query(traffic("pve_disk_written_bytes_total"), "{{name}}")],
      width: 6
    ),
  ]

  private static let oneGuest: [Panel] = [
    Panel(
      "Processor and memory",
      .graph,
      .ratio,
      what: "The share of its processors and memory that the guest uses.",
      bad: "Full.",
      remedy: "Find what grows in it.",
      queries: [
        Query(column("pve_cpu_usage_ratio{@cluster,\(kinds)}"), "processor"),
        Query(
          column("pve_memory_usage_bytes{@cluster,\(kinds)} / pve_memory_size_bytes"),
          "memory",
          colour: .warning
        ),
      ],
      width: 12
    ),
    Panel(
      "Up for",
      .graph,
      .seconds,
      what: "How long the guest has run; a fall is a start.",
      bad: "Falls that nobody asked for.",
      remedy: "The log of its node at that time.",
      queries: [Query(column("pve_uptime_seconds{@cluster,\(kinds)}"), "{{name}}")],
      width: 12
    ),
  ]
}
