// SPDX-License-Identifier: MIT
import Testing

@Suite struct EdgeRulesTests {
  private func undocumented(_ text: String) -> [Int] {
    let file = snippet(text)
    return lines(EdgeRules.documentation(file, Witnesses(protocolsIn: [file])))
  }

  @Test(arguments: [
    "package func a() {}", "package var a: Int { 1 }", "package let a = 1", "package init() {}",
    "package static let a = 1", "package struct A {}", "package enum A {}", "package actor A {}",
    "package final class A {}", "package protocol A {}", "package typealias A = Int",
    "package subscript(a: Int) -> Int { a }", "package private(set) var a = 1",
    "package nonisolated(unsafe) static var a = 1", "static package func a() {}",
    "@discardableResult package mutating func a() -> Int { 1 }", "indirect package enum A {}",
    "package class func a() {}",
  ])
  func `what other modules see is documented`(_ code: String) {
    #expect(undocumented("let z = 1\n\(code)") == [2])
    #expect(undocumented("// Not documentation.\n\(code)") == [2])
    #expect(undocumented("/// Far.\n\n\(code)") == [3])
    #expect(undocumented("/// Good.\n\(code)").isEmpty)
    #expect(undocumented("/// Good.\n@A(b: 1)\n@C\n\(code)").isEmpty)
  }

  @Test func `a requirement of a protocol is documented`() {
    let text = """
      /// A.
      package protocol A {
        /// Its kind.
        associatedtype B
        var a: Int { get }
        func b(
          c: Int
        ) throws -> Int
        static func d()
      }
      """
    #expect(undocumented(text) == [5, 6, 9])
  }

  @Test(arguments: [
    "package import Net", "package static func < (a: A, b: A) -> Bool { true }",
    "package static func == (a: A, b: A) -> Bool { true }", "package var description: String { a }",
    "package func hash(into hasher: inout Hasher) {}", "package func makeIterator() -> A { a }",
    "package mutating func next() -> Int? { nil }", "package var errorDescription: String? { nil }",
    "package init(dictionaryLiteral elements: (A, B)...) {}",
    "package var customMirror: Mirror { a }",
    "package func encode(to encoder: any Encoder) throws {}",
    "func a() {}", "private let package = 1", "let package = Package(name: a)",
  ])
  func `what explains itself or stays inside may go without`(_ code: String) {
    #expect(undocumented("\n\(code)").isEmpty)
  }

  @Test func `a name alone makes no witness`() {
    let text = "package func next(now: Int) {}\npackage func description() {}\npackage func hash"
    #expect(undocumented(text) == [1, 2, 3])
  }

  @Test func `a member that a protocol of the tree requires may go without`() {
    let protocols = """
      /// A.
      package protocol A: Sendable {
        /// Does b.
        func b(_ c: Int)
      }
      /// D.
      package protocol D: A {
        /// E.
        var e: Int { get }
      }

      """
    let members =
      "\n  private func z() { y() }\n  package func b(_ c: Int) {}\n  package let e = 1\n}"
    #expect(undocumented("\(protocols)struct F: D {\(members)").isEmpty)
    #expect(undocumented("\(protocols)extension F: A {\(members)") == [14])
    #expect(undocumented("\(protocols)struct F {\(members)") == [13, 14])
  }

  @Test(arguments: [
    "package let a: OpaquePointer", "package func a(_ b: UnsafePointer<Int>) {}",
    "package func a() -> UnsafeMutableRawPointer? { nil }", "package var a: CInt { 1 }",
    "package init(a: UnsafeRawBufferPointer) {}", "package typealias A = OpaquePointer",
    "package struct A: B<CChar> {}", "package let a = UnsafeMutablePointer<Int>.allocate(1)",
  ])
  func `no C type passes a module's edge`(_ code: String) {
    #expect(lines(EdgeRules.cTypes(snippet("\n\(code)\n"))) == [2])
  }

  @Test func `a C type is found on any line of a signature`() {
    let text =
      "package func a(\n  b: Int,\n  c: CInt\n) throws\n  -> OpaquePointer\n{}\nlet d: CInt"
    #expect(lines(EdgeRules.cTypes(snippet(text))) == [3, 5])
    let required = "package protocol A {\n  func a() -> CInt\n  var b: CChar { get }\n}"
    #expect(lines(EdgeRules.cTypes(snippet(required))) == [2, 3])
  }

  @Test(arguments: [
    "private let a: OpaquePointer", "package func a() { let b: CInt = 1 }",
    "package let a: Set<Int>\nprivate let b: OpaquePointer", "package var a: Int\nlet b: CInt",
    "/// CInt\npackage let a = \"OpaquePointer\"", "package let a: CIntention",
  ])
  func `a C type inside a module is fine`(_ code: String) {
    #expect(EdgeRules.cTypes(snippet(code)).isEmpty)
  }
}
