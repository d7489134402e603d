// SPDX-License-Identifier: MIT
import Glibc
import Synchronization

/// How much a line matters; a logger drops lines below its own level.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
  case debug
  case info
  case warning
  case error

  package static func < (left: LogLevel, right: LogLevel) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }
}

/// Takes finished log lines.
package protocol LogSink: Sendable {
  /// Takes one line without its line feed.
  func write(_ line: String)
}

/// Writes each line to standard error with one system call.
package struct StandardErrorSink: LogSink {
  /// Makes the sink.
  package init() {}

  package func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}

/// Keeps the newest lines in memory, for tests and for `hvsmon demo`.
package final class MemorySink: LogSink {
  private let kept = Mutex<[String]>([])
  private let limit: Int

  /// Keeps up to `limit` lines; older ones are dropped.
  package init(limit: Int = 10_000) {
    self.limit = limit
  }

  /// The lines kept, oldest first.
  package var lines: [String] { kept.withLock { $0 } }

  package func write(_ line: String) {
    kept.withLock { lines in
      if lines.count >= limit { lines.removeFirst() }
      lines.append(line)
    }
  }
}

/// One named value of a log line.
package struct LogField: Sendable {
  let key: String
  let value: String

  /// Pairs a key with a value's description, which must hold no secret.
  package init(_ key: String, _ value: some CustomStringConvertible) {
    self.key = key
    self.value = value.description
  }
}

/// Writes structured lines for one area of the program.
package struct Logger: Sendable {
  private let area: String
  private let threshold: LogLevel
  private let sink: any LogSink
  private let clock: @Sendable () -> Int64

  /// Makes a logger.
  ///
  /// - Parameters:
  ///   - area: The module that speaks, in lower case.
  ///   - threshold: Lines below this level are dropped.
  ///   - sink: Where lines go.
  ///   - clock: Unix milliseconds, for the line's time stamp.
  package init(
    area: String,
    threshold: LogLevel = .info,
    sink: any LogSink = StandardErrorSink(),
    clock: @escaping @Sendable () -> Int64 = Logger.systemMilliseconds
  ) {
    self.area = area
    self.threshold = threshold
    self.sink = sink
    self.clock = clock
  }

  /// A logger of the same sink and threshold for another area.
  package func named(_ area: String) -> Logger {
    Logger(area: area, threshold: threshold, sink: sink, clock: clock)
  }

  /// Writes a line of the level, unless it is below the threshold.
  package func log(_ level: LogLevel, _ message: String, _ fields: [LogField] = []) {
    guard level >= threshold else { return }
    var line = "ts=\(Self.timeText(clock())) level=\(level.rawValue) area=\(area)"
    line += " msg=\(Self.quotedIfNeeded(message))"
    for field in fields { line += " \(field.key)=\(Self.quotedIfNeeded(field.value))" }
    sink.write(line)
  }

  /// Writes a line for people who look for the cause of a fault.
  package func debug(_ message: String, _ fields: LogField...) { log(.debug, message, fields) }
  /// Writes a line about an expected event.
  package func info(_ message: String, _ fields: LogField...) { log(.info, message, fields) }
  /// Writes a line about something that wants attention and was dealt with.
  package func warning(_ message: String, _ fields: LogField...) { log(.warning, message, fields) }
  /// Writes a line about something that failed.
  package func error(_ message: String, _ fields: LogField...) { log(.error, message, fields) }

  /// The system's clock in Unix milliseconds.
  package static let systemMilliseconds: @Sendable () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// RFC 3339 in UTC with milliseconds.
  private static func timeText(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: some BinaryInteger, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
    return "\(date)T\(time).\(padded(milliseconds % 1_000, 3))Z"
  }

  private static func quotedIfNeeded(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value != 0x7f && $0 != "\"" && $0 != "="
          && !(0x80...0x9f).contains($0.value)
      }
    guard !isPlain else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
        quoted += "\\u{\(String(scalar.value, radix: 16))}"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
