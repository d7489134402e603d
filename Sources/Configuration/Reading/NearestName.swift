// SPDX-License-Identifier: MIT

/// The candidate that `name` was most likely meant to be, or nil when none is close.
///
/// Close is an edit distance (insert, delete, replace, swap of neighbours) of at most a third of the
/// longer name, and at least 1.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in candidates.sorted() {
    let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
    let allowed = max(1, max(name.utf8.count, candidate.utf8.count) / 3)
    if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// The optimal string alignment distance, over at most the first 64 bytes.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  let left = Array(left.prefix(64))
  let right = Array(right.prefix(64))
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
