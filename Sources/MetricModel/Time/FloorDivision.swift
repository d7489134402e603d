// SPDX-License-Identifier: MIT

extension Int64 {
  /// The quotient rounded down, and what is left, which is never negative; `divisor` is positive.
  package func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
