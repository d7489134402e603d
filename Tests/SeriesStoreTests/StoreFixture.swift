// SPDX-License-Identifier: MIT
import MetricModel
import SeriesStore
import TestSupport

/// A store in a folder of its own, and the few calls that tests repeat.
struct StoreFixture {
  let folder: TemporaryFolder
  let time: ManualTimeSource
  var settings = StoreSettings()

  static let start = Timestamp(unixMilliseconds: 1_700_000_000_000)

  init() throws {
    folder = try TemporaryFolder()
    time = ManualTimeSource(Self.start)
    // Small chunks, so that short tests close some.
    settings.chunkSamples = 20
  }

  var path: String { folder.file("samples.db") }

  func open() throws(StoreOpenError) -> SampleStore {
    try SampleStore.open(path: path, settings: settings, time: time)
  }
}

extension SampleStore {
  /// Appends one sample `seconds` after the fixture's start.
  @discardableResult
  func put(_ labels: LabelSet, _ seconds: Double, _ value: Double) throws -> AppendOutcome {
    let milliseconds = StoreFixture.start.unixMilliseconds + Int64(seconds * 1_000)
    let batch = AppendBatch(
      timestamp: Timestamp(unixMilliseconds: milliseconds),
      references: [try reference(for: labels)],
      values: [value]
    )
    return try append(batch)
  }

  /// All samples of the series called `name`, as values.
  func values(_ name: String) throws -> [Double] {
    try everything("__name__", name).first?.samples.map(\.value) ?? []
  }

  /// All series with this label.
  func everything(_ name: String, _ value: String) throws -> [Series] {
    try series(
      matching: [LabelMatcher(name, .equal, value)],
      in: .distantPast ... .distantFuture
    )
  }
}
