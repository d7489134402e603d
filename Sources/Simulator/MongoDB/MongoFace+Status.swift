// SPDX-License-Identifier: MIT
import MetricModel

/// `replSetGetStatus` and `replSetGetConfig`, by the manual's page on each.
extension MongoFace {
  func replicaSetStatus(_ command: MongoDocument) -> MongoDocument {
    guard state != .startup else { return .error(.notInitialized) }
    let count = Int32(course.set.members.count)
    let majority = Int32(course.set.majority)
    var status: MongoDocument = [
      "set": .text(course.set.name), "date": .date(now), "myState": .int32(state.rawValue),
      "term": .int64(course.term(at: now)), "syncSourceHost": syncSource.map(name) ?? "",
      "syncSourceId": .int32(syncSource.map(number) ?? -1),
      "heartbeatIntervalMillis": .int64(2_000), "majorityVoteCount": .int32(majority),
      "writeMajorityCount": .int32(majority), "votingMembersCount": .int32(count),
      "writableVotingMembersCount": .int32(count), "optimes": optimes,
      "lastStableRecoveryTimestamp": .moment(
        seconds: applied.seconds > 30 ? applied.seconds - 30 : 0,
        increment: applied.seconds > 30 ? 1 : 0
      ),
    ]
    if let sync = course.firstSyncRatio(of: guest.vmID, at: now),
      command["initialSync"]?.isOn ?? true
    {
      status.add("initialSyncStatus", initialSync(ratio: sync.ratio, begin: sync.begin))
    }
    if let election { status.add(election.name, election.value) }
    status.add("members", .list(course.set.members.map { .document(entry(of: $0)) }))
    return status + .good + clusterTime
  }

  private var optimes: MongoValue {
    let (applied, committed) = (applied, committed)
    var optimes: MongoDocument = [
      "lastCommittedOpTime": committed.value,
      "lastCommittedWallTime": .date(committed.wallTime),
    ]
    if committed != .none { optimes.add("readConcernMajorityOpTime", committed.value) }
    return .document(
      optimes + [
        "appliedOpTime": applied.value, "durableOpTime": applied.value,
        "lastAppliedWallTime": .date(applied.wallTime),
        "lastDurableWallTime": .date(applied.wallTime),
      ]
    )
  }

  private func initialSync(ratio: Double, begin: Timestamp) -> MongoValue {
    let size = Int64(Double(guest.diskBytes) * 0.4)
    let elapsed = now.unixMilliseconds - begin.unixMilliseconds
    let left = ReplicaSetCourse.firstSync / .milliseconds(1) - Double(elapsed)
    return [
      "method": "logical", "failedInitialSyncAttempts": 0, "maxFailedInitialSyncAttempts": 10,
      "initialSyncStart": .date(begin), "totalInitialSyncElapsedMillis": .int64(elapsed),
      "remainingInitialSyncEstimatedMillis": .int64(Int64(max(0, left))),
      "approxTotalDataSize": .int64(size),
      "approxTotalBytesCopied": .int64(Int64(Double(size) * min(1, ratio))),
      "initialSyncAttempts": [], "appliedOps": 0,
    ]
  }

  /// What a member remembers of the election of the primary that there is.
  private var election: (name: String, value: MongoValue)? {
    guard let reign = course.reigns.last(where: { $0.contains(now) }), reign.begin >= startedAt
    else { return nil }
    let before = course.opTime(of: reign.primary, at: reign.begin - .milliseconds(1))
    if reign.primary == guest.vmID {
      var metrics: MongoDocument = [
        "lastElectionReason": .text(reign.reason.rawValue), "lastElectionDate": .date(reign.begin),
        "electionTerm": .int64(reign.term), "lastCommittedOpTimeAtElection": before.value,
        "lastSeenOpTimeAtElection": before.value,
        "numVotesNeeded": .int32(Int32(course.set.majority)), "priorityAtElection": 1.0,
        "electionTimeoutMillis": .int64(10_000),
      ]
      if let prior = reign.prior { metrics.add("priorPrimaryMemberId", .int32(number(of: prior))) }
      let dates: MongoDocument = [
        "numCatchUpOps": .int64(0), "newTermStartDate": .date(reign.begin),
        "wMajorityWriteAvailabilityDate": .date(reign.begin),
      ]
      return ("electionCandidateMetrics", .document(metrics + dates))
    }
    return (
      "electionParticipantMetrics",
      [
        "votedForCandidate": true, "electionTerm": .int64(reign.term),
        "lastVoteDate": .date(reign.begin),
        "electionCandidateMemberId": .int32(number(of: reign.primary)), "voteReason": "",
        "lastAppliedOpTimeAtElection": before.value, "maxAppliedOpTimeInSet": before.value,
        "priorityAtElection": 1.0, "newTermStartDate": .date(reign.begin),
      ]
    )
  }

