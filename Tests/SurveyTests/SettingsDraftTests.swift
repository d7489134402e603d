// SPDX-License-Identifier: MIT
import Architecture
import Configuration
import Survey
import Testing

@Suite struct SettingsDraftTests {
  private var reference: ClusterSurvey {
    var balancer = container(100, "nginx1")
    balancer.network.held.append(
      .init(interface: "eth0", text: "192.168.30.200", prefixBits: 32)
    )
    balancer.answers = [.stubStatus(port: 80)]
    var app = container(106, "webapp1")
    app.answers = [.page(port: 3_000, status: 200)]
    var job = SurveyedJob(id: "backup-1")
    job.scope = .guests([100, 101, 103, 104, 105, 106, 200])
    job.schedule = "mon..fri 00:00"
    job.retention = ["keep-last": 5]
    job.mode = "snapshot"
    job.storage = "backup"
    var cluster = survey(
      [
        balancer, container(101, "nginx2"), container(103, "mongo1"), container(104, "mongo2"),
        container(105, "mongo3"), app,
      ],
      jobs: [job]
    )
    cluster.entryAnswers = ["192.168.30.200": [.page(port: 80, status: 301)]]
    return cluster
  }

  @Test func `a draft reads back as what was found`() throws {
    let text = draft(reference)
    let (settings, issues) = reading(text)
    #expect(issues.isEmpty, "\(issues)")
    let cluster = settings.cluster
    #expect(cluster.name == "hvs")
    #expect(cluster.nodes.map(\.address) == ["192.168.30.11", "192.168.30.12", "192.168.30.13"])
    #expect(cluster.tiers.map(\.name) == ["load-balancer", "app", "database"])
    #expect(cluster.tiers[1].dependsOn == ["database"])
    #expect(cluster.tiers[2].needs == .majority)
    let member = try #require(cluster.tiers[0].members.first)
    #expect(member.guest == 100 && member.address == "192.168.30.100" && member.node == "pve2")
    let entry = try #require(cluster.entries.first)
    #expect(entry.url == "http://192.168.30.200/")
    #expect(entry.expectedStatuses == [301])
    #expect(entry.tiers == ["load-balancer", "app", "database"])
    let backup = try #require(cluster.backups.first)
    #expect(backup.guests == [100, 101, 103, 104, 105, 106, 200])
    #expect(backup.keepLast == 5 && backup.mode == .snapshot && backup.storage == "backup")
    #expect(text.contains("guests: [100, 101, 103-106, 200]"))
    #expect(text.contains("status: \"http://{address}/nginx_status\"  # no answer from nginx2"))
    #expect(text.contains("http: {url: \"http://{address}:3000/\"}  # all answered"))
    #expect(text.contains("# guessed: names with \"mongo\""))
    #expect(text.contains("      # vrrp: {address: 192.168.30.200, interface: eth0}"))
    // What only ssh tells is commented out until somebody has made an account for it.
    for line in ["      # pm2: {user: app,", "        # expect: {upstream: app,", "\n# ssh:\n"] {
      #expect(text.ranges(of: line).count == 1, "\(line)")
    }
  }

  @Test(
    arguments: [
      "yes", "NO", "null", "~", "1e3", "0x1F", "12:30", "a: b", "a #b", "- x", "[x]", "{x}", "*a",
      "&a", "!t", "|", ">", "%x", "@x", "`x`", "'", "\"", "\\", "it's \"so\"", "ü", "中文", "😀",
      "line\nbreak", "tab\there", "nul\u{0}", "nel\u{85}", "ls\u{2028}", "bom\u{feff}", " edge ",
      "true", "1.5", ".inf", "2026-11-24", "{address}", "key: [", "# x", "?", ":", "on",
    ]
  )
  func `a hostile name stays a name`(name: String) {
    var node = reference
    node.name = name
    node.guests[0].name = name
    node.guests[0].tags = ["lb", name]
    node.guests[5].name = "web" + name
    node.guests.append(container(300, name))
    node.change(node: name) { $0.address = "192.168.30.99" }
    var job = SurveyedJob(id: name)
    job.scope = .pool(name)
    job.schedule = name
    job.storage = name
    var second = node.jobs[0]
    second.storage = name
    node.jobs += [job, second, SurveyedJob(id: name)]
    node.gaps = [SurveyGap(name, name)]
    let text = draft(node)
    let (settings, issues) = reading(text)
    #expect(issues.isEmpty, "\(issues)\n\(text)")
    #expect(settings.cluster.name == name)
    #expect(settings.cluster.nodes.contains { $0.name == name })
    #expect(settings.cluster.tiers.flatMap(\.members).contains { $0.name == name })
    #expect(settings.cluster.backups.contains { $0.storage == name })
  }

