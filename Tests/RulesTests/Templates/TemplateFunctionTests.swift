// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import Testing

@Suite struct TemplateFunctionTests {
  @Test(arguments: [
    (123_456.0, "123456"), (1_234_567, "1.234567e+06"), (0.0001, "0.0001"), (0.00001, "1e-05"),
    (100, "100"), (1_000_000, "1e+06"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    (0, "0"), (-0.0, "-0"), (-2.5, "-2.5"), (0.1, "0.1"), (123_456.7, "123456.7"),
    (Double.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
  ])
  func `a value prints as the shortest general form`(value: Double, expected: String) throws {
    #expect(try expand("{{ $value }}", value: value) == expected)
  }

  @Test(arguments: [
    (1_234_567.0, "1.235M"), (0.00123, "1.23m"), (0, "0"), (.nan, "NaN"), (.infinity, "+Inf"),
    (999, "999"), (1_000, "1k"), (-1_500, "-1.5k"), (1e27, "1000Y"), (1.2e-25, "0.12y"),
    (1e6, "1M"), (0.5, "500m"), (12.3456, "12.35"),
  ])
  func `humanize uses metric prefixes`(value: Double, expected: String) throws {
    #expect(try expand("{{ $value | humanize }}", value: value) == expected)
  }

  @Test(arguments: [
    (2_048.0, "2ki"), (1_024, "1ki"), (1, "1"), (0.5, "0.5"), (1_000, "1000"), (1_536, "1.5ki"),
    (1_048_576, "1Mi"), (-4_096, "-4ki"), (.nan, "NaN"),
  ])
  func `humanize1024 uses binary prefixes`(value: Double, expected: String) throws {
    #expect(try expand("{{ humanize1024 $value }}", value: value) == expected)
  }

  @Test(arguments: [
    (93_784.0, "1d 2h 3m 4s"), (7_384, "2h 3m 4s"), (184, "3m 4s"), (59.123, "59.12s"),
    (0.123, "123ms"), (0.0000015, "1.5us"), (0, "0s"), (-3_600, "-1h 0m 0s"), (-5, "-5s"),
    (1, "1s"), (60, "1m 0s"), (86_400, "1d 0h 0m 0s"), (899.99, "14m 59s"), (.nan, "NaN"),
    (.infinity, "+Inf"), (1e300, "104166666666666d 16h 0m 0s"), (-0.1, "-100ms"),
  ])
  func `humanizeDuration names days to seconds and below`(
    value: Double,
    expected: String
  ) throws {
    #expect(try expand("{{ $value | humanizeDuration }}", value: value) == expected)
  }

  @Test(arguments: [
    (0.1234, "12.34%"), (100.0, "1e+04%"), (0.5, "50%"), (1, "100%"), (.nan, "NaN%"),
    (0.00001, "0.001%"),
  ])
  func `humanizePercentage keeps four digits`(value: Double, expected: String) throws {
    #expect(try expand("{{ $value | humanizePercentage }}", value: value) == expected)
  }

  @Test(arguments: [
    (0.0, "1970-01-01 00:00:00 +0000 UTC"),
    (1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
    (-1, "1969-12-31 23:59:59 +0000 UTC"), (951_782_400, "2000-02-29 00:00:00 +0000 UTC"),
    (.nan, "NaN"), (.infinity, "+Inf"),
  ])
  func `humanizeTimestamp writes a date`(value: Double, expected: String) throws {
    #expect(try expand("{{ $value | humanizeTimestamp }}", value: value) == expected)
  }

  @Test(arguments: [
    ("{{ humanize \"1500\" }} {{ humanize 2000 }}", "1.5k 2k"),
    ("{{ title \"hello big world\" }}", "Hello Big World"),
    ("{{ toUpper \"aé\" }} {{ toLower \"AÉ\" }}", "AÉ aé"),
    (
      "{{ stripPort \"h.example.com:80\" }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"h\" }}",
      "h.example.com ::1 h"
    ),
    (
      "{{ stripDomain \"h.example.com:80\" }} {{ stripDomain \"10.0.0.1:80\" }}", "h:80 10.0.0.1:80"
    ),
    (
      "{{ stripDomain \"[2001:db8::1]:80\" }} {{ stripDomain \"h.example.com\" }}",
      "[2001:db8::1]:80 h"
    ),
    ("{{ urlQueryEscape \"a b/c?d=é\" }}", "a+b%2Fc%3Fd%3D%C3%A9"),
    ("{{ reReplaceAll \"(.*):(\\\\d+)\" \"$2-${1}\" $labels.instance }}", "1-a"),
    ("{{ reReplaceAll \"a\" \"x\" \"banana\" }}", "bxnxnx"),
    ("{{ reReplaceAll \"^a\" \"\" \"aaa\" }} {{ reReplaceAll \"a*\" \"-\" \"baac\" }}", "aa -b-c-"),
    ("{{ reReplaceAll \"\" \"-\" \"äb\" }} {{ reReplaceAll \"x\" \"y\" \"\" }}", "-ä-b- "),
    (
      "{{ match \"b\" \"abc\" }} {{ match \"^b\" \"abc\" }} {{ match \"a.c\" \"a\\nc\" }}",
      "true false false"
    ),
    ("{{ match \"\" \"\" }}", "true"),
    (
      "{{ parseDuration \"1h30m\" }} {{ toDuration 90.5 }} {{ toDuration \"0.0015\" }}",
      "5400 1m30.5s 1.5ms"
    ),
    (
      "{{ (toTime 0).Year }} {{ (1.5 | toTime).Format \"Mon, 02 Jan 2006 15:04:05.000\" }}",
      "1970 Thu, 01 Jan 1970 00:00:01.500"
    ),
    ("{{ now }} {{ safeHtml \"<b>\" }}", "1000 <b>"),
    ("{{ graphLink \"up == 0\" }}", "/graph?g0.expr=up+%3D%3D+0&g0.tab=0"),
    (
      "{{ tableLink \"up\" }} {{ externalURL }} {{ pathPrefix }}",
      "/graph?g0.expr=up&g0.tab=1 http://mon/p /p"
    ),
    (
      "{{ eq 1 2 3 1 }} {{ ne \"a\" \"b\" }} {{ le 1 1 }} {{ ge 2.5 2.5 }} {{ lt \"a\" \"b\" }}",
      "true true true true true"
    ),
  ])
  func `a function gives what the reference says`(text: String, expected: String) throws {
    #expect(try expand(text) == expected)
  }

  @Test(arguments: [
    ("%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%b", "42|   42|42   |00042|+42|2a|2A|52|101010"),
    ("%c|%q|%U|%t|%v", "*|'*'|U+002A|%!t(int=42)|42"),
    ("%s|%f", "%!s(int=42)|%!f(int=42)"),
    ("%d%%|%z", "42%|%!z(int=42)"),
  ])
  func `printf writes whole numbers`(format: String, expected: String) throws {
    let verbs = format.filter { $0 == "%" }.count - (format.contains("%%") ? 2 : 0)
    let arguments = String(repeating: " 42", count: verbs)
    #expect(try expand("{{ printf \"\(format)\"\(arguments) }}") == expected)
  }

  @Test(arguments: [
    ("%f", 1.5, "1.500000"), ("%.2f", 2.675, "2.67"), ("%8.3f|", 3.14159, "   3.142|"),
    ("%-8.1f|", 3.14159, "3.1     |"), ("%08.2f", -3.14159, "-0003.14"), ("%+.1f", 1, "+1.0"),
    ("%e", 123_456, "1.234560e+05"), ("%.0e", 1_500, "2e+03"), ("%g", 1e21, "1e+21"),
    ("%.3g", 1_234.5, "1.23e+03"), ("%v", 0.25, "0.25"), ("%G", 1e-7, "1E-07"),
    ("%5.1f", Double.infinity, " +Inf"), ("%05.1f", Double.nan, "  NaN"),
    ("%d", 1.5, "%!d(float64=1.5)"),
    ("%s", 0.5, "%!s(float64=0.5)"), ("%.0f", 0.5, "0"), ("% f", 1, " 1.000000"),
  ])
  func `printf writes floats`(format: String, value: Double, expected: String) throws {
    #expect(try expand("{{ printf \"\(format)\" $value }}", value: value) == expected)
  }

  @Test(arguments: [
    (
      "{{ printf \"%s|%5s|%-5s|%.2s|%q|%x\" \"abc\" \"abc\" \"abc\" \"abc\" \"a\\\"b\" \"az\" }}",
      "abc|  abc|abc  |ab|\"a\\\"b\"|617a"
    ),
    ("{{ printf \"%d and %s\" 1 }}", "1 and %!s(MISSING)"),
    ("{{ printf \"%d\" 1 \"more\" }}", "1%!(EXTRA string=more)"),
    ("{{ printf \"%*d|%.*f\" 5 42 1 2.25 }}", "   42|2.2"),
    ("{{ printf \"%t %v %T\" true false 1.5 }}", "true false float64"),
    ("{{ printf \"%\" }}", "%!(NOVERB)"),
    ("{{ printf \"%v\" $labels }}", "map[a-b:dash instance:a:1 job:web]"),
  ])
  func `printf writes texts and other values`(text: String, expected: String) throws {
    #expect(try expand(text) == expected)
  }

  @Test(arguments: [
    ("{{ with query \"up\" }}{{ . | first | value }}{{ end }}", "2"),
    (
      "{{ range query \"up\" | sortByLabel \"x\" }}{{ .Labels.x }}:{{ .Value }} {{ end }}",
      "a:1 b:2 "
    ),
    ("{{ query \"up\" | first | label \"x\" }} {{ len (query \"up\") }}", "b 2"),
    ("{{ (query \"up\" | first).Labels.x }}", "b"),
    ("{{ query \"up\" | first | strvalue }}", ""),
    ("{{ with query \"none\" }}some{{ else }}nothing{{ end }}", "nothing"),
  ])
  func `query results are picked apart`(text: String, expected: String) throws {
    let result = try expand(text) { expression throws(TemplateFault) in
      guard expression == "up" else { return [] }
      return [
        TemplateValue(sample: LabelSet(["x": "b"]), 2),
        TemplateValue(sample: LabelSet(["x": "a"]), 1),
      ]
    }
    #expect(result == expected)
  }

  @Test func `first of nothing is a fault`() {
    #expect(throws: TemplateError.self) {
      try expand("{{ query \"none\" | first }}") { _ throws(TemplateFault) in [] }
    }
  }

  @Test func `an expansion asks a limited number of queries`() {
    var asked = 0
    #expect(throws: TemplateError.self) {
      try expand("{{ range 1000 }}{{ len (query \"up\") }}{{ end }}") { _ throws(TemplateFault) in
        asked += 1
        return []
      }
    }
    #expect(asked == 64)
  }
}
