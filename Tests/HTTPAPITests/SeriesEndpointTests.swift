// SPDX-License-Identifier: MIT
import MetricModel
import Testing

@testable import HTTPAPI

/// `/api/v1/series`, `labels` and `label/NAME/values` as Prometheus answers them.
@Suite struct SeriesEndpointTests {
  private static let ports = APIPorts.standIn(
    reading: MemoryReading(all: [
      MemoryReading.series("up", ["job": "a", "instance": "1"], 1, at: 100),
      MemoryReading.series("up", ["job": "b", "instance": "2"], 1, at: 200),
      MemoryReading.series("load", ["job": "a", "température.dehors": "x_y"], 1, at: 100),
    ])
  )

  private static func data(_ path: String, _ parameters: [(String, String)]) async throws -> String
  {
    let (status, text, _) = try await ports.ask(path, parameters)
    #expect(status == 200, "\(text)")
    let head = #"{"status":"success","data":"#
    #expect(text.hasPrefix(head))
    return String(text.dropFirst(head.count).dropLast())
  }

  @Test(arguments: [
    (
      ["up"],
      #"[{"__name__":"up","instance":"1","job":"a"},{"__name__":"up","instance":"2","job":"b"}]"#
    ),
    (
      [#"{job="b"}"#, #"up{job=~"a|b",instance="1"}"#, "up"],
      #"[{"__name__":"up","instance":"1","job":"a"},{"__name__":"up","instance":"2","job":"b"}]"#
    ),
    (["nothing"], "[]"),
  ])
  func `series of all selectors stand once and in order`(
    selectors: [String],
    answer: String
  ) async throws {
    let parameters = selectors.map { ("match[]", $0) }
    #expect(try await Self.data("/api/v1/series", parameters) == answer)
  }

  @Test func `a time leaves out what had no sample then, and an end before the start all`()
    async throws
  {
    let early = [("match[]", "up"), ("start", "0"), ("end", "150")]
    #expect(try await Self.data("/api/v1/series", early).contains(#""instance":"2""#) == false)
    let none = [("match[]", "up"), ("start", "200"), ("end", "1970-01-01T00:00:00Z")]
    #expect(try await Self.data("/api/v1/series", none) == "[]")
    let far = [
      ("match[]", "up"), ("start", "-292273086-05-16T16:47:06Z"),
      ("end", "292277025-08-18T07:12:54.999999999Z"),
    ]
    #expect(try await Self.data("/api/v1/series", far).contains(#""instance":"2""#))
  }

  @Test func `label names and values are sorted and each stands once`() async throws {
    #expect(
      try await Self.data("/api/v1/labels", [])
        == #"["__name__","instance","job","température.dehors"]"#
    )
    #expect(
      try await Self.data("/api/v1/labels", [("match[]", "up")])
        == #"["__name__","instance","job"]"#
    )
    #expect(try await Self.data("/api/v1/label/__name__/values", []) == #"["load","up"]"#)
    #expect(try await Self.data("/api/v1/label/job/values", []) == #"["a","b"]"#)
    #expect(
      try await Self.data("/api/v1/label/job/values", [("match[]", "load")]) == #"["a"]"#
    )
    #expect(try await Self.data("/api/v1/label/none/values", []) == "[]")
  }

  @Test(arguments: ["température.dehors", "U__temp_e9_rature_2e_dehors"])
  func `a label with other characters is found as it is and escaped`(name: String) async throws {
    #expect(try await Self.data("/api/v1/label/\(name)/values", []) == #"["x_y"]"#)
  }

  @Test(arguments: [
    ("U__a__b", "a_b"), ("U__a_2e_b", "a.b"), ("U__", "U__"), ("U__a_", "U__a_"),
    ("U__a_zz_", "U__a_zz_"), ("U__a_110000_", "U__a_110000_"), ("U__a_d800_", "U__a_d800_"),
    ("plain", "plain"), ("U_a__b", "U_a__b"), ("U__a_0000000041_", "U__a_0000000041_"),
  ])
  func `only a name that is escaped rightly is decoded`(text: String, name: String) {
    #expect(EscapedName.decoded(text) == name)
  }

  @Test func `a cut list says so`() async throws {
    for (path, parameters) in [
      ("/api/v1/series", [("match[]", "up")]), ("/api/v1/labels", []),
      ("/api/v1/label/job/values", []),
    ] {
      let cut = try await Self.ports.ask(path, parameters + [("limit", "1")])
      #expect(cut.tree?["data"]?.items.count == 1)
      #expect(cut.text.contains(#""warnings":["results truncated due to limit"]"#))
      let whole = try await Self.ports.ask(path, parameters + [("limit", "0")])
      #expect(!whole.text.contains("warnings"))
    }
  }

  @Test(arguments: [
    ("/api/v1/series", [], "no match[] parameter provided"),
    (
      "/api/v1/series", [("match[]", "{}")],
      #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#
    ),
    ("/api/v1/labels", [("match[]", "up[5m]")], #"invalid parameter \"match[]\""#),
    ("/api/v1/labels", [("match[]", "up offset 5m")], #"invalid parameter \"match[]\""#),
    ("/api/v1/labels", [("match[]", "sum(up)")], #"invalid parameter \"match[]\""#),
    ("/api/v1/labels", [("match[]", "{a=")], "parse error"),
    ("/api/v1/labels", [("limit", "-1")], "limit must be non-negative"),
    ("/api/v1/labels", [("limit", "many")], #"invalid parameter \"limit\""#),
    (
      "/api/v1/labels", [("start", "x")],
      #"invalid time value for 'start': cannot parse \"x\" to a valid timestamp"#
    ),
    ("/api/v1/label//values", [], #"invalid label name: \"\""#),
  ])
  func `a faulty parameter is refused by its name`(
    path: String,
    parameters: [(String, String)],
    reason: String
  ) async throws {
    let (status, text, tree) = try await Self.ports.ask(path, parameters)
    #expect(status == 400)
    #expect(tree?["errorType"]?.string == "bad_data")
    #expect(text.contains(reason), "\(text)")
  }

  @Test func `more selectors than the limit are refused`() async throws {
    let many = Array(repeating: ("match[]", "up"), count: APIParameter.selectorsMax + 1)
    let (status, text, _) = try await Self.ports.ask("/api/v1/series", many)
    #expect(status == 400 && text.contains("more than 1000 selectors"))
  }

  @Test func `what is not below a label's name is not found`() async throws {
    for path in ["/api/v1/label/job", "/api/v1/label/job/other", "/api/v1/label/values"] {
      #expect(try await Self.ports.ask(path).status == 404, "\(path)")
    }
  }
}
