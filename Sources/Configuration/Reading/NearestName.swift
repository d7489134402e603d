// SPDX-License-Identifier: MIT

/// The candidate that `name` was most likely meant to be, or nil when none is close.
///
/// Close is an edit distance (insert, delete, replace, swap of neighbours) of at most a third of the
/// longer name, and at least 1.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  let name = Array(name.utf8.prefix(comparedBytesMax))
  for candidate in candidates.sorted() {
    let bytes = Array(candidate.utf8.prefix(comparedBytesMax))
    let distance = editDistance(name, bytes)
    let allowed = max(1, max(name.count, bytes.count) / 3)
    if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Names are compared by their first bytes: a key may be as long as a file.
private let comparedBytesMax = 64

/// The optimal string alignment distance.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 1...left.count {
    var current = [row]
    for column in 1...right.count {
      let cost = left[row - 1] == right[column - 1] ? 0 : 1
      var distance = min(
        last[column] + 1,
        current[column - 1] + 1,
        last[column - 1] + cost
      )
      if row > 1, column > 1, left[row - 1] == right[column - 2],
        left[row - 2] == right[column - 1]
      {
        distance = min(distance, beforeLast[column - 2] + 1)
      }
      current.append(distance)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
