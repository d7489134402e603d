// SPDX-License-Identifier: MIT
import Testing

@Suite struct LengthRulesTests {
  private func text(lineCount: Int) -> String {
    String(repeating: "let a = 1\n", count: lineCount)
  }

  private func body(_ head: String, lineCount: Int) -> SourceFile {
    snippet("struct A {\n  \(head) {\n\(text(lineCount: lineCount))  }\n}\n")
  }

  @Test func `a source file has at most 400 lines and a test file 600`() {
    #expect(LengthRules.fileLength(snippet(text(lineCount: 400))).isEmpty)
    let found = LengthRules.fileLength(snippet(text(lineCount: 401)))
    #expect(
      found.map(\.description)
        == ["Sources/Rules/Snippet.swift:401: the file has 401 lines, at most 400 allowed"]
    )
    let path = "Tests/RulesTests/Snippet.swift"
    #expect(LengthRules.fileLength(snippet(text(lineCount: 600), path: path)).isEmpty)
    #expect(lines(LengthRules.fileLength(snippet(text(lineCount: 601), path: path))) == [601])
  }

  @Test(arguments: [
    "func a(_ b: () -> Void = {}) throws(E) -> [Int]", "init?(a: Int)", "deinit", "var a: Int",
    "subscript(a: Int) -> Int", "func a<T>(\n    b: T\n  ) async\n    -> T\n  where T: B",
    "static func < (a: A, b: A) -> Bool",
  ])
  func `a body has fewer than 60 lines`(_ head: String) {
    #expect(LengthRules.functionLength(body(head, lineCount: 59)).isEmpty)
    #expect(lines(LengthRules.functionLength(body(head, lineCount: 60))) == [2])
  }

  @Test(arguments: ["get", "set", "set(new)", "willSet", "didSet", "get async throws(E)"])
  func `each accessor counts by itself`(_ accessor: String) {
    let long = "var a: Int {\n    \(accessor) {\n\(text(lineCount: 60))    }\n  }"
    #expect(LengthRules.functionLength(snippet(long)).map(\.line) == [2])
    let two = "\(accessor) {\n\(text(lineCount: 40))  }\n"
    #expect(LengthRules.functionLength(snippet("var a: Int {\n\(two)\(two)}")).isEmpty)
  }

  @Test func `what is no body is not counted`() {
    let long = text(lineCount: 70)
    let others = [
      "protocol A {\n  func a() -> Int\n  var b: Int { get }\n}\nstruct B {\n\(long)}",
      "let a = b.map {\n\(long)}", "var a = {\n\(long)}()", "if var a = b {\n\(long)}",
      "self.init(a)\ndo {\n\(long)}", "let a = \"\"\"\n  func a() {\n\(long)  }\n  \"\"\"",
      "// func a() {\n\(long)// }",
    ]
    for other in others { #expect(LengthRules.functionLength(snippet(other)).isEmpty) }
  }
}
