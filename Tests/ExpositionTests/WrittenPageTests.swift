// SPDX-License-Identifier: MIT
import Exposition
import MetricModel
import Testing

/// What hvsmon writes, read by the strict readers of both formats.
@Suite struct WrittenPageTests {
  private static let odd = "a\\b\"c\nd\té{}=,# "

  private static let families: [(definition: MetricDefinition, series: [(LabelSet, Double)])] = [
    (
      MetricDefinition("requests_total", .counter, labels: ["path"], help: "Has \\ and \"\nlines."),
      [
        (LabelSet(metric: "requests_total", ["path": odd]), 5),
        (LabelSet(metric: "requests_total"), 1e300),
      ]
    ),
    (
      MetricDefinition("established", .counter, help: "A counter by another name."),
      [(LabelSet(metric: "established"), 0)]
    ),
    (
      MetricDefinition("span_seconds", .gauge, unit: "seconds", labels: ["a"], help: ""),
      [-0.0, .nan, .infinity, -.infinity, 1e-7, 0.1, -2.5e21].enumerated().map { index, value in
        (LabelSet(metric: "span_seconds", ["a": "\(index)"]), value)
      }
    ),
    (
      MetricDefinition("build_info", .info, labels: ["version"], help: "Facts."),
      [(LabelSet(metric: "build_info", ["version": "1"]), 1)]
    ),
    (
      MetricDefinition("facts", .info, labels: ["version"], help: "Facts by another name."),
      [(LabelSet(metric: "facts", ["version": "1"]), 1)]
    ),
    (
      MetricDefinition("level:recorded", .unknown, labels: nil, help: "Made by a rule."),
      [(LabelSet(metric: "level:recorded", ["le": "x"]), 3)]
    ),
  ]

  private static func page(_ format: ExpositionFormat) -> [UInt8] {
    var writer = ExpositionWriter(format)
    for family in families {
      writer.beginFamily(family.definition)
      for (labels, value) in family.series {
        writer.appendSample(prefix: ExpositionWriter.prefix(of: labels), value: value)
      }
    }
    return writer.finish()
  }

  @Test(arguments: [ExpositionFormat.text, .openMetrics])
  func `every series and value reads back, by every rule of the format`(
    format: ExpositionFormat
  ) throws {
    let rules = ExpositionRules(format).strict
    let read = try ReadText(Self.page(format), rules)
    let written = Self.families.flatMap(\.series)
    #expect(read.faults.isEmpty)
    #expect(read.lines.map(\.labels) == written.map(\.0))
    for (line, (labels, value)) in zip(read.lines, written) {
      #expect(line.time == nil)
      #expect(
        line.value == value || (line.value.isNaN && value.isNaN),
        "\(labels): \(value) became \(line.value)"
      )
    }
  }

  @Test func `an empty page is one in both formats`() throws {
    for format in [ExpositionFormat.text, .openMetrics] {
      let page = ExpositionWriter(format).finish()
      #expect(try ReadText(page, ExpositionRules(format).strict).lines.isEmpty)
    }
  }
}
