// SPDX-License-Identifier: MIT
import MetricModel
import Notifying
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

/// `/api/v2/silences` and `/api/v2/silence/ID`, without a socket; it is 00:02:00 in 1970.
@Suite struct SilencesEndpointTests {
  private let alerts = StandInAlerts()
  private var ports: APIPorts { .standIn(alerts: alerts.ports) }

  private func body(
    _ id: String = "",
    name: String = "alertname",
    value: String = "A",
    from start: String = "1970-01-01T00:02:00Z",
    to end: String = "1970-01-01T01:00:00Z",
    comment: String = "why"
  ) -> String {
    """
    {"id":"\(id)","matchers":[{"name":"\(name)","value":"\(value)","isRegex":false}],\
    "startsAt":"\(start)","endsAt":"\(end)","createdBy":"ann","comment":"\(comment)"}
    """
  }

  private func make(_ body: String) async throws -> String {
    let answer = try await ports.ask("/api/v2/silences", method: "POST", body: body)
    #expect(answer.status == 200, "\(answer.text)")
    return try #require(answer.tree?["silenceID"]?.string)
  }

  @Test func `a silence is made, shown, listed and ended`() async throws {
    let id = try await make(body())
    let one = try await ports.ask("/api/v2/silence/\(id)")
    #expect(one.tree?["status"]?["state"]?.string == "active")
    #expect(one.tree?["createdBy"]?.string == "ann" && one.tree?["comment"]?.string == "why")
    let matcher = one.tree?["matchers"]?.items.first
    #expect(matcher?["name"]?.string == "alertname" && matcher?["isEqual"]?.bool == true)
    #expect(matcher?["isRegex"]?.bool == false && one.tree?["id"]?.string == id)
    #expect(one.tree?["endsAt"]?.string == "1970-01-01T01:00:00Z")
    let ended = try await ports.ask("/api/v2/silence/\(id)", method: "DELETE")
    #expect(ended.status == 200 && ended.text.isEmpty)
    let after = try await ports.ask("/api/v2/silences")
    #expect(after.tree?.items.map { $0["status"]?["state"]?.string } == ["expired"])
    let again = try await ports.ask("/api/v2/silence/\(id)", method: "DELETE")
    #expect(again.status == 400 && again.tree?.string == "silence \(id) already expired")
    #expect(alerts.state.withLock { $0.senders } == ["tester", "tester", "tester"])
  }

  @Test func `a change keeps the id, other matchers make another`() async throws {
    let id = try await make(body())
    #expect(try await make(body(id, to: "1970-01-01T02:00:00Z")) == id)
    #expect(try await make(body(id, value: "B")) != id)
    let missing = "11111111-1111-4111-8111-111111111111"
    let unknown = try await ports.ask("/api/v2/silences", method: "POST", body: body(missing))
    #expect(unknown.status == 404)
  }

  @Test func `silences are listed in order and by matchers`() async throws {
    let late = try await make(body(value: "late", to: "1970-01-01T03:00:00Z"))
    let soon = try await make(body(value: "soon"))
    let coming = try await make(body(value: "coming", from: "1970-01-01T00:30:00Z"))
    _ = try await ports.ask("/api/v2/silence/\(soon)", method: "DELETE")
    let all = try await ports.ask("/api/v2/silences")
    #expect(all.tree?.items.map { $0["id"]?.string } == [late, coming, soon])
    let some = try await ports.ask("/api/v2/silences", [("filter", "alertname=~\"l.*\"")])
    #expect(some.tree?.items.map { $0["id"]?.string } == [late])
    let bad = try await ports.ask("/api/v2/silences", [("filter", "=")])
    #expect(bad.status == 400)
  }

  @Test func `what is no silence is refused with a reason`() async throws {
    let refusals = [
      (body(to: "1970-01-01T00:01:00Z"), "failed to create silence: start time must be before"),
      (body(comment: ""), "failed to create silence: invalid silence: comment missing"),
      (body(value: ""), "at least one matcher must not match the empty string"),
    ]
    for (body, text) in refusals {
      let answer = try await ports.ask("/api/v2/silences", method: "POST", body: body)
      #expect(answer.status == 400 && answer.tree?.string?.contains(text) == true, "\(answer)")
    }
    let schema = [
      #"{"matchers":[]}"#, #"{"startsAt":"1970-01-01T00:00:00Z"}"#,
      #"{"matchers":[{"name":"a"}],"startsAt":"1970-01-01T00:02:00Z","endsAt":"1970-01-01T01:00:00Z","createdBy":"a","comment":"b"}"#,
    ]
    for body in schema {
      let answer = try await ports.ask("/api/v2/silences", method: "POST", body: body)
      #expect(answer.status == 422 && answer.tree?["code"]?.int == 602, "\(answer)")
    }
    let none = try await ports.ask("/api/v2/silence/11111111-1111-4111-8111-111111111111")
    #expect(none.status == 404)
    let odd = try await ports.ask("/api/v2/silence/x")
    #expect(odd.status == 422 && odd.tree?["code"]?.int == 601)
  }
}
