// SPDX-License-Identifier: MIT

/// The words for values that are states.
struct StateWords: Sendable {
  /// One value's word.
  struct Word: Sendable {
    let value: Int
    let text: String
    let colour: Colour
  }

  let words: [Word]

  private init(_ words: [(Int, String, Colour)]) {
    self.words = words.map { Word(value: $0.0, text: $0.1, colour: $0.2) }
  }

  static let works = StateWords([(0, "DOWN", .critical), (1, "works", .fine)])
  static let runs = StateWords([(0, "DOWN", .warning), (1, "runs", .fine)])
  static let good = StateWords([(0, "BAD", .warning), (1, "good", .fine)])
  static let yes = StateWords([(0, "NO", .warning), (1, "yes", .fine)])
  static let fault = StateWords([(0, "no", .fine), (1, "YES", .warning)])
  static let writable = StateWords([(0, "CANNOT WRITE", .critical), (1, "writes", .fine)])
  static let quorate = StateWords([(0, "NO QUORUM", .critical), (1, "quorate", .fine)])
  static let majority = StateWords([(0, "NO MAJORITY", .critical), (1, "has a majority", .fine)])
  static let cutOff = StateWords([(0, "sees the cluster", .fine), (1, "CUT OFF", .critical)])
  static let none = StateWords([(0, "none", .fine)])
  /// Of what holds, told by its name.
  static let verdict = StateWords([(1, "is so", .plain)])
  /// Of whom is master; told by its name.
  static let holder = StateWords([(1, "holds it", .fine)])
  /// How much more may fail.
  static let spare = StateWords([
    (-2, "DOWN", .critical), (-1, "DOWN", .critical), (0, "NO SPARE", .warning),
    (1, "1 spare", .fine), (2, "2 spare", .fine), (3, "3 spare", .fine),
  ])
  /// RFC 9568's states, as keepalived numbers them.
  static let router = StateWords([
    (0, "init", .warning), (1, "backup", .maintenance), (2, "MASTER", .fine),
    (3, "FAULT", .critical),
  ])
  /// The states of a replica set's members.
  static let member = StateWords([
    (0, "STARTUP", .warning), (1, "PRIMARY", .fine), (2, "secondary", .maintenance),
    (3, "RECOVERING", .warning), (5, "STARTUP2", .warning), (6, "UNKNOWN", .unknown),
    (7, "arbiter", .info), (8, "DOWN", .critical), (9, "ROLLBACK", .critical),
    (10, "REMOVED", .warning),
  ])
}
