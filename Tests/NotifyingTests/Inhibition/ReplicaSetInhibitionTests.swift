// SPDX-License-Identifier: MIT
import Architecture
import MetricModel
import Notifying
import Rules
import Testing
import Topology

/// Three nodes with a database and an app each; the apps stand on the replica set rs0.
private struct Databases {
  var observed: ClusterObservation

  init() {
    let names = ["n1", "n2", "n3"]
    observed = ClusterObservation(
      nodes: names.map { name in
        var node = FoundNode(name)
        (node.membership, node.apiAnswers) = (.online, true)
        return node
      },
      guests: (1...3).flatMap { number in
        ["mongo": 10, "app": 20].map { tier, first in
          FoundGuest(
            first + number,
            name: "\(tier)\(number)",
            node: "n\(number)",
            state: .running
          )
        }
      },
      memberChecks: Dictionary(
        uniqueKeysWithValues: (1...3).flatMap { number in
          [("mongo\(number)", ["mongodb": true]), ("app\(number)", ["http": true])]
        }
      ),
      entryProbes: ["site": true],
      quorum: FoundQuorum(isQuorate: true, votesNeeded: 2, votesPresent: 3),
      databaseStates: ["mongo1": 1, "mongo2": 2, "mongo3": 2],
      replicaSets: [
        "database": FoundReplicaSet(
          name: "rs0",
          claimants: 1,
          primary: "mongo1:27017",
          members: Dictionary(
            uniqueKeysWithValues: (1...3).map { number in
              ("mongo\(number):27017", .init(state: number == 1 ? 1 : 2, isAnswering: true))
            }
          )
        )
      ]
    )
  }

  private static let declared = DeclaredCluster(
    name: "c",
    nodes: (1...3).map { DeclaredNode(name: "n\($0)", address: "a") },
    tiers: [
      DeclaredTier(
        name: "app",
        needs: .members(1),
        members: members("app", 20),
        dependsOn: ["database"]
      ),
      DeclaredTier(name: "database", needs: .majority, members: members("mongo", 10)),
    ],
    entries: [
      DeclaredEntry(name: "site", url: "", expectedStatuses: [200], tiers: ["app", "database"])
    ]
  )

  private static func members(_ name: String, _ firstGuest: Int) -> [DeclaredMember] {
    (1...3).map { number in
      DeclaredMember(
        name: "\(name)\(number)",
        address: "a",
        guest: firstGuest + number,
        node: "n\(number)"
      )
    }
  }

  /// MongoDB of a member is gone, and everybody has noticed.
  mutating func kill(_ number: Int) {
    let name = "mongo\(number)"
    observed.memberChecks[name] = ["mongodb": false]
    observed.databaseStates[name] = nil
    observed.replicaSets["database"]?.members["\(name):27017"] = .init(state: 8, isAnswering: false)
    if observed.replicaSets["database"]?.primary == "\(name):27017" { depose() }
  }

  /// Nobody is primary any more.
  mutating func depose() {
    for (name, state) in observed.databaseStates where state == 1 {
      observed.databaseStates[name] = 2
      observed.replicaSets["database"]?.members["\(name):27017"]?.state = 2
    }
    observed.replicaSets["database"]?.primary = nil
    observed.replicaSets["database"]?.claimants = 0
  }

  mutating func elect(_ number: Int) {
    let name = "mongo\(number)"
    observed.databaseStates[name] = 1
    observed.replicaSets["database"]?.members["\(name):27017"]?.state = 1
    observed.replicaSets["database"]?.primary = "\(name):27017"
    observed.replicaSets["database"]?.claimants = 1
  }

  mutating func failApps() {
    for number in 1...3 { observed.memberChecks["app\(number)"] = ["http": false] }
    observed.entryProbes["site"] = false
  }

  mutating func lose(_ number: Int) {
    observed.nodes["n\(number)"]?.membership = .offline
    observed.nodes["n\(number)"]?.apiAnswers = false
    kill(number)
    observed.memberChecks["app\(number)"] = ["http": false]
  }

