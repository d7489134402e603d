// SPDX-License-Identifier: MIT
package import MetricModel

/// What an ``ExpositionReader`` takes.
package struct ExpositionRules: Sendable {
  /// What becomes of a line with a fault.
  package enum FaultHandling: Sendable {
    /// It is left out and reported.
    case skip
    /// It ends the reading.
    case refuse
  }

  /// The format of the text.
  package var format: ExpositionFormat
  /// Holds the text to every rule of its format, those about families and their values included;
  /// otherwise it is read as a scraper reads it, who only wants samples.
  package var isStrict = false
  /// What becomes of a line with a fault.
  package var faultHandling = FaultHandling.refuse
  /// A sample without a timestamp is a fault.
  package var needsTimestamps = false
  /// The timestamps that are taken, in Unix milliseconds; any other is a fault.
  package var times =
    Timestamp.distantPast.unixMilliseconds...Timestamp.distantFuture.unixMilliseconds
  /// Reports the lines that describe metrics.
  package var wantsMetadata = false
  /// Bytes of one line; a longer one is a fault.
  package var lineBytesMax = 64 << 10
  /// Labels of one series, its name not counted; more are a fault.
  package var labelsMax = 64
  /// Bytes of one label's value; a longer one is a fault.
  package var labelBytesMax = 1_024
  /// Series that have a number at once; a line of one more is a fault.
  package var seriesMax = 250_000
  /// Families whose names a strict reader remembers; one more is a fault.
  package var familiesMax = 100_000

  /// Makes the rules of a scraper for a format.
  package init(_ format: ExpositionFormat) {
    self.format = format
  }
}

/// A line that breaks the format or a limit.
package struct ExpositionFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  package let line: Int
  /// What is wrong with it, without any of its text but names.
  package let reason: String

  package var description: String { "line \(line): \(reason)" }
}

/// What is wrong with a line whose number the reader knows.
struct LineFault: Error {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
