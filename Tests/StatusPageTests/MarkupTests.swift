// SPDX-License-Identifier: MIT
import Testing

@testable import StatusPage

@Suite struct MarkupTests {
  @Test func `what means something in HTML is escaped in texts and attributes`() {
    var markup = Markup()
    markup.element("p", ("title", "\" onload='x'")) { $0.text("<script>&\"'</script>") }
    #expect(
      markup.html
        == "<p title=\"&quot; onload=&#39;x&#39;\">&lt;script&gt;&amp;&quot;&#39;&lt;/script&gt;</p>"
    )
  }

  @Test func `control characters and marks of direction do not come through`() {
    #expect(Markup.escaped("a\u{0}b\u{1b}[2Jc") == "a\u{fffd}b\u{fffd}[2Jc")
    #expect(Markup.escaped("\u{202e}gnp.exe\u{2069}") == "gnp.exe")
    #expect(Markup.escaped("two\nlines") == "two lines")
    #expect(Markup.escaped("שלום 漢字 👩‍👩‍👧 é") == "שלום 漢字 👩‍👩‍👧 é")
  }

  @Test func `a text from outside is isolated`() {
    var markup = Markup()
    markup.outside("שלום")
    #expect(markup.html == "<bdi>שלום</bdi>")
  }

  @Test func `a trend is a line with its gaps`() {
    var markup = Markup()
    markup.trend([nil, 0.5, 1, nil, 0], top: 1, name: "cpu")
    #expect(markup.html.contains("<polyline points=\"20,10 40,1\""))
    #expect(markup.html.contains("<polyline points=\"80,19\""))
    var nothing = Markup()
    nothing.trend([1, nil], top: nil, name: "cpu")
    nothing.trend([0, 0], top: nil, name: "cpu")
    #expect(nothing.html.isEmpty)
  }
}