  func assessment(_ previous: ClusterAssessment? = nil, at seconds: Double) -> ClusterAssessment {
    ClusterAssessment(
      declared: Self.declared,
      observed: observed,
      previous: previous,
      now: time(seconds)
    )
  }
}

@Suite struct ReplicaSetInhibitionTests {
  /// Plans step by step over what is known of the databases.
  private final class Stage {
    var databases = Databases()
    private var assessment: ClusterAssessment?
    private var planner: NotificationPlanner

    init() throws {
      let chat = IntegrationID(receiver: "chat", kind: "test")
      planner = NotificationPlanner(
        settings: settings(try route("chat", by: .labels(["alertname", "tier"]), wait: 0), [chat])
      )
    }

    /// The messages of a step, each as the names of its alerts.
    func step(_ alerts: [Alert], at seconds: Double) -> [String] {
      let next = databases.assessment(assessment, at: seconds)
      assessment = next
      let knowledge = ClusterKnowledge(graph: next, hasAnswered: { _, _ in true })
      let plan = planner.step(alerts: alerts, knowledge: knowledge, now: time(seconds))
      return plan.notifications.map { message in
        message.alerts.map { $0.alert.labels["alertname"] ?? "" }.sorted().joined(separator: " ")
      }.sorted()
    }

    func standing(_ alert: Alert) -> AlertStanding? { planner.standings[alert.labels] }

    var situation: String { assessment?.situationWords() ?? "" }
  }

  private func of(
    _ name: String,
    _ labels: [String: String],
    _ severity: String,
    isDown: Bool = true,
    at seconds: Double,
    endedAt ended: Double? = nil
  ) -> Alert {
    var all = labels.merging(["severity": severity, "cluster": "c"]) { $1 }
    if isDown { all["fault"] = "down" }
    return alert(name, all, at: seconds, endedAt: ended)
  }

  private func nodeDown(_ number: Int, at seconds: Double) -> Alert {
    of("NodeDown", ["node": "n\(number)"], "warning", at: seconds)
  }

  private func guestDown(_ number: Int, at seconds: Double) -> Alert {
    let labels = ["id": "lxc/\(10 + number)", "name": "mongo\(number)", "member": "mongo\(number)"]
    return of("GuestDown", labels, "warning", at: seconds)
  }

  private func memberDown(_ number: Int, at seconds: Double, endedAt ended: Double? = nil) -> Alert
  {
    let labels = ["job": "mongodb", "tier": "database", "instance": "mongo\(number)"]
    return of("MongoMemberDown", labels, "warning", at: seconds, endedAt: ended)
  }

  private func appFails(_ number: Int, at seconds: Double) -> Alert {
    of("MemberProbeFailed", ["tier": "app", "instance": "app\(number)"], "warning", at: seconds)
  }

  private func ofSet(
    _ name: String,
    _ severity: String,
    member: Int? = nil,
    isDown: Bool = false,
    at seconds: Double,
    endedAt ended: Double? = nil
  ) -> Alert {
    var labels = ["job": "mongodb_set", "tier": "database", "instance": "rs0"]
    if let member { labels["member"] = "mongo\(member):27017" }
    return of(name, labels, severity, isDown: isDown, at: seconds, endedAt: ended)
  }

  private func noPrimary(at seconds: Double) -> Alert {
    ofSet("MongoNoPrimary", "page", isDown: true, at: seconds)
  }

  private func tier(_ name: String, _ tier: String, _ severity: String, at seconds: Double) -> Alert
  {
    of(name, ["tier": tier], severity, isDown: name == "TierDown", at: seconds)
  }

  private func siteDown(at seconds: Double) -> Alert {
    of("SiteDown", ["instance": "site"], "page", at: seconds)
  }

