// SPDX-License-Identifier: MIT

extension Scenario {
  /// What happens to a replica set.
  static let ofDatabases = [election, memberRecovers, majorityLost, secondaryLags]

  private static let election = make(
    "election",
    "the primary of the database dies, another member is elected, and the first one returns",
    seconds: 70,
    [
      (4, .begin(.primaryDown), "the primary of the database dies: its process is gone"),
      (
        34, .end(.primaryDown),
        "the database that died is started again, and follows whoever was elected meanwhile"
      ),
    ]
  )

  private static let memberRecovers = make(
    "member-recovers",
    "a database dies with its data, comes back empty and copies everything from the others",
    seconds: 80,
    [
      (4, .begin(.dataLost(105)), "the database on mongo3 dies, and its files with it"),
      (
        30, .end(.dataLost(105)),
        "mongo3 is started without data: it takes all of it from the others, for 15 s"
      ),
    ]
  )

  private static let majorityLost = make(
    "set-loses-majority",
    "two databases of three die: the last one may not be primary, and nobody can write",
    seconds: 100,
    [
      (4, .begin(.processDown(104)), "the database on mongo2 dies"),
      (14, .begin(.processDown(105)), "the database on mongo3 dies: mongo1 is alone"),
      (44, .end(.processDown(105)), "mongo3 is started again, and there is a majority"),
      (54, .end(.processDown(104)), "mongo2 is started again"),
    ]
  )

  private static let secondaryLags = make(
    "secondary-lags",
    "a secondary applies nothing of what the primary writes, then catches up",
    seconds: 330,
    [
      (4, .begin(.replicationStalled(105)), "mongo3 applies nothing of the oplog any more"),
      (184, .end(.replicationStalled(105)), "mongo3 applies the oplog again, and catches up"),
    ]
  )
}
