// SPDX-License-Identifier: MIT
import MetricModel
import TestSupport
import Testing

@Suite struct ExpositionWriterTests {
  private static let requests = MetricDefinition(
    "app_request_seconds_total",
    .counter,
    unit: "seconds",
    labels: ["path"],
    help: "Time spent on \"requests\"\nand C:\\ paths."
  )
  private static let temperature = MetricDefinition(
    "room_temperature_celsius",
    .gauge,
    unit: "celsius",
    help: "How warm it is."
  )
  private static let build = MetricDefinition(
    "app_build_info",
    .info,
    labels: ["version"],
    help: "Which build runs."
  )
  private static let odd = MetricDefinition("app_odd", .unknown, help: "Whatever.")

  private static func written(_ format: ExpositionFormat) -> String {
    var writer = ExpositionWriter(format)
    func add(_ definition: MetricDefinition, _ rows: [([String: String], Double)]) {
      writer.beginFamily(definition)
      for (labels, value) in rows {
        let set = LabelSet(metric: definition.name, labels)
        writer.appendSample(prefix: ExpositionWriter.prefix(of: set), value: value)
      }
    }
    add(requests, [(["path": "/", "job": "web"], 12.5), (["path": "a\"b\\c\nd"], 0)])
    add(temperature, [([:], -3.25)])
    add(build, [(["version": "1.0"], 1)])
    add(odd, [([:], .nan)])
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  @Test func `the text format is written as Prometheus reads it`() {
    #expect(
      Self.written(.text) == #"""
        # HELP app_request_seconds_total Time spent on "requests"\nand C:\\ paths.
        # TYPE app_request_seconds_total counter
        app_request_seconds_total{job="web",path="/"} 12.5
        app_request_seconds_total{path="a\"b\\c\nd"} 0
        # HELP room_temperature_celsius How warm it is.
        # TYPE room_temperature_celsius gauge
        room_temperature_celsius -3.25
        # HELP app_build_info Which build runs.
        # TYPE app_build_info gauge
        app_build_info{version="1.0"} 1
        # HELP app_odd Whatever.
        # TYPE app_odd untyped
        app_odd NaN

        """#
    )
  }

  @Test func `OpenMetrics names families without their suffix and ends the text`() throws {
    let text = Self.written(.openMetrics)
    #expect(
      text == #"""
        # HELP app_request_seconds Time spent on \"requests\"\nand C:\\ paths.
        # TYPE app_request_seconds counter
        # UNIT app_request_seconds seconds
        app_request_seconds_total{job="web",path="/"} 12.5
        app_request_seconds_total{path="a\"b\\c\nd"} 0
        # HELP room_temperature_celsius How warm it is.
        # TYPE room_temperature_celsius gauge
        # UNIT room_temperature_celsius celsius
        room_temperature_celsius -3.25
        # HELP app_build Which build runs.
        # TYPE app_build info
        app_build_info{version="1.0"} 1
        # HELP app_odd Whatever.
        # TYPE app_odd unknown
        app_odd NaN
        # EOF

        """#
    )
    let check = try OpenMetricsCheck(Array(text.utf8))
    #expect(check.samples.count == 5)
    #expect(check.samples[1].labels == ["path": "a\"b\\c\nd"])
  }

  @Test func `a kind whose suffix the name lacks is shown as what the name allows`() throws {
    let counter = MetricDefinition("jobs_done", .counter, help: "Jobs.")
    let info = MetricDefinition("kernel", .info, help: "Kernel.")
    var writer = ExpositionWriter(.openMetrics)
    for definition in [counter, info] {
      writer.beginFamily(definition)
      let prefix = ExpositionWriter.prefix(of: LabelSet(metric: definition.name))
      writer.appendSample(prefix: prefix, value: 1)
    }
    let bytes = writer.finish()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("# TYPE jobs_done unknown\n"))
    #expect(text.contains("# TYPE kernel gauge\n"))
    _ = try OpenMetricsCheck(bytes)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0.0"), (1, "1"), (-17, "-17"), (0.1, "0.1"), (1e300, "1e+300"),
    (.leastNonzeroMagnitude, "5e-324"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    (999_999_999_999_999, "999999999999999"), (1e15, "1000000000000000.0"), (-1e16, "-1e+16"),
    (1.5, "1.5"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
  ])
  func `a value reads back the same`(value: Double, text: String) {
    var writer = ExpositionWriter(.text)
    writer.appendSample(prefix: Array("m ".utf8), value: value)
    #expect(String(decoding: writer.finish(), as: UTF8.self) == "m \(text)\n")
    #expect(value.isNaN || Double(text)?.bitPattern == value.bitPattern)
  }

  @Test func `an empty page is legal in both formats`() throws {
    #expect(ExpositionWriter(.text).finish().isEmpty)
    let bytes = ExpositionWriter(.openMetrics).finish()
    #expect(String(decoding: bytes, as: UTF8.self) == "# EOF\n")
    _ = try OpenMetricsCheck(bytes)
  }

  @Test func `content types name the format and its version`() {
    #expect(ExpositionFormat.text.contentType == "text/plain; version=0.0.4; charset=utf-8")
    #expect(
      ExpositionFormat.openMetrics.contentType
        == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    )
  }

  @Test(arguments: [UInt64(11), 12])
  func `label values of any text come back from the page`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let scalars = [
      "\\", "\"", "\n", "a", "é", "\u{301}", "}", "{", ",", "=", " ", "#", "\u{1F600}",
    ]
    for _ in 0..<200 {
      let value = (0..<Int.random(in: 1...12, using: &random))
        .map { _ in scalars.randomElement(using: &random) ?? "" }.joined()
      var writer = ExpositionWriter(.openMetrics)
      writer.beginFamily(MetricDefinition("m", .gauge, help: value))
      let labels = LabelSet(metric: "m", ["l": value])
      writer.appendSample(prefix: ExpositionWriter.prefix(of: labels), value: 1)
      let check = try OpenMetricsCheck(writer.finish())
      let found = try #require(check.samples.first?.labels["l"])
      #expect(Array(found.utf8) == Array(value.utf8), "seed \(seed)")
    }
  }
}

@Suite struct OpenMetricsCheckTests {
  @Test(arguments: [
    "a 1\n", "# EOF", "# TYPE a gauge\na 1\n\n# EOF\n", "# TYPE a gauge\nb 1\n# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n", "# TYPE a counter\na_total -1\n# EOF\n",
    "# TYPE a gauge\na 1\na 1\n# EOF\n", "# TYPE a gauge\na  1\n# EOF\n",
    "# TYPE a gauge\na{b=\"1\",} 1\n# EOF\n", "# TYPE a gauge\na{b=\"1} 1\n# EOF\n",
    "# TYPE a info\na_info 2\n# EOF\n", "# TYPE a_s gauge\n# UNIT a_s m\na_s 1\n# EOF\n",
    "# TYPE a gauge\na 1\n# HELP a x\n# EOF\n",
    "# TYPE a gauge\n# TYPE b gauge\n# TYPE a gauge\n# EOF\n", "# EOF\n# EOF\n",
    "# TYPE a gauge\na nan\n# EOF\n",
  ])
  func `the checker refuses what a strict reader refuses`(text: String) {
    #expect(throws: OpenMetricsCheck.Fault.self) { _ = try OpenMetricsCheck(Array(text.utf8)) }
  }
}
