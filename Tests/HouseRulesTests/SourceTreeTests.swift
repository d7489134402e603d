// SPDX-License-Identifier: MIT
import Testing

/// Runs every rule on the tree as it is.
@Suite struct SourceTreeTests {
  let tree: SourceTree
  let table: Arrows

  init() throws {
    tree = try SourceTree.current.get()
    table = Arrows(architecture: tree.architecture)
  }

  private func expectNone(_ violations: [Violation]) {
    for violation in violations { Issue.record("\(violation.description)") }
  }

  private var sources: [SourceFile] { tree.files.filter(\.isInSources) }

  @Test func `the tree is found whole`() {
    #expect(tree.files.contains { $0.path == "Sources/MetricModel/Label.swift" })
    #expect(tree.files.contains { $0.path == "Tests/HouseRulesTests/SourceTreeTests.swift" })
    #expect(tree.folders.contains("Sources/MetricModel"))
    #expect(table.rows.count > 20)
    #expect(sources.flatMap(\.exportedDeclarations).count > 50)
    #expect(sources.flatMap(\.functionBodies).count > 30)
  }

  @Test func `arrows point inwards`() {
    expectNone(ArrowRules.direction(table, path: tree.architecture.path))
  }

  @Test func `one module wraps each C library`() {
    expectNone(ArrowRules.wrappers(table, path: tree.architecture.path))
  }

  @Test func `the manifest declares the arrows of the table`() {
    let manifest = Arrows(manifest: tree.manifest)
    #expect(manifest.rows.count > 20)
    expectNone(ArrowRules.manifest(manifest, equals: table, path: tree.manifest.path))
  }

  @Test func `modules import only what the table allows`() {
    expectNone(sources.flatMap { ArrowRules.imports($0, table) })
  }

  @Test func `files are short`() {
    expectNone(tree.files.flatMap(LengthRules.fileLength))
  }

  @Test func `functions are short`() {
    expectNone(tree.files.flatMap(LengthRules.functionLength))
  }

  @Test func `names say the idea`() {
    expectNone(NameRules.folderNames(tree.folders))
    expectNone(tree.files.flatMap(NameRules.fileNames))
    expectNone(tree.files.flatMap(NameRules.typeNames))
  }

  @Test func `sources neither trap nor go public`() {
    expectNone(sources.flatMap(CodeRules.traps))
    expectNone(sources.flatMap(CodeRules.publicAccess))
  }

  @Test func `only the edge reads a clock`() {
    expectNone(sources.flatMap(CodeRules.clockReads))
  }

  @Test func `what the compiler cannot check has a reason`() {
    expectNone(sources.flatMap(CodeRules.reasons))
  }

  @Test func `what other modules see is documented`() {
    let witnesses = Witnesses(protocolsIn: sources)
    expectNone(sources.flatMap { EdgeRules.documentation($0, witnesses) })
  }

  @Test func `no C type passes a module's edge`() {
    expectNone(sources.flatMap(EdgeRules.cTypes))
  }

  @Test func `files carry the licence and modules an overview`() {
    expectNone(tree.files.flatMap(LayoutRules.license))
    let modules = Arrows(manifest: tree.manifest).modules.filter { module in
      sources.contains { $0.module == module && $0.isSwift }
    }
    #expect(modules.count > 15)
    expectNone(LayoutRules.overviews(sources, modules: modules))
  }

  @Test func `folders hold few files`() {
    expectNone(LayoutRules.folderSizes(sources))
  }
}
