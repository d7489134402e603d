// SPDX-License-Identifier: MIT
import Synchronization

/// Wrong tokens of the last minute, by the address that they came from.
///
/// Who guesses closes the login for himself alone, unless he comes from very many addresses, or all
/// come by one proxy.
final class WrongTokens: Sendable {
  /// Addresses that are counted by themselves; all further ones of a minute are counted as one.
  static let addressesMax = 1_000

  private struct Minute {
    var count = 0
    /// In seconds since 1970.
    let began: Int64

    /// A clock that was set back begins a new minute too.
    func isOver(at now: Int64) -> Bool { !(0..<60).contains(now - began) }
  }

  private let countMax: Int
  private let minutes = Mutex<[String: Minute]>([:])

  init(countMax: Int) {
    self.countMax = countMax
  }

  /// Another token from there is looked at.
  func isOpen(to address: String, at now: Int64) -> Bool {
    minutes.withLock { minutes in
      guard let minute = minutes[Self.key(address, minutes)], !minute.isOver(at: now) else {
        return true
      }
      return minute.count < countMax
    }
  }

  /// Counts one; true when it is the last that was looked at.
  func note(from address: String, at now: Int64) -> Bool {
    minutes.withLock { minutes in
      if minutes.count >= Self.addressesMax {
        minutes = minutes.filter { !$0.value.isOver(at: now) }
      }
      let key = Self.key(address, minutes)
      var minute = minutes[key] ?? Minute(began: now)
      if minute.isOver(at: now) { minute = Minute(began: now) }
      minute.count += 1
      minutes[key] = minute
      return minute.count == countMax
    }
  }

  private static func key(_ address: String, _ minutes: [String: Minute]) -> String {
    minutes[address] != nil || minutes.count < addressesMax ? address : "others"
  }
}
