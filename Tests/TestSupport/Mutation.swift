// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc
import Testing

/// Changes inputs at random, from seeds that a failure names.
///
/// Each parser meets a few thousand in every run of the tests, and as many as `HVSMON_FUZZ_ROUNDS`
/// says where it is set: then one input that takes long, or memory that grows, is a failure too.
package enum Mutation {
  /// What `HVSMON_FUZZ_ROUNDS` says; nil without it.
  package static let wishedRounds: Int? =
    ProcessInfo.processInfo.environment["HVSMON_FUZZ_ROUNDS"].flatMap(Int.init)

  /// What one input may take, which is a hundred times what any needs.
  private static let inputMax = Duration.seconds(1)
  /// What memory may gain after the first fifth of the inputs.
  private static let growthMaxBytes = 16 << 20

  /// Cuts, flips, overwrites, repeats or inserts, one to four times.
  package static func mutated(_ original: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !bytes.isEmpty else { return [UInt8.random(in: 0...255, using: &random)] }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes.removeSubrange(place...)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 3: bytes[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
      case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 5:
        let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
        bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 6: bytes.insert(contentsOf: Array("99999999".utf8), at: place)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
        bytes.removeSubrange(place..<end)
      }
    }
    return bytes
  }

  /// Runs `check` on changed inputs, each of the originals in turn.
  ///
  /// - Parameters:
  ///   - originals: What is changed.
  ///   - seed: Where the changes begin.
  ///   - standard: How many inputs there are unless `HVSMON_FUZZ_ROUNDS` says otherwise.
  ///   - name: What a long run prints.
  ///   - check: Given the changed input and the place of its original.
  package static func run(
    _ originals: [[UInt8]],
    seed: UInt64,
    standard: Int = 20_000,
    name: String = #function,
    _ check: (_ bytes: [UInt8], _ place: Int) throws -> Void
  ) async rethrows {
    guard !originals.isEmpty else { return }
    let rounds = wishedRounds ?? standard
    var random = SeededRandom(seed: seed)
    var longest = Duration.zero
    var early = 0
    let began = ContinuousClock.now
    for round in 0..<rounds {
      // Tests share few threads, and others wait for real deadlines.
      if round.isMultiple(of: 100) { await Task.yield() }
      if round == rounds / 5 { early = residentBytes }
      let place = round % originals.count
      let bytes = mutated(originals[place], &random)
      let start = ContinuousClock.now
      try check(bytes, place)
      longest = max(longest, ContinuousClock.now - start)
    }
    guard wishedRounds != nil else { return }
    let growth = residentBytes - early
    let took = ContinuousClock.now - began
    print(
      "fuzz: \(name): \(rounds) inputs in \(took), longest \(longest), \(growth >> 10) KiB more"
    )
    #expect(longest < inputMax, "seed \(seed): one input took \(longest)")
    #expect(growth < growthMaxBytes, "seed \(seed): \(growth) B more memory")
  }

  /// Runs `check` on changed inputs whose origin does not matter.
  package static func run(
    _ originals: [[UInt8]],
    seed: UInt64,
    standard: Int = 20_000,
    name: String = #function,
    _ check: (_ bytes: [UInt8]) throws -> Void
  ) async rethrows {
    try await run(originals, seed: seed, standard: standard, name: name) { bytes, _ in
      try check(bytes)
    }
  }

  /// What the process has in memory.
  private static var residentBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
