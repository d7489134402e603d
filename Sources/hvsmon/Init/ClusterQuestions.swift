// SPDX-License-Identifier: MIT
import Collectors
import MetricModel
import Net
import Survey

/// Asks a Proxmox cluster for what a settings file needs; it reads only.
struct ClusterQuestions {
  /// A node waits up to 30 s for its neighbour when it passes a question on.
  private static let patience = Duration.seconds(35)
  /// Questions about guests that run at once: more would keep the node's few workers busy.
  private static let guestWidth = 2

  let client: ProxmoxClient

  /// Asks everything.
  ///
  /// - Returns: What was told; what was refused is among its gaps.
  /// - Throws: ``ProxmoxError`` of the first question, when nothing can be asked at all.
  func ask() async throws(ProxmoxError) -> ClusterSurvey {
    var survey = ClusterSurvey()
    let permissions = PermissionCheck(try await get("/access/permissions"))
    for (need, deeper) in permissions.missing {
      let places = deeper.isEmpty ? "" : ", but has it on \(deeper.joined(separator: ", "))"
      survey.gaps.append(
        SurveyGap(need.off, "the token lacks \(need.privilege) on \(need.path)\(places)")
      )
    }
    await read("/cluster/status", "nodes and their addresses", &survey) { $0.readStatus($1) }
    await read("/nodes", "nodes and their certificates", &survey) { $0.readNodes($1) }
    await read("/cluster/resources", "guests", &survey) { $0.readResources($1) }
    await read("/cluster/backup", "backup jobs", &survey) { $0.readJobs($1) }
    for node in survey.nodes where node.isOnline {
      let path = "/nodes/\(URLText.encoded(node.name))/time"
      await read(path, "the time zone of \(node.name)", &survey) { survey, data in
        survey.change(node: node.name) { $0.timeZone = data["timezone"]?.string }
      }
    }
    await askGuests(&survey)
    return survey
  }

  private func get(_ path: String) async throws(ProxmoxError) -> JSONTree {
    try await client.get(path, timeout: Self.patience).data
  }

  private func read(
    _ path: String,
    _ subject: String,
    _ survey: inout ClusterSurvey,
    _ body: (inout ClusterSurvey, JSONTree) -> Void
  ) async {
    do throws(ProxmoxError) {
      body(&survey, try await get(path))
    } catch .forbidden where !survey.gaps.isEmpty {
      // The missing privileges stand there already, with what they are wanted for.
      return
    } catch {
      survey.gaps.append(SurveyGap(subject, error.description))
    }
  }

  // MARK: Guests

  private func askGuests(_ survey: inout ClusterSurvey) async {
    let offline = Set(survey.nodes.filter { !$0.isOnline }.map(\.name))
    let guests = survey.guests
    let networks = await guests.mapped(width: Self.guestWidth) { guest -> GuestNetwork in
      guard !offline.contains(guest.node) else {
        var network = GuestNetwork()
        network.trouble = "its node \(guest.node) is offline"
        return network
      }
      return await network(of: guest)
    }
    for index in survey.guests.indices { survey.guests[index].network = networks[index] }
  }

  private func network(of guest: SurveyedGuest) async -> GuestNetwork {
    var network = GuestNetwork()
    let path = "/nodes/\(URLText.encoded(guest.node))/\(guest.kind.rawValue)/\(guest.id)"
    let configuration: JSONTree
    do throws(ProxmoxError) {
      configuration = try await get("\(path)/config")
    } catch {
      network.trouble = "its configuration could not be read: \(error)"
      return network
    }
    network.readConfiguration(configuration)
    guard guest.status == "running" else { return network }
    do throws(ProxmoxError) {
      switch guest.kind {
      case .container: network.readInterfaces(try await get("\(path)/interfaces"))
      case .virtualMachine:
        guard Self.hasAgent(configuration) else {
          network.trouble = "its configuration has no address and no guest agent"
          return network
        }
        network.readInterfaces(try await get("\(path)/agent/network-get-interfaces"))
      }
    } catch {
      network.trouble = "its interfaces could not be read: \(error)"
    }
    return network
  }

  /// `1`, or `enabled=1,fstrim_cloned_disks=1`.
  private static func hasAgent(_ configuration: JSONTree) -> Bool {
    let options = (configuration["agent"]?.string ?? "").split(separator: ",")
    return options.contains { $0 == "1" || $0 == "enabled=1" }
  }
}

extension Array where Element: Sendable {
  /// The results in the order of the items, of which at most `width` are worked on at once.
  func mapped<Result: Sendable>(
    width: Int,
    _ body: @escaping @Sendable (Element) async -> Result
  ) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
      var results: [Result?] = .init(repeating: nil, count: count)
      for (index, item) in enumerated() {
        if index >= width, let (done, result) = await group.next() { results[done] = result }
        group.addTask { (index, await body(item)) }
      }
      for await (done, result) in group { results[done] = result }
      return results.compactMap(\.self)
    }
  }
}
