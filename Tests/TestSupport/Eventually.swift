// SPDX-License-Identifier: MIT

/// Waits until a condition holds, for what can be asked but not awaited: another process, a page.
///
/// - Returns: False when it did not hold within the limit.
package func eventually(
  within limit: Duration = .seconds(10),
  _ condition: () async throws -> Bool
) async rethrows -> Bool {
  let clock = ContinuousClock()
  let end = clock.now.advanced(by: limit)
  while clock.now < end {
    if try await condition() { return true }
    // Cancelled only with the test itself, and then the loop ends with its limit.
    try? await Task.sleep(for: .milliseconds(20))
  }
  return try await condition()
}
