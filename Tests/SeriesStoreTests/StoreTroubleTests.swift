// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import SQLite
import SeriesStore
import TestSupport
import Testing

/// What can be wrong with the file or the disk.
@Suite struct StoreTroubleTests {
  private var fixture: StoreFixture
  private let up = LabelSet(metric: "up")

  init() throws { fixture = try StoreFixture() }

  private func openingError(_ path: String) -> StoreOpenError? {
    do {
      _ = try SampleStore.open(path: path, settings: fixture.settings, time: fixture.time)
      return nil
    } catch {
      return error
    }
  }

  // Opening.

  @Test func `a file that is no database is refused and left as it is`() throws {
    let text = String(repeating: "these are my notes\n", count: 500)
    let path = try fixture.folder.write("notes.txt", text)
    let error = openingError(path)
    #expect(error == .notADatabase(path: path))
    #expect(error?.description.contains(path) == true)
    #expect(error?.description.contains("move this one away") == true)
    #expect(contents(path) == Array(text.utf8))
  }

  @Test func `another program's database is refused`() throws {
    let path = fixture.folder.file("browser.db")
    try Connection(path: path).execute("CREATE TABLE cookies(x)")
    #expect(openingError(path) == .foreignDatabase(path: path))
  }

  @Test func `a later version's file is refused with both versions`() async throws {
    try await fixture.open().close()
    try Connection(path: fixture.path).setUserVersion(9)
    let error = openingError(fixture.path)
    #expect(error == .newerSchema(path: fixture.path, found: 9, known: 2))
    #expect(error?.description.contains("schema 9, this one knows 2") == true)
  }

  @Test func `a file of a development version is refused with what to do`() async throws {
    try await fixture.open().close()
    try Connection(path: fixture.path).setUserVersion(1)
    let error = openingError(fixture.path)
    #expect(error == .olderSchema(path: fixture.path, found: 1, known: 2))
    #expect(error?.description.contains("move it away to start anew") == true)
  }

  @Test func `a store that is open is not opened twice, and can be after closing`() async throws {
    let store = try fixture.open()
    #expect(openingError(fixture.path) == .alreadyOpen(path: fixture.path))
    try await store.close()
    #expect(openingError(fixture.path) == nil)
  }

  @Test func `a folder that is missing or a file is told with the path`() throws {
    let file = try fixture.folder.write("file", "x")
    for path in [fixture.folder.file("missing/samples.db"), file + "/samples.db"] {
      guard case .cannotOpen(path: path, _) = openingError(path) else {
        Issue.record("opened \(path)")
        continue
      }
    }
  }

  @Test func `damaged tables and head rows are refused as damage`() async throws {
    let store = try fixture.open()
    try store.put(up, 0, 1)
    try await store.close()
    let database = try Connection(path: fixture.path)
    try database.execute("UPDATE head SET data = zeroblob(20)")
    guard case .corrupt(fixture.path, let reason) = openingError(fixture.path) else {
      Issue.record("a damaged head row was taken")
      return
    }
    #expect(reason.contains("log row 1"))
    try database.execute("DELETE FROM head; UPDATE series SET labels = x'7f'")
    guard case .corrupt = openingError(fixture.path) else {
      Issue.record("a damaged label set was taken")
      return
    }
  }

