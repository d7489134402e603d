// SPDX-License-Identifier: MIT
import Configuration
import Survey

/// A container that runs, with the address 192.168.30.ID/24.
func container(_ id: Int, _ name: String?, tags: [String] = []) -> SurveyedGuest {
  var guest = SurveyedGuest(id: id, kind: .container, node: "pve\(id % 3 + 1)")
  guest.name = name
  guest.status = "running"
  guest.tags = tags
  guest.network.configured = [
    .init(interface: "eth0", text: "192.168.30.\(id)", prefixBits: 24)
  ]
  guest.network.held = guest.network.configured
  return guest
}

/// Three nodes and these guests.
func survey(_ guests: [SurveyedGuest], jobs: [SurveyedJob] = []) -> ClusterSurvey {
  var survey = ClusterSurvey()
  survey.name = "hvs"
  for number in 1...3 {
    survey.change(node: "pve\(number)") { node in
      node.address = "192.168.30.1\(number)"
      node.isAnswering = number == 1
      node.timeZone = "UTC"
      node.fingerprint = String(repeating: "A\(number):", count: 31) + "A\(number)"
    }
  }
  survey.guests = guests
  survey.jobs = jobs
  return survey
}

func wish(ports: [Int] = [80, 3_000], trust: DraftWish.Trust = .fingerprints) -> DraftWish {
  DraftWish(
    tokenID: "hvsmon@pve!monitor",
    secret: .file("/etc/hvsmon/secrets/proxmox.token"),
    trust: trust,
    host: "pve1.example.net",
    port: 8_006,
    httpPorts: ports,
    rulesFile: nil,
    knowsTimeZone: { $0 == "UTC" }
  )
}

func draft(_ survey: ClusterSurvey, _ wish: DraftWish = wish()) -> String {
  SettingsDraft(survey, ArchitectureGuess(survey), wish).text
}

/// The settings in a draft, and every fault that reading it finds.
func reading(_ text: String) -> (settings: Settings, issues: [SettingsIssue]) {
  let tree = SettingsTree(parsing: Array(text.utf8), file: "draft.yml", environment: .empty)
  let (settings, declared) = tree.readSettings()
  // The keys that collectors ask for.
  if let section = declared.root.section("proxmox") {
    _ = ["token_id", "token_secret_file", "token_secret_env", "ca_file", "port"].map(section.text)
    _ = section.textMap("fingerprints")
  }
  for (_, section) in declared.tiers {
    _ = section.section("nginx")?.text("status")
    if let http = section.section("http") {
      _ = http.text("url")
      _ = http.statuses("expect_status")
    }
  }
  return (settings, tree.issues)
}
