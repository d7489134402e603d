// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@testable import Dashboards

/// What is committed, and how files are written.
@Suite struct DashboardFileTests {
  @Test func `the committed files are those that the description makes`() throws {
    let made = DashboardFile.all
    #expect(try DashboardFolder.files() == made.map(\.path).sorted())
    for file in made {
      let isSame = try DashboardFolder.text(file.path) == file.text
      #expect(isSame, "\(file.path) differs: hvsmon dashboards export --grafana dashboards")
    }
  }

  @Test func `members are sorted and each has its line`() throws {
    let json: GrafanaJSON = ["b": [1, 2.5], "a": ["z": nil, "y": "q\"\n"], "c": [:], "d": true]
    #expect(
      json.document == """
        {
          "a": {
            "y": "q\\"\\n",
            "z": null
          },
          "b": [
            1,
            2.5
          ],
          "c": {},
          "d": true
        }

        """
    )
    #expect(try JSONReader.read(Array(json.document.utf8))["b"]?.items.count == 2)
  }

  @Test func `colours change at the limits, from either side`() {
    let ceilings = [Limit("A", .page, .above(0.98)), Limit("B", .warning, .moreThan(0))]
    #expect(ceilings.steps(calm: .fine).map(\.from) == [nil, 0.98, 1])
    #expect(ceilings.steps(calm: .fine).map(\.colour) == [.fine, .critical, .warning])
    let floors = [Limit("A", .warning, .below(10)), Limit("B", .page, .below(2))]
    #expect(floors.steps(calm: .fine).map(\.from) == [nil, 2, 10])
    #expect(floors.steps(calm: .fine).map(\.colour) == [.critical, .warning, .fine])
    #expect([Limit("A", .info, .isZero)].steps(calm: .fine).map(\.from) == [nil, 1])
    #expect([Limit]().steps(calm: .plain).map(\.colour) == [.plain])
  }

  @Test func `matchers of the choices are written out`() {
    let query = Query("a{@cluster,@node} + b{@tier,@instance,@guest,@entry}", "")
    #expect(
      query.grafanaExpression
        == "a{cluster=~\"$cluster\",node=~\"$node\"} + "
        + "b{tier=~\"$tier\",instance=~\"$instance\",name=~\"$guest\",instance=~\"$entry\"}"
    )
  }
}
