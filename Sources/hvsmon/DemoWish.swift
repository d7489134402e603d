// SPDX-License-Identifier: MIT
import Configuration
import Simulator

/// What the person who calls the demo wants to see.
struct DemoWish {
  let scenario: Scenario
  let plan: ClusterPlan
  let seed: UInt64
  let listen: String

  init(taking arguments: inout Arguments) throws(UsageError) {
    let name = try arguments.value("--scenario") ?? Scenario.all[0].name
    guard let scenario = Scenario.named(name) else {
      let hint = nearestName(to: name, among: Scenario.all.map(\.name))
      throw UsageError(
        description: "there is no scenario \(name); "
          + (hint.map { "did you mean \($0)?" } ?? "hvsmon demo --list names them")
      )
    }
    let speed = try Self.number("--speed", in: 0.1...100, default: 1, &arguments)
    self.scenario = scenario.running(atSpeed: speed)
    let reference = ClusterPlan.reference
    plan = ClusterPlan.sized(
      nodes: try Self.number(
        "--nodes",
        in: reference.nodes.count...ClusterPlan.nodesMax,
        default: reference.nodes.count,
        &arguments
      ),
      guests: try Self.number(
        "--guests",
        in: reference.guests.count...ClusterPlan.guestsMax,
        default: reference.guests.count,
        &arguments
      )
    )
    seed = try Self.number("--seed", in: 0...UInt64.max, default: 1, &arguments)
    listen = try arguments.value("--listen") ?? "127.0.0.1:9820"
  }

  private static func number<Number: LosslessStringConvertible & Comparable>(
    _ name: String,
    in range: ClosedRange<Number>,
    default standard: Number,
    _ arguments: inout Arguments
  ) throws(UsageError) -> Number {
    guard let text = try arguments.value(name) else { return standard }
    guard let number = Number(text), range.contains(number) else {
      throw UsageError(
        description:
          "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \(text)"
      )
    }
    return number
  }
}
