// SPDX-License-Identifier: MIT
import FoundationEssentials
import MetricModel
import Rules
import Testing

/// The rules of `hv-a-rules.yml` over the series of `hv-a-test.yml`, minute by minute.
@Suite struct SharedRulesTests {
  private func bench() throws -> RuleBench? {
    guard let folder = SharedFiles.folder("conformance/rules") else { return nil }
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/hv-a-rules.yml"))
    return try RuleBench(String(decoding: data, as: UTF8.self))
  }

  /// Adds the values of one minute, `_` for none, and evaluates all groups.
  private func evaluate(
    _ bench: RuleBench,
    _ minutes: Int,
    _ series: [(LabelSet, String)]
  ) -> [Alert] {
    for (labels, values) in series {
      let words = values.split(separator: " ")
      guard minutes < words.count, let value = Double(words[minutes]) else { continue }
      bench.series.add(labels, value, at: minute(minutes))
    }
    return bench.evaluator.groups.indices.flatMap {
      bench.evaluate(minute(minutes), group: $0).firing
    }
  }

  @Test func `hold and pending behave as promtool says`() throws {
    guard let bench = try bench() else { return }
    let series = [
      (LabelSet(metric: "up", ["job": "node", "instance": "a"]), "1 1 0 0 0 0 0 1 1"),
      (LabelSet(metric: "up", ["job": "node", "instance": "b"]), "1 0 0 1 0 0 0 0 0"),
    ]
    var down: [String] = []
    var pending: [String] = []
    for minutes in 0...8 {
      let alerts = evaluate(bench, minutes, series)
      func instances(_ name: String) -> String {
        alerts.filter { $0.labels["alertname"] == name }
          .compactMap { $0.labels["instance"] }.joined()
      }
      down.append(instances("InstanceDown"))
      pending.append(instances("Pending"))
      for alert in alerts where alert.labels["alertname"] == "InstanceDown" {
        let instance = alert.labels["instance"] ?? ""
        #expect(alert.labels["job"] == "overwritten-node" && alert.labels["severity"] == "page")
        #expect(alert.annotations == [Label("summary", "\(instance) of node is down")])
      }
    }
    #expect(down == ["", "", "", "", "", "a", "a", "b", "b"])
    #expect(pending == ["", "b", "ab", "a", "ab", "b", "b", "", ""])
  }

  @Test func `keeping on firing and queries in templates behave as promtool says`() throws {
    guard let bench = try bench() else { return }
    let series = [
      (LabelSet(metric: "temp", ["host": "h1"]), "70 81 82 70 70 70 70 90 70"),
      (LabelSet(metric: "temp", ["host": "h2"]), "_ _ _ _ 5000 5000 _"),
      (LabelSet(metric: "up", ["instance": "b"]), "0 0 0 0 0 0 0"),
      (LabelSet(metric: "up", ["instance": "a"]), "1 1 1 1 1 1 1"),
    ]
    var sticky: [[String]] = []
    for minutes in 0...6 {
      let alerts = evaluate(bench, minutes, series)
      sticky.append(
        alerts.filter { $0.labels["alertname"] == "Sticky" }.map { $0.annotations[0].value }
      )
      let withQuery = alerts.first { $0.labels["alertname"] == "WithQuery" }
      guard minutes == 4 else { continue }
      #expect(
        withQuery?.annotations == [Label("many", "a:1 b:0 "), Label("text", "2 targets")]
      )
    }
    let (first, second) = ("value 82.0 on h1", "value 5000.0 on h2")
    #expect(sticky[0] == [] && sticky[2] == [first])
    #expect(sticky[5] == [first, second] && sticky[6] == [second])
  }
}

/// The folder of shared files, looked for beside the package and its parents.
enum SharedFiles {
  static func folder(_ name: String) -> String? {
    var folder = #filePath
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      let candidate = "\(folder)/shared/\(name)"
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    print("skipped: no shared/\(name) beside the package")
    return nil
  }
}
