// SPDX-License-Identifier: MIT
import TestSupport
import Testing

@Suite struct TruncationTests {
  @Test func `a file that breaks off anywhere is read to its end by every rule`() throws {
    let tree = try SourceTree.current.get()
    let table = Arrows(architecture: tree.architecture)
    let seed: UInt64 = 7
    var random = SeededRandom(seed: seed)
    for file in [tree.manifest]
      + tree.files.filter({ $0.isSwift }).shuffled(using: &random).prefix(60)
    {
      let whole = file.lines.joined(separator: "\n")
      let text = String(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
      let part = SourceFile(path: file.path, text: text)
      let last = max(1, part.lines.count)
      var found = LengthRules.functionLength(part) + NameRules.typeNames(part)
      found += CodeRules.traps(part) + CodeRules.clockReads(part) + CodeRules.reasons(part)
      found += EdgeRules.documentation(part, Witnesses(protocolsIn: [part]))
      found += EdgeRules.cTypes(part) + ArrowRules.imports(part, table)
      found += ArrowRules.manifest(Arrows(manifest: part), equals: table, path: part.path)
      #expect(found.allSatisfy { (1...last).contains($0.line) }, "seed \(seed), \(file.path)")
    }
  }
}
