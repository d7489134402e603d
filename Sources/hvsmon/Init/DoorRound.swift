// SPDX-License-Identifier: MIT
import Collectors
import Net
import Survey

/// Asks guests and nodes at their own addresses, to confirm what was guessed.
struct DoorRound {
  private static let patience = Duration.seconds(3)
  private static let connectPatience = Duration.seconds(1)
  private static let nodePatience = Duration.seconds(5)
  private static let width = 16
  /// As many as the probe follows.
  private static let redirectsMax = 5

  let http: HTTPClient

  /// Adds the answers to what is known.
  func ask(_ questions: [DoorQuestion], _ survey: inout ClusterSurvey) async {
    let answers = await questions.mapped(width: Self.width) { await answer(to: $0) }
    for (question, answer) in zip(questions, answers) {
      guard let answer else { continue }
      guard let guest = question.guest else {
        survey.entryAnswers[question.address, default: []].append(answer)
        continue
      }
      if let index = survey.guests.firstIndex(where: { $0.id == guest }) {
        survey.guests[index].answers.append(answer)
      }
    }
  }

  private func answer(to question: DoorQuestion) async -> DoorAnswer? {
    let request = HTTPRequest(
      url: question.url,
      timeout: Self.patience,
      connectTimeout: Self.connectPatience,
      maxRedirects: question.wish == .page ? Self.redirectsMax : 0,
      reusesConnection: false
    )
    do throws(HTTPClientError) {
      let response = try await http.send(request)
      return question.answer(status: response.status, text: response.text)
    } catch {
      switch error {
      case .closedEarly, .malformedReply, .bodyTooLarge, .headerTooLarge:
        // It took the connection and speaks something else than HTTP.
        return question.wish == .connection ? .open(port: question.port) : nil
      case .timedOut(_, _, .firstByte), .timedOut(_, _, .transfer):
        return question.wish == .connection ? .open(port: question.port) : nil
      default: return nil
      }
    }
  }

  /// Notes which nodes do not answer at the address that the cluster has for them.
  ///
  /// The node that answered keeps the host that was asked when it answers there only.
  func verify(_ survey: inout ClusterSurvey, _ wish: InitWish) async {
    for node in survey.nodes where node.isOnline {
      guard let address = node.address else { continue }
      let settings = ProxmoxSettings(
        origin: ProxmoxAddress(host: address, port: wish.proxmox.port).origin,
        trust: wish.trust(of: node),
        tokenID: wish.tokenID,
        tokenSecret: wish.secret
      )
      guard let settings else { continue }
      do throws(ProxmoxError) {
        let client = ProxmoxClient(settings, http: http)
        _ = try await client.get("/version", timeout: Self.nodePatience)
      } catch {
        survey.change(node: node.name) { node in
          if node.isAnswering, address != wish.proxmox.host {
            node.address = wish.proxmox.host
          } else {
            node.trouble = error.description
          }
        }
      }
    }
  }
}
