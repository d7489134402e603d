// SPDX-License-Identifier: MIT

/// What goes wrong inside hosts, and is seen by ssh and in advertisements.
extension Scenario {
  static let hosts = [
    failover, splitBrain, crashLoop, rejectedBurst, configurationDrift, hostKeyChanged,
  ]

  // Its two changes of the holder must not come close to those of the next time round: three within a
  // quarter of an hour are a fault of their own.
  private static let failover = make(
    "failover",
    "keepalived of the load balancer that has the floating IP stops, and starts again",
    seconds: 960,
    [
      (4, .begin(.keepalivedStopped(100)), "keepalived on nginx1 is stopped"),
      (40, .end(.keepalivedStopped(100)), "keepalived on nginx1 is started again"),
    ]
  )

  private static let splitBrain = make(
    "split-brain",
    "two load balancers do not hear each other, and both hold the floating IP",
    seconds: 60,
    [
      (4, .begin(.addressHeldTwice), "nginx1 and nginx2 both hold the floating IP"),
      (30, .end(.addressHeldTwice), "nginx2 has given the floating IP back"),
    ]
  )

  private static let crashLoop = make(
    "pm2-crash-loop",
    "an app ends every five seconds, and PM2 starts it again at once",
    seconds: 1_200,
    [
      (4, .begin(.processRestarts(107)), "webapp2 begins to end every five seconds"),
      (60, .end(.processRestarts(107)), "webapp2 runs without an end"),
    ]
  )

  private static let rejectedBurst = make(
    "rejected-burst",
    "a robot sends more requests than the limit of the load balancers lets through",
    seconds: 420,
    [
      (4, .begin(.requestsRejected), "a robot sends 60 requests a second; 40 are turned away"),
      (124, .end(.requestsRejected), "the robot has gone"),
    ]
  )

  private static let configurationDrift = make(
    "config-drift",
    "one load balancer is given another limit than the others",
    seconds: 240,
    [
      (4, .begin(.configurationDrifted(102)), "nginx3 is given a burst of 50, and loads it"),
      (100, .end(.configurationDrifted(102)), "nginx3 has the burst of the others again"),
    ]
  )

  private static let hostKeyChanged = make(
    "host-key-changed",
    "something with another host key answers in the place of a host",
    seconds: 1_200,
    [
      (4, .begin(.hostKeyChanged(108)), "ssh to webapp3 meets another host key"),
      (120, .end(.hostKeyChanged(108)), "webapp3 shows its own key again"),
    ]
  )
}
