// SPDX-License-Identifier: MIT
import MetricModel
import Rules
import TestSupport
import Testing

@Suite struct TemplateLanguageTests {
  @Test(arguments: [
    ("plain {text} }}", "plain {text} }}"),
    ("{{ $labels.instance }} of {{ .Labels.job }}", "a:1 of web"),
    ("{{ $value }}/{{ .Value }}", "0.5/0.5"),
    ("[{{ $labels.nope }}]", "[]"),
    ("{{ index $labels \"a-b\" }}", "dash"),
    ("{{ $externalLabels.dc }} {{ $externalURL }}", "x http://mon/p"),
    ("a {{- /* trimmed */ -}} b", "ab"),
    ("a {{/* kept blanks */}} b", "a  b"),
    ("a \n {{- $value -}} \t b", "a0.5b"),
    ("{{ \"quoted \\\"text\\\" \\u00e9\" }}{{ `raw \\n` }}", "quoted \"text\" éraw \\n"),
    ("{{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ -2.5e3 }} {{ 010 }}", "97 31 1000 -2500 8"),
    ("{{ true }} {{ false }}", "true false"),
    ("{{ \"}}\" }}{{ `a -}}` }}{{- 3 -}}{{-3}}", "}}a -}}3-3"),
    ("{{$value}}{{$labels.job|toUpper}}{{(len $labels)}}", "0.5WEB3"),
    ("{{ range $i, $e := $labels -}}\n {{ $i }}{{/* c */ -}}\n {{ end }}", "a-binstancejob"),
    ("{{ $value | printf \"%.2f\" }}", "0.50"),
    ("{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}", "12"),
    ("{{ $x := 1 }}{{ if true }}{{ $x = 3 }}{{ $x := 4 }}{{ end }}{{ $x }}", "3"),
    ("{{ (printf \"%s\" $labels.job) | toUpper }}", "WEB"),
    ("{{ with $labels.job }}<{{ . }}{{ $.Value }}>{{ end }}", "<web0.5>"),
    ("{{ with $labels.nope }}x{{ else }}none{{ end }}", "none"),
    ("{{ with $labels.nope }}x{{ else with $labels.job }}{{ . }}{{ end }}", "web"),
    (
      "{{ if eq $labels.job \"db\" }}1{{ else if eq $labels.job \"web\" }}2{{ else }}3{{ end }}",
      "2"
    ),
    ("{{ if and $labels.job $labels.nope }}y{{ else }}n{{ end }}", "n"),
    ("{{ or $labels.nope \"fallback\" }}", "fallback"),
    ("{{ and 1 0 2 }} {{ or 0 \"\" 7 }} {{ not 0 }}", "0 7 true"),
    ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "a-b=dash;instance=a:1;job=web;"),
    ("{{ range $labels }}{{ . }},{{ end }}", "dash,a:1,web,"),
    ("{{ range $i := 3 }}{{ $i }}{{ end }}", "012"),
    (
      "{{ range 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}",
      "02"
    ),
    ("{{ range 0 }}x{{ else }}empty{{ end }}", "empty"),
    (
      "{{ define \"d\" }}<{{ . }}>{{ end }}{{ template \"d\" $value }}{{ template \"d\" 1 }}",
      "<0.5><1>"
    ),
    ("{{ block \"b\" $value }}[{{ . }}]{{ end }}", "[0.5]"),
    (
      "{{ define \"d\" }}{{ .arg1 }}{{ .arg0 }}{{ end }}{{ tmpl \"d\" (args \"a\" \"b\") | toUpper }}",
      "BA"
    ),
    ("{{ template \"nil\" }}{{ define \"nil\" }}{{ . }}{{ end }}", "<no value>"),
    ("{{ print nil }} {{ println nil 1 }}", "<nil> <nil> 1\n"),
    ("{{ len $labels }} {{ len \"äb\" }} {{ slice \"abcdef\" 1 3 }}", "3 3 bc"),
    ("{{ print 1 2 \"x\" 3 }} {{ println \"a\" 1 }}", "1 2x3 a 1\n"),
    (
      "{{ html \"<a b='c'>&\" }} {{ urlquery \"a b&c\" }} {{ js \"it's\" }}",
      "&lt;a b=&#39;c&#39;&gt;&amp; a+b%26c it\\'s"
    ),
    ("{{ $labels }}", "map[a-b:dash instance:a:1 job:web]"),
  ])
  func `a template expands as the language says`(text: String, expected: String) throws {
    #expect(try expand(text) == expected)
  }

  @Test(arguments: [
    ("{{ $label.foo }}", "1:4: undefined variable \"$label\""),
    ("x\n {{ nosuch 1 }}", "2:5: function \"nosuch\" not defined"),
    ("{{ if true }}", "1:1: the block is not closed by {{end}}"),
    ("{{ end }}", "1:1: unexpected {{end}}"),
    ("{{ else }}", "1:1: unexpected {{else}}"),
    ("{{ if true }}{{ else }}{{ else }}{{ end }}", "unexpected {{else}}"),
    ("{{ $value", "the braces are not closed"),
    ("{{ \"open }}", "the text is not closed"),
    ("{{ (1 }}", "a parenthesis is not closed"),
    ("{{ 1) }}", "unexpected right parenthesis"),
    ("{{ }}", "a value is missing"),
    ("{{ 1 | 2 }}", "only a function or member can stand after a pipe"),
    ("{{ 1 2 }}", "only a function or member can take arguments"),
    ("{{ break }}", "{{break}} outside {{range}}"),
    ("{{ $x = 1 }}", "undefined variable \"$x\""),
    ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "undefined variable \"$x\""),
    ("{{ 1z }}", "\"1z\" is not a number that can be used"),
    ("{{ # }}", "unexpected character \"#\""),
    ("{{/* open }}", "the comment is not closed"),
    ("{{/* c */ x }}", "the comment ends before the closing braces"),
    ("{{ range $a, $b, $c := 3 }}{{ end }}", ""),
  ])
  func `a text that is no template is refused with its place`(text: String, fault: String) {
    let found = templateFault(text)
    #expect(found?.contains(fault) == true, "\(found ?? "nothing")")
  }

  @Test(arguments: [
    ("{{ gt $value 100 }}", "incompatible types for comparison"),
    ("{{ lt true false }}", "invalid type for comparison"),
    ("{{ eq $labels $labels }}", "non-comparable type"),
    ("{{ index \"abc\" 3 }}", "index out of range: 3"),
    ("{{ $value.x }}", "can't evaluate field x in type float64"),
    ("{{ .Nope }}", "can't evaluate field Nope in type object"),
    ("{{ .Value 1 }}", "Value has arguments but cannot be invoked as function"),
    ("{{ range $value }}{{ end }}", "range can't iterate over float64"),
    ("{{ toUpper 1 }}", "expected string; got int"),
    ("{{ humanize \"x\" }}", "\"x\" is not a number"),
    ("{{ humanize }}", "wrong number of args for humanize: want 1 got 0"),
    ("{{ match \"(\" \"a\" }}", "error parsing regexp"),
    ("{{ template \"none\" }}", "template \"none\" not defined"),
    ("{{ query \"up\" }}", "no queries here"),
    ("{{ nil }}", "nil is not a command"),
  ])
  func `data that does not fit fails the expansion`(text: String, fault: String) {
    let found = templateFault(text)
    #expect(found?.contains(fault) == true, "\(found ?? "nothing")")
  }

  @Test func `greater holds for NaN because it is not less or equal`() throws {
    #expect(try expand("{{ gt $value 1.0 }} {{ ge $value 1.0 }}", value: .nan) == "true true")
    #expect(try expand("{{ lt $value 1.0 }} {{ eq $value $value }}", value: .nan) == "false false")
  }

  @Test(arguments: [
    "{{ range 100000 }}{{ range 100000 }}x{{ end }}{{ end }}",
    "{{ range 2000 }}{{ printf \"%900d\" 1 }}{{ end }}",
    "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
    "{{ printf \"%99999d\" 1 }}",
    "{{ range 999999999999 }}{{ end }}",
    String(repeating: "{{ if true }}", count: 100) + String(repeating: "{{ end }}", count: 100),
    "{{ " + String(repeating: "(", count: 100) + "1" + String(repeating: ")", count: 100) + " }}",
    String(repeating: "x", count: TextTemplate.textBytesMax + 1),
    "{{ reReplaceAll \"\" (printf \"%900s\" \"x\") (printf \"%900s\" \"y\") }}",
  ])
  func `what would grow without end stops at a limit`(text: String) {
    #expect(templateFault(text) != nil)
  }

  @Test func `and and or stop at the argument that decides`() throws {
    #expect(try expand("{{ or 1 (index \"\" 5) }}{{ and 0 (index \"\" 5) }}") == "10")
  }

  @Test func `truncated templates are parsed or refused and never trap`() throws {
    let text = """
      {{- $x := 1 -}}{{ if and (eq $labels.job "w") (gt $value 1.5) }}{{ range $i, $e := query "up" }}
      {{ .Labels.a | printf "%5.2f" }}{{ else }}{{ template "t" . }}{{ end }}{{ end }}{{/* c */}}
      {{ define "t" }}{{ with 'a' }}{{ . }}{{ end }}{{ end }}
      """
    let bytes = Array(text.utf8)
    for count in 0...bytes.count {
      _ = templateFault(String(decoding: bytes[..<count], as: UTF8.self))
      _ = templateFault(String(decoding: bytes[count...], as: UTF8.self))
    }
    #expect(try TextTemplate(parsing: text, variables: AlertingRule.templateVariables).text == text)
  }

  @Test func `random templates are parsed or refused and never trap`() {
    let seed: UInt64 = 20_261
    var random = SeededRandom(seed: seed)
    let words = [
      "{{", "}}", "{{-", "-}}", " ", "if", "else", "end", "range", "with", "define", "template",
      "block", "break", "$x", "$labels", "$value", ".Labels.a", ".", "$", ":=", "=", ",", "|", "(",
      ")", "\"d\"", "`r`", "'c'", "1", "1.5", "-", "nil", "true", "printf", "\"%*d\"", "eq", "and",
      "len", "index", "slice", "humanize", "html", "tmpl", "args", "match", "\"(\"", "é", "/*",
      "*/",
      "\n", "reReplaceAll", "toTime", ".Format",
    ]
    var expanded = 0
    for _ in 0..<6_000 {
      let count = Int.random(in: 1...14, using: &random)
      var text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }
        .joined(separator: Bool.random(using: &random) ? " " : "")
      if Bool.random(using: &random) { text = "{{ \(text) }}" }
      if templateFault(text) == nil { expanded += 1 }
    }
    #expect(expanded > 100, "seed \(seed)")
  }
}
