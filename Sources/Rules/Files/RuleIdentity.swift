// SPDX-License-Identifier: MIT

/// What tells one rule from all others, the same after a restart of the program.
package struct RuleIdentity: Hashable, Sendable {
  /// The name of its group.
  package let group: String
  /// The alert's name or the recorded metric's.
  package let name: String
  /// Hashes of kind, name and labels and of the expression, and a number that tells equal rules
  /// apart; opaque to stores.
  package let key: String

  /// Takes an identity as it was stored.
  package init(group: String, name: String, key: String) {
    self.group = group
    self.name = name
    self.key = key
  }

  /// What a rule makes.
  package enum Kind: String, Sendable {
    case alert
    case record
  }

  /// Names a rule by what it says.
  ///
  /// - Parameters:
  ///   - kind: What it makes.
  ///   - group: The name of its group.
  ///   - name: The alert's name or the recorded metric's.
  ///   - expression: Its expression as written.
  ///   - labels: Names and values as written.
  ///   - occurrence: How many rules before it say the same.
  package init(
    _ kind: Kind,
    group: String,
    name: String,
    expression: String,
    labels: [(name: String, value: String)],
    occurrence: Int = 0
  ) {
    self.group = group
    self.name = name
    let head = Self.hash([kind.rawValue, name] + labels.flatMap { [$0.name, $0.value] })
    key = "\(head)-\(Self.hash([expression]))-\(occurrence)"
  }

  /// The part of the key that a change of the expression leaves as it is.
  var nameAndLabels: Substring { key.prefix { $0 != "-" } }

  /// 64-bit FNV-1a over the texts, each followed by the byte 0xFF, which no UTF-8 holds.
  private static func hash(_ texts: [String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for text in texts {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// For each rule of a new set the position of the rule of an old set whose state it takes over.
  ///
  /// A rule that says the same comes first; then one of the same group that differs only in its
  /// expression; then one that says the same in another group. Each old rule is taken once.
  static func successors(of old: [RuleIdentity], among new: [RuleIdentity]) -> [Int?] {
    var matches = [Int?](repeating: nil, count: new.count)
    var isTaken = [Bool](repeating: false, count: old.count)
    func match(by trait: (RuleIdentity) -> [String]) {
      var waiting: [[String]: [Int]] = [:]
      for (index, identity) in old.enumerated().reversed() where !isTaken[index] {
        waiting[trait(identity), default: []].append(index)
      }
      for (index, identity) in new.enumerated() where matches[index] == nil {
        guard let found = waiting[trait(identity)]?.popLast() else { continue }
        matches[index] = found
        isTaken[found] = true
      }
    }
    match { [$0.group, $0.key] }
    match { [$0.group, $0.name, String($0.nameAndLabels)] }
    match { [$0.name, $0.key] }
    return matches
  }
}
