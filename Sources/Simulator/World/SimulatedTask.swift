// SPDX-License-Identifier: MIT
import MetricModel

/// One entry of Proxmox's task list.
struct SimulatedTask: Equatable {
  let node: String
  let type: String
  /// What it is about; empty for the node itself or several guests.
  let id: String
  /// Unix seconds.
  let begin: Int64
  let processID: Int64
  /// Nil while it runs.
  let outcome: Outcome?
  /// The run behind a vzdump task.
  let run: BackupRun?

  struct Outcome: Equatable {
    let end: Int64
    let status: String
  }

  /// `UPID:node:pid:pstart:starttime:type:id:user:` with hexadecimal numbers of eight digits.
  var upid: String {
    let numbers = [processID, processStart, begin].map { number in
      let digits = String(number, radix: 16, uppercase: true)
      return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
    return "UPID:\(node):\(numbers.joined(separator: ":")):\(type):\(id):root@pam:"
  }

  /// The process's start in hundredths of a second after a boot long ago.
  var processStart: Int64 { begin * 100 & 0xfff_ffff }
}

extension SimulatedWorld {
  /// The tasks of one node that had begun at `instant`, newest first.
  func tasks(of node: String, at instant: Timestamp, runs: [BackupRun]) -> [SimulatedTask] {
    let now = instant.wholeSeconds
    var tasks = runs.filter { $0.node == node }.map { run in
      task(
        "vzdump",
        on: node,
        id: run.parts.count == 1 ? run.parts.first.map { String($0.vmID) } ?? "" : "",
        begin: run.begin,
        outcome: run.status(at: now).map { .init(end: run.end, status: $0) },
        run: run
      )
    }
    for period in periods {
      switch period.fault {
      case .guestStopped(let vmID):
        guard let guest = plan.guest(vmID), self.node(of: guest, at: period.begin) == node else {
          continue
        }
        tasks.append(brief("vzshutdown", on: node, id: vmID, at: period.begin, now: now))
        if let end = period.end {
          tasks.append(brief("vzstart", on: node, id: vmID, at: end, now: now))
        }
      case .guestMoved(let vmID, let target):
        guard let guest = plan.guest(vmID) else { continue }
        if guest.home == node {
          tasks.append(brief("vzmigrate", on: node, id: vmID, at: period.begin, now: now))
        }
        if target == node, let end = period.end {
          tasks.append(brief("vzmigrate", on: node, id: vmID, at: end, now: now))
        }
      case .nodeDown(node):
        guard let end = period.end else { continue }
        tasks.append(brief("startall", on: node, id: nil, at: end, now: now))
      default: continue
      }
    }
    // Every day looks for new packages in the early morning.
    let day = now / 86_400
    for back in 0..<3 {
      let begin = (day - Int64(back)) * 86_400 + 7_200 + Int64(noise.bits(node) % 7_200)
      let instant = Timestamp(wholeSeconds: begin)
      if isUp(node: node, at: instant) {
        tasks.append(brief("aptupdate", on: node, id: nil, at: instant, now: now))
      }
    }
    return tasks.filter { $0.begin <= now }.sorted { ($1.begin, $0.type) < ($0.begin, $1.type) }
  }

  private func brief(
    _ type: String,
    on node: String,
    id: Int?,
    at instant: Timestamp,
    now: Int64
  ) -> SimulatedTask {
    let begin = instant.wholeSeconds
    return task(
      type,
      on: node,
      id: id.map(String.init) ?? "",
      begin: begin,
      outcome: begin + 3 <= now ? .init(end: begin + 3, status: "OK") : nil
    )
  }

  private func task(
    _ type: String,
    on node: String,
    id: String,
    begin: Int64,
    outcome: SimulatedTask.Outcome?,
    run: BackupRun? = nil
  ) -> SimulatedTask {
    SimulatedTask(
      node: node,
      type: type,
      id: id,
      begin: begin,
      processID: 1_000 + Int64(noise.bits("\(node)/\(type)/\(id)", begin) % 900_000),
      outcome: outcome,
      run: run
    )
  }
}
