// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Polling

/// What the kernel says of this process.
enum ProcessUsage {
  static func samples() -> [CollectedSample] {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    var samples = [
      CollectedSample(SelfMetrics.build, 1, ["version": Monitor.version]),
      CollectedSample(SelfMetrics.cpu, cpu),
    ]
    if let bytes = residentBytes() {
      samples.append(CollectedSample(SelfMetrics.residentMemory, bytes))
    }
    return samples
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }

  /// The second word of `/proc/self/statm` counts resident pages; source: proc(5).
  private static func residentBytes() -> Double? {
    guard let bytes = try? BoundedFile.read("/proc/self/statm") else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard words.count > 1, let pages = Double(words[1]) else { return nil }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
  }
}
