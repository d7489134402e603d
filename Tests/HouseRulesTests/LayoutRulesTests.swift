// SPDX-License-Identifier: MIT
import Testing

@Suite struct LayoutRulesTests {
  @Test func `a file begins with its licence`() {
    #expect(LayoutRules.license(snippet("// SPDX-License-Identifier: MIT\n")).isEmpty)
    #expect(lines(LayoutRules.license(snippet("\n// SPDX-License-Identifier: MIT"))) == [1])
    #expect(lines(LayoutRules.license(snippet("", path: "Sources/CNet/shim.h"))) == [1])
  }

  private func overview(_ text: String) -> [Violation] {
    let file = snippet(text, path: "Sources/Net/Overview.swift")
    return LayoutRules.overviews([file], modules: ["Net"])
  }

  @Test func `an overview holds fewer than 40 lines of comments`() {
    #expect(overview(String(repeating: "// a\n", count: 39)).isEmpty)
    #expect(lines(overview(String(repeating: "// a\n", count: 40))) == [40])
    #expect(lines(overview("// a\n\nimport B\n")) == [3])
  }

  @Test func `a module has an overview`() {
    let found = LayoutRules.overviews([snippet("")], modules: ["Rules"])
    #expect(
      found.map(\.description)
        == ["Sources/Rules/Overview.swift:1: the module has no Overview.swift"]
    )
  }

  @Test func `a folder holds at most 15 files, its subfolders apart`() {
    var files = (1...15).map { snippet("", path: "Sources/Net/A\($0).swift") }
    files += (1...15).map { snippet("", path: "Sources/Net/Inner/A\($0).swift") }
    #expect(LayoutRules.folderSizes(files).isEmpty)
    files.append(snippet("", path: "Sources/Net/Inner/B.swift"))
    #expect(LayoutRules.folderSizes(files).map(\.path) == ["Sources/Net/Inner"])
  }
}