  @Test func `a node that is down holds back what is told of its database`() throws {
    let stage = try Stage()
    stage.databases.lose(2)
    let alerts = [
      nodeDown(2, at: 0), guestDown(2, at: 0), memberDown(2, at: 0),
      ofSet("MongoLag", "warning", member: 2, at: 0),
      tier("TierAtLimit", "database", "warning", at: 0),
    ]
    #expect(stage.step(alerts, at: 0) == ["NodeDown"])
    for alert in alerts.dropFirst() {
      #expect(stage.standing(alert) == .held(by: alerts[0].labels))
    }
  }

  @Test func `a guest that is down holds back its database, also where the set calls it by host`()
    throws
  {
    let stage = try Stage()
    stage.databases.observed.guests[12]?.state = .stopped
    stage.databases.kill(2)
    let alerts = [
      guestDown(2, at: 0), memberDown(2, at: 0), ofSet("MongoLag", "warning", member: 2, at: 0),
    ]
    #expect(stage.step(alerts, at: 0) == ["GuestDown"])
    // Another one that lags has another reason.
    let lag = ofSet("MongoLag", "warning", member: 3, at: 1)
    #expect(stage.step(alerts + [lag], at: 1) == ["MongoLag"])
  }

  @Test func `without a primary, apps that fail and members that lag are held back`() throws {
    let stage = try Stage()
    stage.databases.depose()
    _ = stage.step([], at: 0)
    stage.databases.failApps()
    let alerts =
      [noPrimary(at: 31), ofSet("MongoLag", "warning", member: 2, at: 31)]
      + (1...3).map { appFails($0, at: 31) } + [tier("TierAtLimit", "database", "warning", at: 31)]
    #expect(stage.step(alerts, at: 31) == ["MongoNoPrimary"])
    for alert in alerts.dropFirst() {
      #expect(stage.standing(alert) == .held(by: alerts[0].labels))
    }
    // What users feel, and that nothing serves them, is told with the cause.
    let felt = [siteDown(at: 32), tier("TierDown", "app", "page", at: 32)]
    let told = stage.step(alerts + felt, at: 32)
    #expect(told == ["MongoNoPrimary SiteDown TierDown"])
    #expect(stage.situation.contains("rs0 has no primary"))
  }

  @Test func `a tier that is down and its missing primary are one message, whichever comes first`()
    throws
  {
    let first = try Stage()
    first.databases.kill(1)
    first.databases.kill(2)
    let members = [memberDown(1, at: 0), memberDown(2, at: 0)]
    let down = tier("TierDown", "database", "page", at: 0)
    #expect(first.step(members + [down], at: 0) == ["TierDown"])
    let late = noPrimary(at: 40)
    #expect(first.step(members + [down, late], at: 40) == [])
    #expect(first.standing(late) == .held(by: down.labels))

    let second = try Stage()
    second.databases.depose()
    _ = second.step([], at: 0)
    let early = noPrimary(at: 31)
    #expect(second.step([early], at: 31) == ["MongoNoPrimary"])
    let after = tier("TierDown", "database", "page", at: 45)
    let lost = ofSet("MongoMajorityLost", "page", isDown: true, at: 45)
    #expect(second.step([early, after, lost], at: 45) == [])
    #expect(second.standing(after) == .held(by: early.labels))
    #expect(second.standing(lost) == .held(by: early.labels))
    #expect(second.step([early, after, lost], at: 3_000) == [])
  }

  @Test func `what was held back by a twin that has ended is told itself`() throws {
    let stage = try Stage()
    stage.databases.depose()
    _ = stage.step([], at: 0)
    let early = ofSet("MongoMajorityLost", "page", isDown: true, at: 31)
    let late = noPrimary(at: 32)
    #expect(stage.step([early], at: 31) == ["MongoMajorityLost"])
    #expect(stage.step([early, late], at: 32) == [])
    let ended = ofSet("MongoMajorityLost", "page", isDown: true, at: 31, endedAt: 60)
    #expect(stage.step([ended, late], at: 60) == ["MongoMajorityLost", "MongoNoPrimary"])
  }