  @Test func `random names and places never make a faulty draft`() {
    var random = SystemRandomNumberGenerator()
    let seed = random.next()
    var generator = Seeded(state: seed)
    let alphabet = Array("ab1 -:#\"'\\{}[],&*!|>%@`~?.\n\t\u{0}\u{85}é中😀").map(String.init)
    func word() -> String {
      (0..<Int.random(in: 0...6, using: &generator))
        .map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
    }
    for _ in 0..<200 {
      var cluster = ClusterSurvey()
      cluster.name = Bool.random(using: &generator) ? nil : "c" + word()
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let address = word()
        cluster.change(node: "n" + word()) { node in
          node.address = address
          node.timeZone = address
          node.trouble = address
        }
      }
      cluster.guests = (100..<108).map { id in
        var guest = container(id, ["web", "db", "lb", ""].randomElement(using: &generator))
        guest.name = (guest.name ?? "") + word()
        guest.tags = [word(), "tier-\(word())"]
        if Bool.random(using: &generator) { guest.network.configured = [] }
        guest.network.held = [.init(interface: word(), text: word(), prefixBits: 32)]
        guest.answers = [.page(port: 80, status: 200), .stubStatus(port: 80)]
        return guest
      }
      let issues = reading(draft(cluster)).issues
      #expect(issues.isEmpty, "seed \(seed): \(issues)\n\(draft(cluster))")
    }
  }

  @Test func `two guests of one name become two members`() {
    var cluster = reference
    cluster.guests[1].name = "nginx1"
    let members = reading(draft(cluster)).settings.cluster.tiers.flatMap(\.members).map(\.name)
    #expect(members.contains("nginx1") && members.contains("nginx1-101"))
  }

  @Test func `what cannot be declared is a comment that says why`() {
    var cluster = reference
    cluster.guests[1].network = GuestNetwork()
    cluster.guests[1].status = "stopped"
    var never = cluster.jobs[0]
    never.isEnabled = false
    var odd = cluster.jobs[0]
    odd.schedule = "every full moon"
    cluster.jobs = [never, odd]
    cluster.entryAnswers = [:]
    let text = draft(cluster, wish(ports: [80]))
    let (settings, issues) = reading(text)
    #expect(issues.isEmpty, "\(issues)")
    #expect(settings.cluster.tiers[0].members.map(\.guest) == [100])
    #expect(text.contains("# 101 nginx2 (lxc, stopped): its configuration has no address"))
    #expect(settings.cluster.backups.isEmpty)
    #expect(text.contains("it is not enabled, so it never runs"))
    #expect(text.contains("hvsmon does not read the schedule every full moon"))
    #expect(settings.cluster.entries.isEmpty)
    #expect(text.contains("# - {name: site, url: \"http://192.168.30.200/\""))
  }

  @Test func `a cluster that tells nothing still makes a draft without faults`() {
    var cluster = ClusterSurvey()
    cluster.gaps = [SurveyGap("the cluster", "the token lacks a privilege")]
    let text = draft(cluster)
    let (settings, issues) = reading(text)
    #expect(issues.isEmpty, "\(issues)\n\(text)")
    #expect(settings.cluster.nodes.isEmpty)
    #expect(text.contains("# - the cluster: the token lacks a privilege"))
    #expect(text.contains("# proxmox:"))
  }

  @Test func `a job for all guests or a pool names the guests of today`() {
    var cluster = reference
    cluster.guests[0].pool = "edge"
    cluster.jobs[0].scope = .all(except: [103])
    var pool = cluster.jobs[0]
    pool.scope = .pool("edge")
    cluster.jobs.append(pool)
    let backups = reading(draft(cluster)).settings.cluster.backups
    #expect(backups.map(\.guests) == [[100, 101, 104, 105, 106], [100]])
    #expect(Set(backups.map(\.name)).count == 2)
  }

  @Test func `guests that say nothing are listed, and how many of them were asked`() {
    let many = survey((100..<180).map { container($0, "ct\($0)") })
    let text = draft(many)
    #expect(reading(text).issues.isEmpty)
    #expect(text.contains("    # 100 ct100 (lxc, running) 192.168.30.100 on pve2"))
    #expect(text.contains("# (the first 64 of them were asked at their ports)"))
    #expect(!draft(many, wish(ports: [])).contains("were asked"))
  }

  @Test func `the secret is named, and each node keeps its certificate`() {
    let text = draft(reference)
    #expect(text.contains("token_secret_file: /etc/hvsmon/secrets/proxmox.token"))
    #expect(text.contains("pve1: \"A1:A1:"))
    #expect(text.contains("# told by the node that answered"))
    let trusted = draft(reference, wish(trust: .caFile("/etc/hvsmon/ca file.pem")))
    #expect(trusted.contains("ca_file: \"/etc/hvsmon/ca file.pem\""))
    #expect(!trusted.contains("fingerprints"))
  }
}

/// SplitMix64.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
