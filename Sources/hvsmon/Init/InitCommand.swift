// SPDX-License-Identifier: MIT
import Collectors
import Configuration
import Daemon
import FoundationEssentials
import MetricModel
import Net
import Survey

/// `hvsmon init`.
enum InitCommand: Command {
  static let name = "init"
  static let summary = "draft the settings from a Proxmox cluster"
  static let help = """
    hvsmon init --proxmox URL [--token-id ID] [--token-secret-file FILE]
                [--ca-file FILE | --fingerprint SHA256] [--http-ports PORTS]
                [--output FILE] [--force]

    Asks a Proxmox cluster, with questions only, for its nodes, guests, addresses and backup jobs,
    and its guests whether they answer over HTTP, and writes a commented hvsmon.yml. What it guesses
    is marked as guessed.

    --proxmox            a node, such as https://pve1:8006
    --token-id           the API token; \(InitWish.standardTokenID) unless given
    --token-secret-file  the file with its secret, or - for standard input; unless given, the
                         variable \(InitWish.secretVariable), or
                         \(InitWish.standardSecretFile)
    --ca-file            a copy of /etc/pve/pve-root-ca.pem of any node
    --fingerprint        SHA-256 of the certificate of that node; without one of both, the machine's
                         own authorities must vouch for it
    --http-ports         where guests are asked, \(portList) unless given; or none
    --output             hvsmon.yml unless given; - prints it
    --force              replaces the file

    Exit status: 0 written and without faults, 1 written, but `hvsmon check` finds faults, 2 not
    written.

    Example: hvsmon init --proxmox https://pve1:8006 --ca-file /etc/hvsmon/pve-root-ca.pem
    """

  private static var portList: String {
    InitWish.standardPorts.map(String.init).joined(separator: ",")
  }

  static func run(_ arguments: Arguments) async throws(UsageError) -> Int32 {
    var arguments = arguments
    let wish = try InitWish(taking: &arguments)
    _ = try arguments.rest(atMost: 0)
    if wish.output != "-", !wish.isForced, FileManager.default.fileExists(atPath: wish.output) {
      Terminal.complain("\(wish.output) is there already: --force replaces it")
      return 2
    }
    let settings = ProxmoxSettings(
      origin: wish.proxmox.origin,
      trust: wish.trust,
      tokenID: wish.tokenID,
      tokenSecret: wish.secret
    )
    guard let settings else {
      throw UsageError(description: "--token-id has the form user@realm!token")
    }
    let http = HTTPClient(userAgent: "hvsmon")
    let status = await draft(wish, ProxmoxClient(settings, http: http), http)
    await http.close()
    return status
  }

  private static func draft(_ wish: InitWish, _ client: ProxmoxClient, _ http: HTTPClient) async
    -> Int32
  {
    var survey: ClusterSurvey
    do throws(ProxmoxError) {
      survey = try await ClusterQuestions(client: client).ask()
    } catch {
      Terminal.complain(InitFailure(error, wish).lines.joined(separator: "\n"))
      return 2
    }
    let doors = DoorRound(http: http)
    await doors.verify(&survey, wish)
    if case .fingerprint(let given) = wish.trust, let node = survey.answering?.name {
      survey.change(node: node) { $0.fingerprint = given }
    }
    let open = DoorQuestion.all(survey, ArchitectureGuess(survey), ports: wish.ports)
    await doors.ask(open, &survey)
    let text = SettingsDraft(survey, ArchitectureGuess(survey), wish.draft).text
    guard wish.output != "-" else {
      Terminal.print(String(text.dropLast()))
      return 0
    }
    return await write(text, wish, gaps: survey.gaps.count)
  }

  private static func write(_ text: String, _ wish: InitWish, gaps: Int) async -> Int32 {
    // Without --force a file that came meanwhile stays.
    let options: Data.WritingOptions = wish.isForced ? .atomic : .withoutOverwriting
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: wish.output), options: options)
    } catch {
      Terminal.complain("\(wish.output) cannot be written: \(FileFault.reason(error))")
      return 2
    }
    Terminal.print("\(wish.output) is written. Read it: what is guessed is marked as guessed.")
    if gaps > 0 { Terminal.print("\(gaps) things could not be read; its first lines name them.") }
    let check = await Program.loader.check(wish.output)
    for fault in check.faults { Terminal.print(fault.description) }
    return check.faults.isEmpty ? 0 : 1
  }
}
