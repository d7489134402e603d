// SPDX-License-Identifier: MIT
import Testing

@Suite struct ArrowRulesTests {
  private func table(_ rows: String...) -> Arrows {
    let text = (["# A", "## Arrows", "| module | may import |", "| --- | --- |"] + rows)
      .joined(separator: "\n")
    return Arrows(architecture: SourceFile(path: "ARCHITECTURE.md", text: text))
  }

  private var good: Arrows {
    table("| `CNet` | nothing |", "| `Model` | nothing |", "| `Net` | `CNet`, `Model` |")
  }

  @Test func `the table is read from its section only`() {
    let text = "| `Z` | `Y` |\n## Arrows\nText.\n\n| `A` | |\n| `B` | `A` |\n## Next\n| `C` | `B` |"
    let read = Arrows(architecture: SourceFile(path: "ARCHITECTURE.md", text: text))
    let rows = [
      Arrows.Row(module: "A", mayImport: [], line: 5),
      Arrows.Row(module: "B", mayImport: ["A"], line: 6),
    ]
    #expect(read.rows == rows)
  }

  @Test func `a row may name several modules`() {
    let read = table("| `CNet`, `CSQL` | nothing |", "| `Net` | `CNet` |")
    #expect(read.modules == ["CNet", "CSQL", "Net"])
    #expect(read.rows.map(\.line) == [5, 5, 6])
    #expect(read["CSQL"] == [])
  }

  @Test func `an arrow that turns is refused`() {
    #expect(ArrowRules.direction(good, path: "A").isEmpty)
    let turned = table("| `Model` | `Net` |", "| `Net` | `Model` |", "| `Own` | `Own`, `None` |")
    #expect(lines(ArrowRules.direction(turned, path: "A")) == [5, 7, 7])
  }

  @Test func `a C library without or with two wrappers is refused`() {
    #expect(ArrowRules.wrappers(good, path: "A").isEmpty)
    let two = table("| `CNet` | |", "| `CSQL` | |", "| `Net` | `CNet` |", "| `Web` | `CNet` |")
    #expect(
      ArrowRules.wrappers(two, path: "A").map(\.message) == [
        "'CNet' is wrapped by one module, not by Net, Web",
        "'CSQL' is wrapped by one module, not by none",
      ]
    )
  }

  private let manifest = """
    let systemLibraries: [Target] = [
      system("CNet", pkgConfig: "net"), .target(name: "CRE2", linkerSettings: [.linked("re2")]),
    ]
    let modules: [Target] = [
      .target(name: "Model", swiftSettings: settings, linkerSettings: [.linkedLibrary("m")]),
      // library("Gone", ["Model"]),
      library("Net", ["CNet", "Model"]),
      .executableTarget(
        name: "tool",
        dependencies: [
          "Net"
        ],
        swiftSettings: settings
      ),
    ]
    let testTargets: [Target] = [tests("NetTests", ["Net"])]
    """

  @Test func `targets and dependencies are read from the manifest`() {
    let read = Arrows(manifest: snippet(manifest, path: "Package.swift"))
    #expect(read.modules == ["CNet", "CRE2", "Model", "Net", "tool"])
    #expect(read.rows.map(\.mayImport) == [[], [], [], ["CNet", "Model"], ["Net"]])
  }

  @Test func `manifest and table must agree`() {
    let read = Arrows(manifest: snippet(manifest, path: "Package.swift"))
    let rows = ["| `CNet` | |", "| `CRE2` | |", "| `Model` | |"]
    func found(_ more: String...) -> [Int] {
      let text = (["## Arrows"] + rows + more).joined(separator: "\n")
      let table = Arrows(architecture: SourceFile(path: "ARCHITECTURE.md", text: text))
      return lines(ArrowRules.manifest(read, equals: table, path: "Package.swift"))
    }
    #expect(found("| `Net` | `Model`, `CNet` |", "| `tool` | `Net` |").isEmpty)
    #expect(found("| `Net` | `CNet` |", "| `tool` | `Net`, `Model` |") == [7, 9])
    #expect(found("| `Net` | `Model`, `CNet` |") == [9])
    #expect(found("| `Net` | `Model`, `CNet` |", "| `tool` | `Net` |", "| `New` | |") == [1])
  }

  @Test(arguments: [
    "import Net", "package import Net", "@testable import Net", "import struct Net.Request",
    "@preconcurrency import Net", "import CNet",
  ])
  func `an import the table does not allow is refused`(_ code: String) {
    let text = "\n\(code)\n"
    #expect(lines(ArrowRules.imports(snippet(text, path: "Sources/Model/A.swift"), good)) == [2])
    #expect(lines(ArrowRules.imports(snippet(text, path: "Sources/New/A.swift"), good)) == [2])
  }

  @Test func `allowed and outside imports are fine`() {
    let text = "import CNet\npackage import Model\nimport Synchronization\nimport Glibc"
    #expect(ArrowRules.imports(snippet(text, path: "Sources/Net/A.swift"), good).isEmpty)
    let comment = snippet("// import Net", path: "Sources/Model/A.swift")
    #expect(ArrowRules.imports(comment, good).isEmpty)
  }

  @Test func `the whole of Foundation is refused`() {
    let text = "import FoundationEssentials\nimport Foundation\nimport FoundationNetworking"
    #expect(lines(ArrowRules.imports(snippet(text, path: "Sources/Net/A.swift"), good)) == [2, 3])
    let part = "import struct Foundation.Data"
    #expect(lines(ArrowRules.imports(snippet(part, path: "Sources/Net/A.swift"), good)) == [1])
  }
}
