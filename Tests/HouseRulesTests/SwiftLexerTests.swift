// SPDX-License-Identifier: MIT
import Testing

@Suite struct SwiftLexerTests {
  private func words(_ text: String) -> [String] {
    SwiftLexer(text).tokens.filter { $0.kind == .word }.map(\.text)
  }

  private func symbols(_ text: String) -> String {
    SwiftLexer(text).tokens.filter { $0.kind == .symbol }.map(\.text).joined()
  }

  @Test func `words and braces in strings are no code`() {
    #expect(words(#"let a = "try! { \" as!" + b"#) == ["let", "a", "b"])
    #expect(symbols(#"f("{", "}}")"#) == "(,)")
  }

  @Test func `words and braces in comments are no code`() {
    #expect(words("a // b {\nc /* d { /* e */ f } */ g") == ["a", "c", "g"])
  }

  @Test func `code in an interpolation is code`() {
    #expect(words(#"print("x \(name + "y \(inner)") z")"#) == ["print", "name", "inner"])
  }

  @Test func `a multi-line string keeps its quotes and braces to itself`() {
    let text = "let a = \"\"\"\n  { \"quoted\" \\\"\"\" }\n  \\(b)\n  \"\"\"\nlet c"
    #expect(words(text) == ["let", "a", "b", "let", "c"])
    #expect(SwiftLexer(text).tokens.last?.line == 5)
  }

  @Test func `a raw string ends at its own number of hashes`() {
    #expect(words(##"f(#"a " \(b) \#(c)"# + d)"##) == ["f", "c", "d"])
  }

  @Test func `an empty string is no multi-line string`() {
    #expect(words(#"f("") { g }"#) == ["f", "g"])
  }

  @Test func `lines of comments and of documentation are told apart`() {
    let lexer = SwiftLexer("/// a\n// b\nc  // d\n/** e\nf */\ng")
    #expect(lexer.commentLines == [1, 2, 3, 4, 5])
    #expect(lexer.documentationLines == [1, 4, 5])
  }

  @Test(arguments: ["\"", "\"\"\"", "#\"", "/*", "`", "\"\\(", "\"\\", "#", "\\", "{"])
  func `text that breaks off is read to its end`(_ text: String) {
    #expect(SwiftLexer("a " + text).tokens.first?.text == "a")
    #expect(snippet("func a() \(text)").functionBodies.count <= 1)
  }
}