  @Test func `a primary that crashes explains the apps that fail until another is elected`() throws
  {
    let stage = try Stage()
    stage.databases.kill(1)
    let down = memberDown(1, at: 0)
    #expect(stage.step([down], at: 0) == ["MongoMemberDown"])
    stage.databases.failApps()
    let felt =
      (1...3).map { appFails($0, at: 5) }
      + [tier("TierDown", "app", "page", at: 5), siteDown(at: 5)]
    #expect(stage.step([down] + felt, at: 5) == ["MongoMemberDown SiteDown TierDown"])
    #expect(stage.standing(felt[0]) == .held(by: down.labels))
  }

  @Test func `once another primary is elected, an app that fails fails by itself`() throws {
    let stage = try Stage()
    stage.databases.kill(1)
    let down = memberDown(1, at: 0)
    #expect(stage.step([down], at: 0) == ["MongoMemberDown"])
    stage.databases.elect(2)
    stage.databases.observed.memberChecks["app1"] = ["http": false]
    #expect(stage.step([down, appFails(1, at: 20)], at: 20) == ["MemberProbeFailed"])
  }

  @Test func `the node that took the primary explains the apps on other nodes`() throws {
    let stage = try Stage()
    stage.databases.lose(1)
    let down = nodeDown(1, at: 0)
    let apps = (1...3).map { appFails($0, at: 3) }
    #expect(stage.step([down, memberDown(1, at: 1)] + apps, at: 3) == ["NodeDown"])
    #expect(stage.standing(apps[2]) == .held(by: down.labels))
  }

  @Test func `a member that went long ago does not explain apps that fail in an election of today`()
    throws
  {
    let stage = try Stage()
    stage.databases.kill(3)
    let old = memberDown(3, at: 0)
    _ = stage.step([old], at: 0)
    stage.databases.depose()
    let app = appFails(1, at: 600)
    #expect(stage.step([old, app], at: 600) == ["MemberProbeFailed"])
  }

  @Test func `an election is explained by the member that left, and told when nobody did`() throws {
    let stage = try Stage()
    stage.databases.kill(1)
    stage.databases.elect(2)
    let election = ofSet("MongoElection", "info", at: 12)
    let down = memberDown(1, at: 0)
    _ = stage.step([down], at: 0)
    #expect(stage.step([down, election], at: 12) == [])
    let calm = try Stage()
    calm.databases.elect(2)
    #expect(calm.step([election], at: 12) == ["MongoElection"])
  }

  @Test func `when a node has come back, the roles that move once more are not told`() throws {
    let stage = try Stage()
    let whole = stage.databases
    stage.databases.lose(1)
    _ = stage.step([nodeDown(1, at: 0), memberDown(1, at: 0)], at: 0)
    stage.databases = whole
    let ended = of("NodeDown", ["node": "n1"], "warning", at: 0, endedAt: 60)
    let member = memberDown(1, at: 0, endedAt: 61)
    #expect(stage.step([ended, member], at: 61) == ["NodeDown"])
    let election = ofSet("MongoElection", "info", at: 75)
    #expect(stage.step([election], at: 75) == [])
    #expect(stage.standing(election) == .recovering(until: time(241)))
    // What wakes people is told all the same.
    let often = ofSet("MongoElectionsFrequent", "page", at: 80)
    #expect(stage.step([election, often], at: 80) == ["MongoElectionsFrequent"])
  }

  @Test func `a first sync explains why the tier has no member to spare`() throws {
    let stage = try Stage()
    stage.databases.observed.databaseStates["mongo3"] = 5
    let limit = tier("TierAtLimit", "database", "warning", at: 30)
    #expect(stage.step([limit], at: 30) == ["TierAtLimit"])
    let labels = ["job": "mongodb", "tier": "database", "instance": "mongo3"]
    let sync = of("MongoInitialSync", labels, "info", at: 600)
    #expect(stage.step([limit, sync], at: 600) == ["MongoInitialSync TierAtLimit"])
  }
}