  @Test func `random damage to the file never traps, and is refused or told when read`()
    async throws
  {
    let store = try fixture.open()
    for tick in 0..<400 {
      try store.put(up, Double(tick * 15), Double(tick).squareRoot())
      if tick.isMultiple(of: 10) { try await store.flush() }
    }
    try await store.close()
    let good = contents(fixture.path)
    var refused = 0
    for seed in UInt64(1)...60 {
      var random = SeededRandom(seed: seed)
      var bytes = good
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255,
          using: &random
        )
      }
      if seed.isMultiple(of: 5) {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      }
      let path = fixture.folder.file("damaged-\(seed).db")
      write(bytes, to: path)
      do {
        let damaged = try SampleStore.open(
          path: path,
          settings: fixture.settings,
          time: fixture.time
        )
        for value in try damaged.values("up") where value.isNaN { Issue.record("seed \(seed)") }
        try damaged.put(up, 10_000, 1)
        try await damaged.close()
      } catch {
        refused += 1
      }
      unlink(path)
    }
    #expect(refused > 20)
  }

  @Test func `a damaged file is set aside under a name that is told, and a new one begun`()
    async throws
  {
    let store = try fixture.open()
    try store.put(up, 0, 1)
    try await store.close()
    try Connection(path: fixture.path).execute("UPDATE head SET data = zeroblob(20)")
    func open() throws(StoreOpenError) -> SampleStore.Opened {
      try SampleStore.openSettingAside(
        path: fixture.path,
        settings: fixture.settings,
        time: fixture.time
      )
    }
    let opened = try open()
    let aside = try #require(opened.setAside)
    #expect(aside.path == fixture.path + ".damaged-1700000000")
    #expect(aside.reason.contains("log row 1"))
    #expect(try Connection(path: aside.path).integer("SELECT length(data) FROM head") == 20)
    #expect(try opened.store.values("up").isEmpty)
    try opened.store.put(up, 15, 2)
    try await opened.store.close()
    let again = try open()
    #expect(again.setAside == nil)
    #expect(try again.store.values("up") == [2])
    try await again.store.close()
    // A second one in the same second gets another name; what is no database is left alone.
    try Connection(path: fixture.path).execute("UPDATE head SET data = zeroblob(20)")
    #expect(try open().setAside?.path == fixture.path + ".damaged-1700000000-2")
    let notes = try fixture.folder.write("notes.txt", String(repeating: "my notes\n", count: 900))
    #expect(throws: StoreOpenError.notADatabase(path: notes)) {
      try SampleStore.openSettingAside(path: notes, time: fixture.time)
    }
  }

  @Test func `the look for damage at the start ends in time, and finds what it gets to`()
    async throws
  {
    let store = try fixture.open()
    for tick in 0..<2_000 { try store.put(up, Double(tick * 15), Double(tick).squareRoot()) }
    try await store.close()
    let database = try Connection(path: fixture.path)
    #expect(try database.quickCheck { false })
    #expect(try database.quickCheck { true } == false)
  }

  // Reading.

  @Test func `a damaged chunk costs its samples and is named, once for all who read it`()
    async throws
  {
    var settings = fixture.settings
    settings.lateWindow = .seconds(60)
    var fixture = fixture
    fixture.settings = settings
    let store = try fixture.open()
    for tick in 0..<100 { try store.put(up, Double(tick * 15), Double(tick)) }
    try await store.flush()
    let database = try Connection(path: fixture.path)
    try database.execute(
      "UPDATE blocks SET data = substr(data, 1, 10) || x'ff' || substr(data, 12) "
        + "WHERE id = (SELECT max(id) FROM blocks WHERE id < (SELECT max(id) FROM blocks))"
    )
    let left = try store.values("up")
    #expect(left.count >= 75 && left.count < 100)
    #expect(left.first == 0 && left.last == 99)
    #expect(try store.values("up") == left)
    #expect(store.damagedBlocks.count == 1)
    #expect(store.damagedBlocks[0].contains("the checksum does not match"))
    let start = StoreFixture.start
    let matchers = [LabelMatcher("__name__", .equal, "up")]
    var run = SampleRun()
    let all = Timestamp.distantPast...Timestamp.distantFuture
    for var cursor in try store.cursors(SeriesSelection(matching: matchers, in: all)) {
      while try cursor.next(into: &run) {}
      #expect(cursor.damage?.contains("up: blocks") == true)
    }
    let early = try store.series(matching: matchers, in: start...(start + .seconds(150)))
    #expect(early.first?.samples.count == 11)
    let recent = (start + .seconds(1_440))...(start + .seconds(1_500))
    #expect(try store.series(matching: matchers, in: recent).first?.samples.count == 4)
    for second in stride(from: 0, through: 1_500, by: 100) {
      let range = start...(start + .seconds(second))
      let expected = try store.series(matching: matchers, in: range).first?.samples.last
      let newest = try store.newest(SeriesSelection(matching: matchers, in: range))
      #expect(newest.elements.map(\.sample) == [expected].compactMap { $0 })
    }
    let missing = try #require((0..<100).first { !left.contains(Double($0)) })
    let time = start + .seconds(missing * 15)
    let lost = try store.newest(SeriesSelection(matching: matchers, in: time...time))
    #expect(lost.elements.isEmpty)
    #expect(lost.damage.first?.contains("up: blocks") == true)
  }

  // Writing.

  @Test func `a full disk fails the flush, keeps samples readable, and mends itself`() async throws
  {
    let store = try fixture.open()
    try store.put(up, 0, 0)
    try await store.flush()
    // No page more than there are; what follows needs some.
    try await store.limitFile(toBytes: 1)
    var random = SeededRandom(seed: 1)
    let values = [0] + (1..<3_000).map { _ in Double.random(in: 0..<1, using: &random) }
    for tick in 1..<3_000 { try store.put(up, Double(tick * 15), values[tick]) }
    for _ in 0..<2 {
      do {
        try await store.flush()
        Issue.record("flushed to a full disk")
      } catch {
        guard case .database(let reason) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(reason.contains("the disk is full"))
      }
    }
    #expect(try store.values("up") == values)
    #expect(store.statistics.flushFailures == 2)
    #expect(store.statistics.unflushedSamples == 2_999)
    try await store.limitFile(toBytes: 10 << 20)
    try await store.flush()
    #expect(store.statistics.unflushedSamples == 0)
    #expect(try store.values("up") == values)
    try await store.close()
    #expect(try fixture.open().values("up") == values)
  }

  @Test func `a program that holds the database only delays the samples`() async throws {
    var fixture = fixture
    fixture.settings.busyTimeout = .milliseconds(5)
    let store = try fixture.open()
    try store.put(up, 0, 0)
    let other = try Connection(path: fixture.path)
    try other.execute("BEGIN IMMEDIATE")
    let error = await #expect(throws: StoreError.self) { try await store.flush() }
    #expect("\(String(describing: error))".contains("another program holds the database"))
    #expect(try store.values("up") == [0])
    try other.execute("ROLLBACK")
    try await store.flush()
    #expect(store.statistics.unflushedSamples == 0)
  }

  @Test func `when too many samples wait the oldest are dropped and counted`() async throws {
    var fixture = fixture
    fixture.settings.unflushedSamplesMax = 100
    fixture.settings.busyTimeout = .milliseconds(1)
    let store = try fixture.open()
    let other = try Connection(path: fixture.path)
    try other.execute("BEGIN IMMEDIATE")
    for tick in 0..<1_000 {
      try store.put(up, Double(tick), Double(tick))
      guard tick.isMultiple(of: 90) else { continue }
      await #expect(throws: StoreError.self) { try await store.flush() }
    }
    let figures = store.statistics
    #expect(figures.unflushedSamples <= 100)
    #expect(figures.unflushedSamples >= 90)
    #expect(figures.dropped == 1_000 - figures.unflushedSamples)
    let kept = try store.values("up")
    #expect(kept == (1_000 - figures.unflushedSamples..<1_000).map(Double.init))
    try other.execute("ROLLBACK")
    try await store.close()
    #expect(try fixture.open().values("up") == kept)
  }

  // Files.

  private func contents(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4 << 20)
    let count = read(file, &bytes, bytes.count)
    return Array(bytes.prefix(max(count, 0)))
  }

  private func write(_ bytes: [UInt8], to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
  }
}
