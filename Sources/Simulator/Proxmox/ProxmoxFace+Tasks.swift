// SPDX-License-Identifier: MIT
import MetricModel
import Net

extension ProxmoxFace {
  /// How many finished tasks of one node the cluster's own list holds.
  private static let clusterTasksPerNode = 25
  /// How many lines or tasks an answer has when the question does not say.
  private static let pageLength = 50

  /// GET /cluster/tasks: what the nodes told lately, those that run first.
  func clusterTasks() -> ReplyTree {
    guard rights.seesSystem else { return [] }
    let runs = world.backupRuns(at: now, nights: 2)
    let tasks = world.plan.nodes.flatMap { node in
      // A dead node tells nothing; what it told is remembered.
      world.tasks(of: node.name, at: now, runs: runs).prefix(Self.clusterTasksPerNode)
    }
    return .list(
      tasks.sorted { $0.begin > $1.begin }.map { task in
        var row: ReplyTree = [
          "upid": .text(task.upid), "node": .text(task.node), "starttime": .integer(task.begin),
          "type": .text(task.type), "id": .text(task.id), "user": "root@pam",
        ]
        if let outcome = task.outcome {
          row = row.adding([
            "endtime": .integer(outcome.end), "status": .text(outcome.status), "saved": "1",
          ])
        }
        return row
      }
    )
  }

  func taskReply(
    _ node: ClusterPlan.Node,
    _ parts: [String],
    _ query: [ServerRequest.Parameter]
  ) throws(ProxmoxRefusal) -> Reply {
    // Everything that runs here belongs to root, so the token sees it with Sys.Audit only.
    guard let upid = parts.first else {
      return rights.seesSystem ? taskList(on: node, query) : Reply([], total: 0)
    }
    guard rights.seesSystem else { throw .forbidden("/nodes/\(node.name)", "Sys.Audit") }
    let tasks = world.tasks(of: node.name, at: now, runs: world.backupRuns(at: now))
    guard let task = tasks.first(where: { $0.upid == upid }) else {
      throw .failed("no such task")
    }
    switch Array(parts.dropFirst()) {
    case ["status"]:
      var status = row(task).adding([
        "status": .text(task.outcome == nil ? "running" : "stopped")
      ])
      if let outcome = task.outcome {
        status = status.adding(["exitstatus": .text(outcome.status)])
      }
      return Reply(status)
    case ["log"]: return log(of: task, query)
    default: throw .unknownPath("/nodes/\(node.name)/tasks/" + parts.joined(separator: "/"))
    }
  }

  private func taskList(on node: ClusterPlan.Node, _ query: [ServerRequest.Parameter]) -> Reply {
    let source = query["source"] ?? "archive"
    let since = query["since"].flatMap(Int64.init) ?? .min
    let until = query["until"].flatMap(Int64.init) ?? .max
    let found = world.tasks(of: node.name, at: now, runs: world.backupRuns(at: now))
      .filter { task in
        let isWanted =
          switch source {
          case "active": task.outcome == nil
          case "all": true
          default: task.outcome != nil
          }
        return isWanted && since <= task.begin && task.begin <= until
          && query["typefilter"].map { $0 == task.type } ?? true
          && query["vmid"].map { $0 == task.id } ?? true
          && (query["errors"] != "1" || task.outcome?.status != "OK")
      }
    let start = query["start"].flatMap(Int.init) ?? 0
    let limit = query["limit"].flatMap(Int.init) ?? Self.pageLength
    let page = found.dropFirst(max(0, start)).prefix(max(0, limit))
    return Reply(
      .list(
        page.map { task in
          let status = task.outcome?.status ?? "RUNNING"
          let end = task.outcome.map { ReplyTree.integer($0.end) }
          let row = row(task).adding(["status": .text(status)])
          return end.map { row.adding(["endtime": $0]) } ?? row
        }
      ),
      total: found.count
    )
  }

  private func row(_ task: SimulatedTask) -> ReplyTree {
    [
      "upid": .text(task.upid), "node": .text(task.node), "pid": .integer(task.processID),
      "pstart": .integer(task.processStart), "starttime": .integer(task.begin),
      "type": .text(task.type), "id": .text(task.id), "user": "root@pam",
    ]
  }

  private func log(of task: SimulatedTask, _ query: [ServerRequest.Parameter]) -> Reply {
    let lines = task.run.map(backupLog) ?? (task.outcome == nil ? [] : ["TASK OK"])
    let start = max(0, query["start"].flatMap(Int.init) ?? 0)
    let limit = query["limit"].flatMap(Int.init) ?? Self.pageLength
    let page = lines.enumerated().dropFirst(start).prefix(limit == 0 ? .max : max(0, limit))
    return Reply(
      .list(page.map { ["n": .integer($0.offset + 1), "t": .text($0.element)] }),
      total: lines.count
    )
  }
}
