// SPDX-License-Identifier: MIT
import Survey
import Testing

@Suite struct ArchitectureGuessTests {
  private func guess(_ guests: SurveyedGuest...) -> ArchitectureGuess {
    ArchitectureGuess(survey(guests))
  }

  /// `name: 1 2 3` for each tier.
  private func outline(_ guess: ArchitectureGuess) -> [String] {
    guess.tiers.map { tier in
      "\(tier.name): \(tier.members.map { String($0.id) }.joined(separator: " "))"
    }
  }

  @Test func `siblings by name make a tier that is called as what they do`() {
    let found = guess(
      container(100, "nginx1"),
      container(101, "nginx2"),
      container(103, "mongo1"),
      container(104, "mongo2"),
      container(105, "mongo3"),
      container(106, "webapp1"),
      container(107, "webapp2")
    )
    #expect(
      outline(found) == ["load-balancer: 100 101", "app: 106 107", "database: 103 104 105"]
    )
    #expect(found.tiers.map(\.needsMajority) == [false, false, true])
    #expect(found.others.isEmpty)
  }

  @Test(
    arguments: [
      ("lb-01", "load-balancer"), ("haproxy", "load-balancer"), ("edge-lb", "load-balancer"),
      ("web-lb1", "load-balancer"), ("Postgres-3", "database"), ("app-db", "database"),
      ("mysql", "database"), ("www2", "app"), ("next", "app"), ("api.example.net", "app"),
    ]
  )
  func `a name says what its guest does`(name: String, role: String) {
    #expect(outline(guess(container(100, name))) == ["\(role): 100"])
  }

  @Test(arguments: ["albatross", "dbus", "apple", "mailhost", "nodered", "ct105", "vm7", ""])
  func `a name that says nothing leaves its guest over`(name: String) {
    let found = guess(container(100, name))
    #expect(found.tiers.isEmpty)
    #expect(found.others.map(\.id) == [100])
  }

  @Test func `tags win over names`() {
    let found = guess(
      container(100, "web1", tags: ["prod", "db"]),
      container(101, "web2", tags: ["db"]),
      container(102, "alpha", tags: ["lb"]),
      container(103, "beta", tags: ["load-balancer"])
    )
    #expect(outline(found) == ["load-balancer: 102 103", "database: 100 101"])
    #expect(found.tiers[1].reason == "tag db")
  }

  @Test func `a tag may name the tier itself`() {
    let found = guess(
      container(100, "redis-a", tags: ["tier-cache"]),
      container(101, "x", tags: ["tier-cache"])
    )
    #expect(outline(found) == ["cache: 100 101"])
    #expect(found.tiers[0].role == nil)
  }

  @Test func `several tiers of one role keep the names of their guests`() {
    let found = guess(
      container(100, "mongo1"),
      container(101, "mongo2"),
      container(102, "postgres1"),
      container(103, "postgres2"),
      container(104, "api1", tags: ["app"]),
      container(105, "api2", tags: ["app"]),
      container(106, "shop1", tags: ["app"]),
      container(107, "shop2", tags: ["app"]),
      container(108, "admin", tags: ["app"])
    )
    #expect(
      outline(found).sorted() == [
        "api: 104 105", "app: 108", "mongo: 100 101", "postgres: 102 103", "shop: 106 107",
      ]
    )
    let mongo = found.tiers.first { $0.name == "mongo" }
    #expect(mongo?.engine == "mongodb" && mongo?.needsMajority == true)
    #expect(found.tiers.first { $0.name == "postgres" }?.needsMajority == false)
  }

  @Test func `names that differ in their number make a tier, one alone does not`() {
    let found = guess(
      container(100, "mail-1"),
      container(101, "mail-2"),
      container(102, "dns1"),
      container(103, "vpn-a"),
      container(104, "vpn-b"),
      container(105, "ct105"),
      container(106, "ct106")
    )
    #expect(outline(found) == ["mail: 100 101", "vpn: 103 104"])
    #expect(found.others.map(\.id) == [102, 105, 106])
  }

  @Test func `what answers at its ports tells what a guest does`() {
    var store = container(100, "alpha")
    store.answers = [.open(port: 27_017)]
    var balancer = container(101, "beta")
    balancer.answers = [.stubStatus(port: 80)]
    let found = guess(store, balancer)
    #expect(outline(found) == ["load-balancer: 101", "database: 100"])
    #expect(found.tiers[1].reason == "port 27017 takes connections")
    #expect(found.tiers[1].engine == "mongodb")
  }

  @Test func `templates and guests without a name are in no tier`() {
    var template = container(100, "nginx1")
    template.isTemplate = true
    let found = guess(template, container(101, nil))
    #expect(found.tiers.isEmpty)
    #expect(found.others.map(\.id) == [100, 101])
  }

  @Test func `tiers never share a name`() {
    let found = guess(
      container(100, "a", tags: ["tier-app"]),
      container(101, "web1"),
      container(102, "web2"),
      container(103, "mail1", tags: ["tier-mail"]),
      container(104, "mail2"),
      container(105, "mail3")
    )
    let names = found.tiers.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.contains("mail") && names.contains("mail-2"))
  }

  @Test func `an address beside its own is an entry`() {
    var master = container(100, "nginx1")
    master.network.held += [
      .init(interface: "eth0", text: "192.168.30.200", prefixBits: 32),
      .init(interface: "docker0", text: "172.17.0.1", prefixBits: 16),
      .init(interface: "lo", text: "127.0.0.1", prefixBits: 8),
      .init(interface: "eth0", text: "fe80::1", prefixBits: 64),
      .init(interface: "eth1", text: "10.0.0.5", prefixBits: 24),
    ]
    let found = guess(master, container(101, "nginx2"))
    #expect(found.entries.map(\.address) == ["192.168.30.200"])
    #expect(found.entries[0].holders.map(\.id) == [100])
  }

  @Test func `open questions are about running guests and what they might be`() {
    var stopped = container(107, "webapp2")
    stopped.status = "stopped"
    var master = container(100, "nginx1")
    master.network.held.append(
      .init(interface: "eth0", text: "192.168.30.200", prefixBits: 32)
    )
    let cluster = survey([
      master, container(103, "mongo1"), container(106, "webapp1"), stopped, container(109, "x"),
    ])
    let guess = ArchitectureGuess(cluster)
    let urls = DoorQuestion.all(cluster, guess, ports: [80]).map(\.url)
    #expect(
      urls == [
        "http://192.168.30.100:80/nginx_status", "http://192.168.30.106:80/",
        "http://192.168.30.109:80/nginx_status", "http://192.168.30.109:27017/",
        "http://192.168.30.109:5432/", "http://192.168.30.109:3306/",
        "http://192.168.30.200:80/",
      ]
    )
    #expect(DoorQuestion.all(cluster, guess, ports: []).isEmpty)
  }
}
