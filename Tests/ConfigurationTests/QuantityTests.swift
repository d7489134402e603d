// SPDX-License-Identifier: MIT
import Configuration
import TestSupport
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    ("0", Duration.zero), ("500ms", .milliseconds(500)), ("15s", .seconds(15)),
    ("5m", .seconds(300)), ("2h", .seconds(7_200)), ("90d", .seconds(7_776_000)),
    ("1w", .seconds(604_800)), ("1y", .seconds(31_536_000)),
    ("1h30m", .seconds(5_400)), ("1d2h3m4s5ms", .milliseconds(93_784_005)), ("0s", .zero),
  ])
  func `a span is read`(text: String, span: Duration) {
    #expect(QuantityText.span(text) == span)
  }

  @Test(arguments: [
    "", "s", "5", "5 s", "-5s", "+5s", "1.5s", "1m1h", "1s1s", "5S", "5sec", "1h30", "٥s",
    "9223372036854775807s", "99999999999999999999ms", "300000000000y", "5s\n", "0x5s",
  ])
  func `what is not a span is refused`(text: String) {
    #expect(QuantityText.span(text) == nil)
  }

  @Test(arguments: [
    (Duration.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1_500), "1s500ms"),
    (.seconds(90), "1m30s"), (.seconds(3_600), "1h"), (.seconds(400 * 86_400), "400d"),
  ])
  func `a span is written in its shortest form`(span: Duration, text: String) {
    #expect(QuantityText.text(of: span) == text)
  }

  @Test func `a span that was written reads back the same`() {
    var random = SeededRandom(seed: 41)
    for _ in 0..<1_000 {
      let span = Duration.milliseconds(Int64.random(in: 1...(1 << 45), using: &random))
      #expect(QuantityText.span(QuantityText.text(of: span)) == span)
    }
  }

  @Test func `a size is read and written`() {
    for (text, bytes) in [
      ("4096B", 4_096), ("1KiB", 1_024), ("64MiB", 64 << 20), ("2GiB", 2 << 30), ("3TiB", 3 << 40),
      ("0B", Int64(0)),
    ] {
      #expect(QuantityText.bytes(text) == bytes)
    }
    for text in ["", "B", "5", "5MB", "5 MiB", "-5B", "+5B", "1.5GiB", "9999999999TiB", "5mib"] {
      #expect(QuantityText.bytes(text) == nil, "\(text)")
    }
    #expect(QuantityText.text(ofBytes: 4_096) == "4KiB")
    #expect(QuantityText.text(ofBytes: 4_097) == "4097B")
    #expect(QuantityText.text(ofBytes: 1 << 50) == "1024TiB")
    #expect(QuantityText.text(ofBytes: 0) == "0B")
  }

  @Test(arguments: [
    ("intervall", "interval"), ("inteval", "interval"), ("itnerval", "interval"),
    ("timeot", "timeout"), ("confirmfailures", "confirm_failures"), ("Interval", "interval"),
  ])
  func `the nearest name is the one that was meant`(name: String, meant: String) {
    let known = ["confirm_failures", "confirm_interval", "interval", "timeout"]
    #expect(nearestName(to: name, among: known) == meant)
  }

  @Test func `a name that is close to none has no nearest`() {
    let known = ["interval", "timeout"]
    for name in ["", "colour", "x", String(repeating: "interval", count: 1_000)] {
      #expect(nearestName(to: name, among: known) == nil, "\(name.prefix(20))")
    }
    #expect(nearestName(to: "a", among: []) == nil)
    #expect(nearestName(to: "ab", among: ["ad", "ac"]) == "ac")
  }

  @Test(arguments: [
    "http://h", "https://h/", "http://192.0.2.1:80/x?y=z", "http://[::1]:3000/",
    "http://{address}:80/nginx_status",
  ])
  func `an HTTP URL has a scheme and a host`(text: String) {
    #expect(HTTPURLText.isValid(text))
  }

  @Test(arguments: [
    "", "h", "ftp://h", "http:/h", "http://", "http:///x", "http://:80/", "http://?x", "http:// h",
    "http://h/a b", "http://h/\u{7f}", "HTTP//h", "http://#", "http://@h/",
  ])
  func `anything else is not an HTTP URL`(text: String) {
    #expect(!HTTPURLText.isValid(text))
  }
}
