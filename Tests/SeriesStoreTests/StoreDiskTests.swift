// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import SeriesStore
import TestSupport
import Testing

/// A store on a small file system of its own, which wants root to mount it.
@Suite(.enabled(if: SmallDisk.isPossible, "mounting a file system wants root"))
struct StoreDiskTests {
  private let up = LabelSet(metric: "up")
  private let clock = ManualTimeSource(StoreFixture.start)

  private func fill(_ store: SampleStore, _ ticks: Range<Int>) throws -> [Double] {
    var random = SeededRandom(seed: UInt64(ticks.lowerBound) + 1)
    return try ticks.map { tick in
      let value = Double.random(in: 0..<1, using: &random)
      try store.put(up, Double(tick * 15), value)
      return value
    }
  }

  @Test func `a full disk stops the writing, not the reading, and is left by itself`() async throws
  {
    let disk = try SmallDisk(kibibytes: 2_048)
    do {
      let store = try SampleStore.open(path: disk.path + "/samples.sqlite", time: clock)
      var expected = try fill(store, 0..<100)
      try await store.flush()
      let filler = try disk.fill()
      expected += try fill(store, 100..<20_000)
      let error = await #expect(throws: StoreError.self) { try await store.flush() }
      #expect("\(String(describing: error))".contains("the disk is full"))
      #expect(try store.values("up") == expected)
      #expect(store.statistics.unflushedSamples == 19_900)
      unlink(filler)
      try await store.flush()
      #expect(store.statistics.unflushedSamples == 0)
      #expect(try store.values("up") == expected)
      try await store.close()
      let again = try SampleStore.open(path: disk.path + "/samples.sqlite", time: clock)
      #expect(try again.values("up") == expected)
      try await again.close()
    }
  }

  @Test func `a disk that turns read-only stops the writing, and is left by itself`() async throws {
    let disk = try SmallDisk(kibibytes: 4_096)
    do {
      let store = try SampleStore.open(path: disk.path + "/samples.sqlite", time: clock)
      var expected = try fill(store, 0..<100)
      try await store.flush()
      let isReadOnly = disk.remount(readOnly: true)
      // A file that is open for writing keeps a file system from turning read-only by request.
      if isReadOnly {
        expected += try fill(store, 100..<200)
        await #expect(throws: StoreError.self) { try await store.flush() }
        _ = disk.remount(readOnly: false)
      }
      try await store.flush()
      #expect(try store.values("up") == expected)
      try await store.close()
      #expect(disk.remount(readOnly: true))
      let path = disk.path + "/samples.sqlite"
      let error = #expect(throws: StoreOpenError.self) {
        try SampleStore.open(path: path, time: clock)
      }
      guard case .notWritable = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(disk.remount(readOnly: false))
      let again = try SampleStore.open(path: path, time: clock)
      #expect(try again.values("up") == expected)
      try await again.close()
    }
  }
}

/// A file system in memory, mounted on a folder of its own.
private final class SmallDisk {
  /// Whether this process may mount one: root may, outside of a narrow container.
  static let isPossible: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
    return umount(folder.path) == 0
  }()

  private let folder: TemporaryFolder
  var path: String { folder.path }

  init(kibibytes: Int) throws {
    folder = try TemporaryFolder()
    try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0)
  }

  // A file that a failed test left open must not keep the folder.
  deinit { umount2(folder.path, Int32(MNT_DETACH)) }

  /// Takes all room that is left; returns the file that does.
  func fill() throws -> String {
    let name = path + "/filler"
    let file = open(name, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    for size in [4_096, 64] {
      let bytes = [UInt8](repeating: 1, count: size)
      while write(file, bytes, size) == size {}
    }
    return name
  }

  /// Whether the file system is now as asked.
  func remount(readOnly: Bool) -> Bool {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    return mount("tmpfs", path, "tmpfs", flags, nil) == 0
  }
}
