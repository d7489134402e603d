// SPDX-License-Identifier: MIT
package import MetricModel

/// Writes or reads the fields of a part, in their order: a part names each of its fields once.
package protocol FieldVisiting {
  /// A text that is always there.
  mutating func text(_ name: String, _ value: inout String)
  /// A text; nil is null.
  mutating func text(_ name: String, _ value: inout String?)
  /// A number; nil is null, and so is what is not finite.
  mutating func number(_ name: String, _ value: inout Double?)
  /// A whole number; nil is null.
  mutating func number(_ name: String, _ value: inout Int?)
  /// A whole number that is always there; absent is 0.
  mutating func number(_ name: String, _ value: inout Int)
  /// A truth; nil is null.
  mutating func flag(_ name: String, _ value: inout Bool?)
  /// A time; nil is null.
  mutating func time(_ name: String, _ value: inout Timestamp?)
  /// One of some words; any other is read as `standard`.
  mutating func word<Word: RawRepresentable>(
    _ name: String,
    _ value: inout Word,
    else standard: Word
  ) where Word.RawValue == String
  /// Texts in a row.
  mutating func texts(_ name: String, _ value: inout [String])
  /// Numbers in a row.
  mutating func numbers(_ name: String, _ value: inout [Double?])
  /// A part; nil is null.
  mutating func part<Part: SnapshotPart>(_ name: String, _ value: inout Part?)
  /// Parts in a row.
  mutating func parts<Part: SnapshotPart>(_ name: String, _ value: inout [Part])
}

/// A part of a snapshot that is written as an object.
package protocol SnapshotPart: Equatable, Sendable {
  /// A part of which nothing is known.
  init()

  /// Shows every field to the visitor, which may change it.
  mutating func visit(_ fields: inout some FieldVisiting)
}
