// SPDX-License-Identifier: MIT
import MetricModel

/// The order of all series by label set, built when it is first asked for and then kept.
///
/// Sorting a query's series by label sets would compare strings each time; by rank it compares
/// numbers.
struct LabelOrder {
  /// Series numbers in label-set order; nil until asked for.
  private var sorted: [UInt32]?
  private var ranks: [UInt32] = []

  /// Adds a new series, if the order was built.
  mutating func insert(_ number: UInt32, of entries: [SeriesEntry]) {
    guard var list = sorted else { return }
    sorted = nil
    let new = entries[Int(number)].labels
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if entries[Int(list[middle])].labels < new { low = middle + 1 } else { high = middle }
    }
    list.insert(number, at: low)
    sorted = list
    ranks = []
  }

  /// The rank of each series at its number.
  mutating func ranks(of entries: [SeriesEntry]) -> [UInt32] {
    if ranks.count == entries.count { return ranks }
    let list =
      sorted
      ?? (0..<UInt32(entries.count)).sorted {
        entries[Int($0)].labels < entries[Int($1)].labels
      }
    sorted = list
    ranks = [UInt32](repeating: 0, count: entries.count)
    for (rank, number) in list.enumerated() { ranks[Int(number)] = UInt32(rank) }
    return ranks
  }
}
