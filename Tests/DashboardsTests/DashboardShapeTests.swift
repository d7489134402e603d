// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

/// The shape of the committed JSON, as Grafana wants it and people need it.
@Suite struct DashboardShapeTests {
  private let dashboards = Result { try DashboardFolder.dashboards() }

  private func panels() throws -> [(file: String, panel: JSONTree)] {
    try dashboards.get().flatMap { file, tree in
      DashboardFolder.panels(of: tree).map { (file, $0) }
    }
  }

  @Test func `each dashboard can be imported anywhere and stays itself`() throws {
    var uids: Set<String> = []
    for (file, tree) in try dashboards.get() {
      let uid = try #require(tree["uid"]?.string)
      #expect(file == "\(uid).json" && uids.insert(uid).inserted)
      #expect(tree["id"] == nil && tree["version"] == nil && tree["__inputs"] == nil)
      #expect(tree["schemaVersion"]?.int == 39 && tree["tags"]?.items == [.text("hvsmon")])
      #expect(tree["timezone"]?.string == "browser" && tree["graphTooltip"]?.int == 1)
      #expect(tree["refresh"]?.string == "30s" && tree["time"]?["from"]?.string == "now-6h")
      #expect(tree["title"]?.string?.hasPrefix("hvsmon / ") == true)
      #expect(tree["description"]?.string?.hasSuffix("?") == true)
      let link = tree["links"]?.items.first
      #expect(link?["includeVars"]?.bool == true && link?["keepTime"]?.bool == true)
    }
    #expect(uids.count == 9)
  }

  @Test func `every question goes to the chosen data source`() throws {
    func sources(_ tree: JSONTree) -> [JSONTree] {
      tree.members.flatMap { $0.name == "datasource" ? [$0.value] : sources($0.value) }
        + tree.items.flatMap(sources)
    }
    for (file, tree) in try dashboards.get() {
      let found = sources(tree)
      #expect(found.count > 20)
      for source in found {
        #expect(source["type"]?.string == "prometheus", "\(file)")
        #expect(source["uid"]?.string == "${datasource}", "\(file)")
      }
      let choices = tree["templating"]?["list"]?.items ?? []
      #expect(choices.prefix(2).map { $0["name"]?.string } == ["datasource", "cluster"])
      #expect(choices[0]["type"]?.string == "datasource")
      for choice in choices.dropFirst() {
        #expect(choice["allValue"]?.string == ".+" && choice["includeAll"]?.bool == true)
        #expect(choice["refresh"]?.int == 2 && choice["multi"]?.bool == true)
      }
    }
  }

  @Test func `no query reads more points than a month has in steps of five minutes`() throws {
    var found = 0
    for query in try DashboardFolder.queries() {
      for match in query.text.matches(of: #/\[(\d+)([smhd]):(\d+)([smhd])\]/#) {
        let seconds = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let range = try #require(Int(match.1)) * (seconds[String(match.2)] ?? 0)
        let step = try #require(Int(match.3)) * (seconds[String(match.4)] ?? 0)
        // A graph of a month evaluates its subquery at each of its steps.
        #expect(max(range, 30 * 86_400) / step <= 8_640, "\(query.file) \(query.title)")
        #expect(step % 300 == 0 && range % step == 0, "\(query.file) \(query.title)")
        found += 1
      }
    }
    #expect(found >= 5)
  }

  @Test func `every panel has a unit, words for no data, and says what to do`() throws {
    for (file, panel) in try panels() {
      let title = try #require(panel["title"]?.string)
      let description = panel["description"]?.string ?? ""
      for part in ["**What it is:** ", "**What is bad:** ", "**What to do:** "] {
        #expect(description.contains(part), "\(file) \(title)")
      }
      let defaults = try #require(panel["fieldConfig"]?["defaults"])
      #expect(defaults["unit"]?.string?.isEmpty == false, "\(file) \(title)")
      #expect(defaults["noValue"]?.string == "no data")
      if panel["type"]?.string == "state-timeline" {
        #expect(defaults["mappings"]?.items.isEmpty == false, "\(file) \(title)")
      }
      if defaults["unit"]?.string == "percentunit" { #expect(defaults["min"]?.int == 0) }
      if panel["type"]?.string == "timeseries" {
        #expect(defaults["custom"]?["spanNulls"]?.bool == false)
        let hasLines = (defaults["thresholds"]?["steps"]?.items.count ?? 0) > 1
        #expect(
          defaults["custom"]?["thresholdsStyle"]?["mode"]?.string == (hasLines ? "line" : "off")
        )
      }
      #expect(panel["targets"]?.items.isEmpty == false)
      for target in panel["targets"]?.items ?? [] {
        #expect(target["legendFormat"]?.string?.isEmpty == false, "\(file) \(title)")
      }
    }
  }

  @Test func `panels are few, have numbers of their own and do not overlap`() throws {
    for (file, tree) in try dashboards.get() {
      #expect(DashboardFolder.panels(of: tree).count < 25, "\(file)")
      let all = tree["panels"]?.items ?? []
      let numbers = (all + all.flatMap { $0["panels"]?.items ?? [] }).compactMap { $0["id"]?.int }
      #expect(Set(numbers).count == numbers.count)
      for group in [all] + all.map({ $0["panels"]?.items ?? [] }) {
        var taken: Set<[Int64]> = []
        for panel in group {
          let place = try #require(panel["gridPos"])
          let x = try #require(place["x"]?.int)
          let y = try #require(place["y"]?.int)
          let width = try #require(place["w"]?.int)
          let height = try #require(place["h"]?.int)
          #expect(x >= 0 && x + width <= 24, "\(file)")
          for column in x..<(x + width) {
            for row in y..<(y + height) {
              let isFree = taken.insert([column, row]).inserted
              #expect(isFree, "\(file) \(panel["title"]?.string ?? "")")
            }
          }
        }
      }
    }
  }

  @Test func `colours are those that can be told apart, and links lead somewhere`() throws {
    let colours: Set = [
      "#009E73", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#0072B2", "text",
    ]
    func named(_ tree: JSONTree) -> [String] {
      tree.members.flatMap { member in
        ["color", "fixedColor", "iconColor"].contains(member.name)
          ? [member.value.string].compactMap { $0 } + named(member.value) : named(member.value)
      } + tree.items.flatMap(named)
    }
    let uids = Set(try dashboards.get().compactMap { $0.tree["uid"]?.string })
    for (file, tree) in try dashboards.get() {
      #expect(Set(named(tree)).isSubset(of: colours), "\(file)")
      for panel in DashboardFolder.panels(of: tree) {
        for link in panel["links"]?.items ?? [] {
          let url = try #require(link["url"]?.string)
          let uid = url.dropFirst("/d/".count).prefix { $0 != "?" }
          #expect(uids.contains(String(uid)), "\(file) \(url)")
        }
      }
    }
  }

  @Test func `rates look back by the interval that Grafana computes`() throws {
    let queries = try DashboardFolder.queries()
    #expect(queries.count > 150)
    for query in queries {
      for function in ["rate(", "increase(", "changes(", "resets("]
      where query.text.contains(function) {
        #expect(query.text.contains("[$__rate_interval]"), "\(query.file) \(query.title)")
      }
    }
  }
}
