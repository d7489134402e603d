// SPDX-License-Identifier: MIT
import Testing

@Suite struct NameRulesTests {
  @Test func `a folder is not a drawer`() {
    let found = NameRules.folderNames([
      "Sources/Net/utils", "Sources/Net/Common", "Sources/Net/DateHelpers", "Sources/Net/Database",
    ])
    #expect(
      found.map(\.path) == ["Sources/Net/utils", "Sources/Net/Common", "Sources/Net/DateHelpers"]
    )
  }

  @Test(arguments: ["StringUtils", "String+Helpers", "PollManager", "Misc", "CollectorBase"])
  func `a file is not a drawer`(_ name: String) {
    #expect(lines(NameRules.fileNames(snippet("", path: "Sources/Net/\(name).swift"))) == [1])
  }

  @Test(arguments: ["Database", "Label+Sorting", "ManagedNode", "BaseUnit", "Uncommon"])
  func `a word that only resembles one is fine`(_ name: String) {
    #expect(NameRules.fileNames(snippet("", path: "Sources/Net/\(name).swift")).isEmpty)
    #expect(NameRules.typeNames(snippet("struct \(name.prefix { $0 != "+" }) {}")).isEmpty)
  }

  @Test(arguments: ["struct", "enum", "final class", "actor", "protocol", "indirect enum"])
  func `a type is not a drawer`(_ keyword: String) {
    #expect(lines(NameRules.typeNames(snippet("\n\(keyword) PollManager {}"))) == [2])
    #expect(lines(NameRules.typeNames(snippet("struct A {\n  \(keyword) Common {}\n}"))) == [2])
  }

  @Test func `no type carries the name of its module`() {
    #expect(lines(NameRules.typeNames(snippet("enum Rules {}"))) == [1])
    #expect(lines(NameRules.typeNames(snippet("typealias Rules = Int"))) == [1])
    #expect(NameRules.typeNames(snippet("enum Rules {}", path: "Sources/Net/A.swift")).isEmpty)
    #expect(NameRules.typeNames(snippet("class func Rules() {}\nx.enum Rules")).isEmpty)
  }
}