  // MARK: Members

  private func entry(of other: ClusterPlan.Guest) -> MongoDocument {
    other.vmID == guest.vmID ? ownEntry : heardEntry(of: other)
  }

  private func head(_ guest: ClusterPlan.Guest, isHealthy: Bool, _ state: MemberState)
    -> MongoDocument
  {
    [
      "_id": .int32(number(of: guest.vmID)), "name": .text(name(of: guest)),
      "health": isHealthy ? 1.0 : 0.0, "state": .int32(state.rawValue),
      "stateStr": .text(state.text),
    ]
  }

  private func source(_ vmID: Int?) -> MongoDocument {
    [
      "syncSourceHost": vmID.map(name) ?? "", "syncSourceId": .int32(vmID.map(number) ?? -1),
      "infoMessage": "",
    ]
  }

  private func electionDates(_ vmID: Int, _ state: MemberState) -> MongoDocument {
    guard state == .primary,
      let reign = course.reigns.last(where: { $0.begin <= now && $0.primary == vmID })
    else { return [:] }
    let seconds = reign.begin.wholeSeconds
    return [
      "electionTime": .moment(seconds: UInt32(clamping: seconds), increment: 1),
      "electionDate": .date(Timestamp(wholeSeconds: seconds)),
    ]
  }

  private var ownEntry: MongoDocument {
    let applied = applied
    return head(guest, isHealthy: true, state) + [
      "uptime": .int32(Int32(clamping: uptimeMilliseconds / 1_000)), "optime": applied.value,
      "optimeDate": .date(applied.wallTime), "lastAppliedWallTime": .date(applied.wallTime),
      "lastDurableWallTime": .date(applied.wallTime),
    ] + source(syncSource) + electionDates(guest.vmID, state) + [
      "configVersion": 1, "configTerm": .int32(Int32(clamping: course.term(at: now))),
      "self": true, "lastHeartbeatMessage": "",
    ]
  }

  private func heardEntry(of other: ClusterPlan.Guest) -> MongoDocument {
    let heard = course.heard(other.vmID, by: guest.vmID, at: now)
    let time = heard.opTime
    let message =
      heard.isHealthy ? "" : "Error connecting to \(name(of: other)) :: caused by :: refused"
    let hasSource = heard.state == .secondary || heard.state == .startup2
    let ping = world.noise.bits("ping/\(guest.vmID)/\(other.vmID)") % 3
    return head(other, isHealthy: heard.isHealthy, heard.state) + [
      "uptime": .int32(Int32(clamping: heard.uptimeSeconds)), "optime": time.value,
      "optimeDurable": time.value, "optimeDate": .date(time.wallTime),
      "optimeDurableDate": .date(time.wallTime), "lastAppliedWallTime": .date(time.wallTime),
      "lastDurableWallTime": .date(time.wallTime), "lastHeartbeat": .date(heard.lastHeartbeat),
      "lastHeartbeatRecv": .date(heard.lastHeartbeatReceived), "pingMs": .int64(Int64(ping)),
      "lastHeartbeatMessage": .text(message),
    ] + source(hasSource ? course.primary(at: now) : nil) + electionDates(other.vmID, heard.state)
      + [
        "configVersion": heard.isHealthy ? 1 : -1,
        "configTerm": .int32(heard.isHealthy ? Int32(clamping: course.term(at: now)) : -1),
      ]
  }

  // MARK: Configuration

  var config: MongoDocument {
    let members = course.set.members.map { guest -> MongoValue in
      [
        "_id": .int32(number(of: guest.vmID)), "host": .text(name(of: guest)),
        "arbiterOnly": false, "buildIndexes": true, "hidden": false, "priority": 1.0,
        "tags": [:], "secondaryDelaySecs": .int64(0), "votes": 1,
      ]
    }
    let identity = world.noise.bits("set/\(course.set.name)").littleEndianBytes
    return [
      "config": [
        "_id": .text(course.set.name), "version": 1, "term": .int64(course.term(at: now)),
        "members": .list(members), "protocolVersion": .int64(1),
        "writeConcernMajorityJournalDefault": true,
        "settings": [
          "chainingAllowed": true, "heartbeatIntervalMillis": 2_000, "heartbeatTimeoutSecs": 10,
          "electionTimeoutMillis": 10_000, "catchUpTimeoutMillis": -1,
          "catchUpTakeoverDelayMillis": 30_000, "getLastErrorModes": [:],
          "replicaSetId": .objectID([0x66, 0, 0, 0] + identity),
        ],
      ]
    ] + .good + clusterTime
  }
}
