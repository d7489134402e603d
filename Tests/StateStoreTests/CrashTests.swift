// SPDX-License-Identifier: MIT
import TestSupport
import Testing

@Suite struct CrashTests {
  /// What arrived about one alert.
  private struct Arrivals {
    var firing: Set<String> = []
    var resolved: Set<String> = []
    var count = 0
  }

  @Test func `a daemon killed at any moment tells every alert and its end, as one event each`()
    async throws
  {
    let seed: UInt64 = 11
    var random = SeededRandom(seed: seed)
    let folder = try TemporaryFolder()
    let path = folder.file("state.sqlite")
    let program = ChildProcess.builtExecutable("CrashQueue")
    var arrivals: [Int: Arrivals] = [:]
    var next = 0
    for round in 0..<40 {
      let child = try ChildProcess(program, [path, "\(next)"])
      let patience = Int.random(in: 1...50, using: &random)
      var seen = 0
      for await line in child.outputLines {
        if let step = try Self.read(line, into: &arrivals) { next = step + 1 }
        seen += 1
        if seen == patience {
          // A moment somewhere in the next lines.
          try await Task.sleep(for: .microseconds(Int.random(in: 0...4_000, using: &random)))
          child.send(.kill)
        }
      }
      let context = "seed \(seed), round \(round): \(child.errorOutput)"
      #expect(try await child.waitForExit() == .signal(9), "\(context)")
      try #require(seen >= patience, "\(context)")
    }
    // The last life delivers what the others left and ends every alert but the last three.
    let child = try ChildProcess(program, [path, "\(next)", "\(next + 3)"])
    for await line in child.outputLines { _ = try Self.read(line, into: &arrivals) }
    #expect(try await child.waitForExit() == .code(0), "\(child.errorOutput)")

    #expect(next > 100)
    for number in 0..<next {
      let arrived = try #require(arrivals[number], "nobody heard of alert \(number), seed \(seed)")
      // A begin that could not be told in time comes with its end, as one message.
      #expect(arrived.firing.count <= 1, "alert \(number) began as several events, seed \(seed)")
      #expect(arrived.resolved.count == 1, "alert \(number) ended as \(arrived.resolved)")
    }
    let repeats = arrivals.values.reduce(0) { $0 + $1.count - $1.firing.count - $1.resolved.count }
    print("CrashQueue: \(next) alerts, \(repeats) deliveries repeated over 40 kills")
    // Between acceptance and its record a kill repeats the delivery that was under way.
    #expect(repeats <= 40)
  }

  /// Notes an arrival; returns the number of a step that became durable.
  private static func read(_ line: String, into arrivals: inout [Int: Arrivals]) throws -> Int? {
    let words = line.split(separator: " ").map(String.init)
    if words.first == "step" { return words.dropFirst().first.flatMap { Int($0) } }
    // A kill may cut the last line, but never one whose end was read.
    try #require(words.count == 4 && words[0] == "told", "\(line)")
    let number = try #require(Int(words[1]), "\(line)")
    if words[2] == "firing" {
      arrivals[number, default: Arrivals()].firing.insert(words[3])
    } else {
      arrivals[number, default: Arrivals()].resolved.insert(words[3])
    }
    arrivals[number]?.count += 1
    return nil
  }
}
