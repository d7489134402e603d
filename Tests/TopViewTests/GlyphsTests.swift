// SPDX-License-Identifier: MIT
import Testing

@testable import TopView

@Suite struct GlyphsTests {
  @Test func `bars show the newest at the right and gaps as gaps`() {
    let glyphs = Glyphs(isASCII: false)
    #expect(glyphs.bars([0, 0.5, nil, 1], width: 4, top: 1) == "▁▅ █")
    #expect(glyphs.bars([1], width: 3, top: 1) == "  █")
    #expect(glyphs.bars([], width: 2, top: nil) == "  ")
    #expect(glyphs.bars([5, 10], width: 2, top: nil) == "▅█")
  }
}
