// SPDX-License-Identifier: MIT
import MetricModel
import Simulator
import TestSupport
import Testing

/// MongoDB's own driver asks the simulated replica set, so that no misreading of the protocol can
/// pass on both of our sides.
@Suite(.enabled(if: Peers.has(Peers.mongoDriver)), .timeLimit(.minutes(2)))
struct SimulatedMongoDBTests {
  @Test func `the driver finds the members, logs in, asks, and follows an election`() async throws {
    let clock = ManualTimeSource(Timestamp(unixMilliseconds: 1_795_508_100_000))
    let cluster = try SimulatedCluster(clock: clock)
    let databases = cluster.databases
    // The seed is a secondary: who is the primary has to be found.
    let driver = try ChildProcess(
      Peers.mongoDriver,
      [
        "\(Peers.root)/Tests/Peers/ask_mongodb.py", databases.guests[1].address,
        String(databases.port), databases.user.password,
      ]
    )
    let isReady = await eventually(within: .seconds(60)) { driver.output.contains("ready") }
    try #require(isReady, "\(driver.output)\(driver.errorOutput)")
    let lines = Set(driver.output.split(separator: "\n").map(String.init))
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1", "DEFAULT"] {
      #expect(lines.contains("state \(mechanism) 2"), "\(driver.output)")
      #expect(lines.contains("wrong \(mechanism) 18"))
    }
    let expected: Set = [
      "stranger replSetGetStatus 13", "stranger nonsense 59", "stranger insert 13",
      "stranger ping 1.0", "primary 127.0.30.103", "config rs0 3", "write 13",
    ]
    #expect(expected.isSubset(of: lines), "\(driver.output)")
    for guest in databases.guests {
      #expect(lines.contains("member \(guest.address)"))
      #expect(lines.contains("view \(guest.address) 1/1 2/1 2/1"), "\(driver.output)")
      #expect(lines.contains("server \(guest.address) 7.0.14 True"))
    }
    await cluster.apply(.begin(.primaryDown))
    clock.advance(by: .seconds(12))
    #expect(
      try await driver.waitForExit(timeout: .seconds(40)) == .code(0),
      "\(driver.errorOutput)"
    )
    let elected = driver.output.split(separator: "\n").last.map(String.init)
    #expect(["elected 127.0.30.104 True", "elected 127.0.30.105 True"].contains(elected))
    await cluster.stop()
  }
}
