// SPDX-License-Identifier: MIT
import CMalloc
import Glibc

/// Keeps a program small that runs beside others for days and mostly waits.
enum MemoryThrift {
  /// Answers from which on memory is given back after they were read.
  private static let largeBytes = 64 * 1_024

  /// To be called before anything large is asked for, by a program that is small most of the time.
  static func begin() { hv_malloc_use_one_heap(128 << 10, 128 << 10) }

  /// The same for a server: pages that each answer gave back and asked for again would cost more time
  /// than the answers take.
  static func beginServing() { hv_malloc_use_one_heap(1 << 20, 32 << 20) }

  /// Gives back what nothing holds any more.
  static func giveBack() { hv_malloc_give_back() }

  /// Gives back, time and again, what large answers left; ends when its task is cancelled.
  static func giveBack(every interval: Duration) async {
    while (try? await Task.sleep(for: interval)) != nil { giveBack() }
  }

  /// An answer of so many bytes was read.
  static func tookIn(bytes: Int) {
    if bytes >= largeBytes { hv_malloc_give_back() }
  }

  /// Lets go of all code, so that what only the start or a view of before needed does not stay: about
  /// half of what is mapped after the start.
  ///
  /// Pages of code are never written to, so those that are needed after all come back from the
  /// program's file, or from the system's cache of it, when they are run.
  static func forgetCode() {
    guard let maps = fopen("/proc/self/maps", "re") else { return }
    defer { fclose(maps) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, maps) > 0, let text = line.map({ String(cString: $0) }) {
      guard let code = codeRange(of: text) else { continue }
      // Without it the pages stay, which does no harm.
      _ = madvise(UnsafeMutableRawPointer(bitPattern: code.lowerBound), code.count, MADV_DONTNEED)
    }
    hv_malloc_give_back()
  }

  /// The addresses of a line of proc(5)'s `maps` that maps code of a file; nil for any other.
  static func codeRange(of line: String) -> Range<UInt>? {
    let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
    guard fields.count == 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { return nil }
    let ends = fields[0].split(separator: "-").map { UInt($0, radix: 16) }
    guard ends.count == 2, let start = ends[0], let end = ends[1], start > 0, start < end else {
      return nil
    }
    return start..<end
  }
}
