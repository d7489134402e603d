// SPDX-License-Identifier: MIT

extension Scenario {
  /// Every scenario; the first is the one that is shown when none is chosen.
  package static let all: [Scenario] =
    [
      tour, quiet, nginxAndApp, nodeDies, quorumLost, guestStops, backupFails, containerDrifts,
      storageOffline, statisticsHang, apiSlow, rightsMissing, tokenRefused,
    ] + hosts + ofDatabases

  /// The scenario of that name.
  package static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

  static func make(
    _ name: String,
    _ summary: String,
    seconds: Int,
    _ events: [(second: Int, change: Change, narration: String)]
  ) -> Scenario {
    Scenario(
      name: name,
      summary: summary,
      events: events.map {
        Event(time: .seconds($0.second), change: $0.change, narration: $0.narration)
      },
      length: .seconds(seconds)
    )
  }

  private static let tour = make(
    "tour",
    "a process, a node, a backup and a placement fail one after the other and recover",
    seconds: 110,
    [
      (4, .begin(.processDown(101)), "nginx2 dies: its process is gone"),
      (14, .end(.processDown(101)), "nginx2 is started again"),
      (
        26, .begin(.nodeDown("CoolerHostname3")),
        "CoolerHostname3 loses power, and nginx3, mongo3 and webapp3 with it"
      ),
      (46, .end(.nodeDown("CoolerHostname3")), "CoolerHostname3 has booted"),
      (60, .begin(.backupFails(104)), "a backup runs on CoolerHostname2 and fails for mongo2"),
      (72, .end(.backupFails(104)), "the backup is run again and succeeds"),
      (
        84, .begin(.guestMoved(108, to: "CoolerHostname2")),
        "webapp3 is moved to CoolerHostname2, beside webapp2"
      ),
      (98, .end(.guestMoved(108, to: "CoolerHostname2")), "webapp3 is moved back"),
    ]
  )

  private static let quiet = make("quiet", "nothing happens", seconds: 60, [])

  private static let nginxAndApp = make(
    "nginx-and-app",
    "a load balancer dies and comes back, then an app answers with errors for a while",
    seconds: 52,
    [
      (4, .begin(.processDown(101)), "nginx2 dies: its process is gone"),
      (14, .end(.processDown(101)), "nginx2 is started again"),
      (26, .begin(.appBroken(106)), "webapp1 answers every page with HTTP status 500"),
      (38, .end(.appBroken(106)), "webapp1 works again"),
    ]
  )

  private static let nodeDies = make(
    "node-dies",
    "a node loses power with everything on it, and boots again",
    seconds: 60,
    [
      (
        4, .begin(.nodeDown("CoolerHostname2")),
        "CoolerHostname2 loses power, and nginx2, mongo2 and webapp2 with it"
      ),
      (34, .end(.nodeDown("CoolerHostname2")), "CoolerHostname2 has booted"),
    ]
  )

  private static let quorumLost = make(
    "quorum-lost",
    "two nodes of the first three lose power",
    seconds: 70,
    [
      (4, .begin(.nodeDown("CoolerHostname2")), "CoolerHostname2 loses power"),
      (14, .begin(.nodeDown("CoolerHostname3")), "CoolerHostname3 loses power"),
      (34, .end(.nodeDown("CoolerHostname2")), "CoolerHostname2 has booted"),
      (44, .end(.nodeDown("CoolerHostname3")), "CoolerHostname3 has booted"),
    ]
  )

  private static let guestStops = make(
    "guest-stops",
    "somebody shuts down a container",
    seconds: 50,
    [
      (4, .begin(.guestStopped(107)), "webapp2 is shut down"),
      (30, .end(.guestStopped(107)), "webapp2 is started"),
    ]
  )

  private static let backupFails = make(
    "backup-fails",
    "a backup run fails for one guest, and the next one succeeds",
    seconds: 60,
    [
      (4, .begin(.backupFails(104)), "a backup runs on CoolerHostname2 and fails for mongo2"),
      (34, .end(.backupFails(104)), "the backup is run again and succeeds"),
    ]
  )

  private static let containerDrifts = make(
    "container-drifts",
    "a container is moved to a node that has another member of its tier",
    seconds: 60,
    [
      (
        4, .begin(.guestMoved(108, to: "CoolerHostname2")),
        "webapp3 is moved to CoolerHostname2, beside webapp2"
      ),
      (34, .end(.guestMoved(108, to: "CoolerHostname2")), "webapp3 is moved back"),
    ]
  )

  private static let storageOffline = make(
    "storage-offline",
    "the backup storage cannot be reached from one node, which is asked every five minutes",
    seconds: 700,
    [
      (
        4, .begin(.storageOffline(node: "CoolerHostname2", storage: "backup")),
        "CoolerHostname2 cannot reach the backup storage"
      ),
      (
        420, .end(.storageOffline(node: "CoolerHostname2", storage: "backup")),
        "CoolerHostname2 reaches the backup storage again"
      ),
    ]
  )

  private static let statisticsHang = make(
    "pvestatd-hangs",
    "a node stops telling its figures while its guests work on",
    seconds: 420,
    [
      (4, .begin(.statisticsHung("CoolerHostname2")), "pvestatd on CoolerHostname2 hangs"),
      (360, .end(.statisticsHung("CoolerHostname2")), "pvestatd on CoolerHostname2 works again"),
    ]
  )

  private static let apiSlow = make(
    "api-slow",
    "every answer of the Proxmox API takes two seconds longer",
    seconds: 60,
    [
      (4, .begin(.apiSlow(.seconds(2))), "the Proxmox API becomes slow"),
      (34, .end(.apiSlow(.seconds(2))), "the Proxmox API is fast again"),
    ]
  )

  private static let rightsMissing = make(
    "rights-missing",
    "the token loses the right to see guests for a minute and a half",
    seconds: 130,
    [
      (4, .begin(.privilegeMissing(.guests)), "the token loses VM.Audit"),
      (94, .end(.privilegeMissing(.guests)), "the token has VM.Audit again"),
    ]
  )

  private static let tokenRefused = make(
    "token-wrong",
    "the Proxmox API refuses the token for a minute",
    seconds: 150,
    [
      (4, .begin(.tokenRefused), "the token has expired"),
      (64, .end(.tokenRefused), "the token is good again"),
    ]
  )
}
