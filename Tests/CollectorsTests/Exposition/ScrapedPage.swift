// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Polling

@testable import Collectors

/// What one item of the section `exposition` makes of answers, without a network.
struct ScrapedPage {
  /// A sample with the labels of its series.
  struct Line: Equatable {
    let labels: LabelSet
    let value: Double
    let time: Int64?

    static func == (left: Line, right: Line) -> Bool {
      left.labels == right.labels && left.value.bitPattern == right.value.bitPattern
        && left.time == right.time
    }
  }

  let faults: [String]
  let settings: ExpositionSettings
  var reader: ScrapeReader

  /// Reads the item from its keys in flow style, beside a name and a URL.
  init(_ keys: String = "", format: ExpositionFormat = .text) {
    let text = "exposition: [{name: node, urls: [\"http://a:1/m\"], \(keys)}]"
    let tree = SettingsTree(parsing: Array(text.utf8), file: "f")
    _ = tree.readSettings()
    let section = tree.root.sections("exposition")[0]
    settings = ExpositionSettings(reading: section, besides: [])
    faults = tree.issues.map(\.description)
    reader = ScrapeReader(
      format,
      shaping: SeriesShaping(
        target: settings.labels.merging(LabelSet(["job": "node", "instance": "a:1"])),
        honorsLabels: settings.honorsLabels,
        rules: settings.rules,
        limits: settings.limits
      ),
      honorsTimes: settings.honorsTimes
    )
  }

  mutating func lines(_ text: String) throws(CollectionError) -> [Line] {
    try reader.read(Array(text.utf8)).lines
  }

  /// The series of a text without the target's labels, as PromQL writes them.
  mutating func series(_ text: String) throws(CollectionError) -> [String] {
    try lines(text).map { $0.labels.removing(["job", "instance"]).description }
  }
}

extension ScrapedSamples {
  /// The samples in the order of the text.
  var lines: [ScrapedPage.Line] {
    numbers.indices.map { index in
      let time = times.isEmpty ? Self.noTime : times[index]
      return ScrapedPage.Line(
        labels: series[Int(numbers[index])],
        value: values[index],
        time: time == Self.noTime ? nil : time
      )
    }
  }
}
