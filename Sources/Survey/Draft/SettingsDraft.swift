// SPDX-License-Identifier: MIT

/// The text of an `hvsmon.yml`, drafted from a survey.
package struct SettingsDraft: Sendable {
  let survey: ClusterSurvey
  let guess: ArchitectureGuess
  let wish: DraftWish
  /// The nodes that can be asked, each with an address, by name.
  let nodes: [(name: String, address: String, node: SurveyedNode)]

  /// Drafts from what was found.
  package init(_ survey: ClusterSurvey, _ guess: ArchitectureGuess, _ wish: DraftWish) {
    self.survey = survey
    self.guess = guess
    self.wish = wish
    let hostName = wish.host.lowercased().split(separator: ".").first.map(String.init)
    nodes = survey.nodes.compactMap { node in
      // The address that was asked is good for the node that answered, and for the one it names.
      let isAsked = node.isAnswering || node.name.lowercased() == hostName
      guard let address = node.address ?? (isAsked ? wish.host : nil), Self.isHost(address) else {
        return nil
      }
      return (node.name, address, node)
    }
  }

  /// The whole text, with a line feed at its end.
  package var text: String {
    let parts = [head, cluster, architecture, proxmox, Self.rest, rules, Self.notifications]
    return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  /// What may stand as an address in the settings.
  static func isHost(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/[]{}@?#".utf8.contains($0) }
  }

  // MARK: Sections

  private var head: [String] {
    var lines = [
      "# hvsmon.yml: drafted by `hvsmon init` from what the Proxmox cluster told. Nothing here is known",
      "# better than there: read it, correct what is marked as guessed, complete what is commented out,",
      "# then run `hvsmon check --config FILE`. deploy/hvsmon.yml shows every key.",
      "#",
      "# Durations: 500ms 15s 5m 2h 90d. Sizes: 64MiB 2GiB. Only what is declared is polled.",
    ]
    if !survey.gaps.isEmpty {
      lines += ["#", "# What could not be read:"]
      lines += survey.gaps.map { "# - \(DraftText.comment("\($0.subject): \($0.reason)"))" }
    }
    return lines
  }

  private var cluster: [String] {
    var lines = ["cluster:"]
    if let name = survey.name {
      lines.append("  name: \(DraftText.scalar(name))  # label `cluster` on every series")
    } else {
      lines.append("  name: cluster  # the cluster's own name could not be read")
    }
    return lines + timeZone
  }

  private var timeZone: [String] {
    let told = survey.nodes.compactMap { node in node.timeZone.map { (node.name, $0) } }
    let zone = survey.answering?.timeZone ?? told.first?.1
    guard let zone else {
      return ["  # timezone: Europe/Berlin  # no node told its zone; schedules are read in UTC"]
    }
    let name = DraftText.comment(zone)
    guard wish.knowsTimeZone(zone) else {
      return ["  # timezone: \(name)  # the nodes' zone, which this machine does not know (tzdata)"]
    }
    let others = told.filter { $0.1 != zone }.map { "\($0.0) has \($0.1)" }
    let note =
      others.isEmpty
      ? "the nodes' zone: backup schedules are read in it"
      : "but " + others.joined(separator: ", ")
    return ["  timezone: \(DraftText.scalar(zone))  # \(DraftText.comment(note))"]
  }

  private var architecture: [String] {
    ["architecture:"] + nodeLines + tierLines + otherLines + entryLines + backupLines
  }

  private var nodeLines: [String] {
    guard !nodes.isEmpty else {
      return [
        "  # nodes:  # no address of a node could be read",
        "  #   - {name: pve1, address: 192.168.30.11}",
      ]
    }
    var lines = ["  nodes:"]
    for (name, address, node) in nodes {
      var line =
        "    - {name: \(DraftText.scalar(name)), address: \(DraftText.scalar(address))}"
      if let trouble = node.trouble {
        line += "  # did not answer: \(DraftText.comment(trouble))"
      }
      lines.append(line)
    }
    let named = Set(nodes.map(\.name))
    lines += survey.nodes.filter { !named.contains($0.name) }.map {
      "    # - {name: \(DraftText.comment(DraftText.scalar($0.name))), address: ?}  # was not told"
    }
    return lines
  }

  private var proxmox: [String] {
    let lines = proxmoxKeys
    guard nodes.isEmpty else { return ["proxmox:"] + lines.map { "  \($0)" } }
    return ["# proxmox:  # wants architecture.nodes"] + lines.map { "#   \($0)" }
  }

  private var proxmoxKeys: [String] {
    var lines = ["token_id: \(DraftText.quoted(wish.tokenID))"]
    switch wish.secret {
    case .file(let path):
      lines += [
        "# Read at the start and at each reload. Under systemd, LoadCredential= in hvsmon.service",
        "# hands the service a copy: /run/credentials/hvsmon.service/proxmox.token",
        "token_secret_file: \(DraftText.scalar(path))",
      ]
    case .variable(let name): lines.append("token_secret_env: \(DraftText.scalar(name))")
    }
    switch wish.trust {
    case .system:
      lines.append("# The certificates are checked by this machine's authorities; or `ca_file`.")
    case .caFile(let path): lines.append("ca_file: \(DraftText.scalar(path))")
    case .fingerprints: lines += fingerprints
    }
    lines.append("port: \(wish.port)")
    return lines + ["# backups: {interval: 5m, timeout: 60s}"]
  }

  private var fingerprints: [String] {
    var lines = [
      "# Each node has its own certificate, and a renewed one another fingerprint (every two years at",
      "# the latest): `ca_file` with a copy of /etc/pve/pve-root-ca.pem of any node lasts longer.",
      "fingerprints:",
    ]
    for (name, _, node) in nodes {
      guard let fingerprint = node.fingerprint else {
        lines.append("  # \(DraftText.comment(DraftText.scalar(name))): ?  # was not told")
        continue
      }
      let note =
        node.isAnswering
        ? "given" : "told by the node that answered; compare: pvenode cert info"
      lines.append(
        "  \(DraftText.scalar(name)): \(DraftText.quoted(fingerprint))  # \(note)"
      )
    }
    return lines
  }

  private var rules: [String] {
    guard let file = wish.rulesFile else {
      return [
        "# Without rules nothing is ever told: copy alerts.yml, which comes with hvsmon, and name it.",
        "# rules: [/etc/hvsmon/alerts.yml]",
      ]
    }
    return ["rules: [\(DraftText.scalar(file))]  # Prometheus rule files"]
  }

  // MARK: What no cluster tells

  private static let rest = """
    # The account that facts are asked of on each host; deploy/facts.sh says how to lock it.
    # ssh:
    #   user: hvsmon
    #   identity_file: /etc/hvsmon/secrets/id_ed25519
    #   known_hosts_file: /etc/hvsmon/known_hosts
    #
    # What follows are the defaults.
    # poll:
    #   interval: 10s           # a section above may override interval and timeout
    #   timeout: 4s
    #   confirm_interval: 1s    # a target that just failed is asked again at this pace
    #   confirm_failures: 2     # failures in a row before the target counts as down
    #   watch_connections: true # a held connection that closes makes the target be asked at once
    # storage:
    #   path: /var/lib/hvsmon/hvsmon.sqlite
    #   retention: 400d
    #   max_size: 4GiB
    #   flush_interval: 1s      # samples are safe from a power cut after at most this
    # http:
    #   listen: 127.0.0.1:9820  # any address but loopback needs auth.tokens
    """.split(separator: "\n").map(String.init)

  private static let notifications = """
    # Whom to tell, in Alertmanager's words. Without it alerts are only kept.
    # notifications:
    #   route:
    #     receiver: chat
    #     group_by: [alertname, tier]
    #     group_wait: 250ms
    #     group_interval: 1m
    #     repeat_interval: 4h
    #   receivers:
    #     - name: chat
    #       slack: [{webhook_url_file: /etc/hvsmon/secrets/slack.url}]
    """.split(separator: "\n").map(String.init)
}
